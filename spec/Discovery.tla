------------------------------ MODULE Discovery ------------------------------
(* Phase 1: a leader and its learners agree on a new epoch. Paper: CEPOCH = FOLLOWERINFO,         *)
(* NEWEPOCH = LEADERINFO, ACK-E = ACKEPOCH. Sources: Learner.registerWithLeader,                  *)
(* Leader.getEpochToPropose and waitForEpochAck, LearnerHandler.run.                              *)
(*                                                                                               *)
(* epochInfos, ackEpochs, ackNewLeader and acked keep a learner that has disconnected, as         *)
(* Apache's sets do. (epochInfos is emptied when it has served: nobody looks at it any more.)      *)
EXTENDS Election

\* A learner dials its leader, which accepts while it is LEADING. What an older connection still
\* carried is discarded. Dialling again is possible until LEADERINFO was read.
FollowerConnect(f, l) ==
  /\ state[f] \in {"FOLLOWING", "OBSERVING"}
  /\ zabState[f] = "DISCOVERY"
  /\ leaderOf[f] = l
  /\ state[l] = "LEADING"
  /\ ~IsDialled(f, l)
  /\ IF IsLive(f, l) THEN MayDisconnect(f, l) /\ RecordFault("disconnect")
     ELSE UNCHANGED historyVars
  /\ link' = [link EXCEPT ![f] = l]
  /\ live' = live \ {<<f, l>>}
  /\ msgs' = IF Mutant = "m38_older_connection_read_on"
             THEN [msgs EXCEPT ![f][l] = @ \o <<LearnerInfo(f)>>]
             ELSE [msgs EXCEPT ![f][l] = <<LearnerInfo(f)>>, ![l][f] = <<>>]
  /\ UNCHANGED <<serverVars, logVars, diskVars, syncCommitted, learners, quorumVars, electionVars>>

-----------------------------------------------------------------------------
\* The epoch that a leader chose is durable, so it may be told.
EpochIsDurable(l) == newEpoch[l] /= 0 /\ disk[l].acceptedEpoch = newEpoch[l]

LeaderProcessFOLLOWERINFO(l, f) ==
  /\ state[l] = "LEADING"
  /\ Arrives(f, l, InfoTypes)
  /\ LET m       == Head(msgs[f][l])
         isLive  == link[f] = l
         infos   == epochInfos[l] \cup {[sid |-> f, acceptedEpoch |-> m.acceptedEpoch]}
         sids    == {l} \cup {r.sid : r \in infos}
         highest == Max({AcceptedEpoch(l)} \cup {r.acceptedEpoch : r \in infos})
         e       == IF Mutant = "m08_epoch_without_plus_one"
                    THEN Max({highest, 1}) ELSE highest + 1
         chooses == newEpoch[l] = 0 /\ IsQuorum(sids)
         net     == Receive(msgs, f, l)
     IN /\ IF chooses THEN MayChooseEpoch(e) ELSE TRUE
        \* an older connection of f that l still held is dropped here
        /\ learners' = [learners EXCEPT ![l][f] = [phase |-> "info", zxid |-> ZeroZxid]]
        /\ live' = IF isLive THEN live \cup {<<f, l>>} ELSE live \ {<<f, l>>}
        /\ msgs' = IF isLive /\ EpochIsDurable(l)
                   THEN [net EXCEPT ![l][f] = Append(@, LeaderInfo(newEpoch[l]))] ELSE net
        /\ epochInfos' = [epochInfos EXCEPT ![l] =
                            IF chooses \/ newEpoch[l] /= 0 THEN {} ELSE infos]
        /\ IF chooses
           THEN /\ newEpoch' = [newEpoch EXCEPT ![l] = e]
                /\ diskQueue' = [diskQueue EXCEPT ![l] = Append(@, AcceptedEpochWrite(e))]
                /\ RecordIssued(e)
           ELSE UNCHANGED <<newEpoch, diskQueue, historyVars>>
        /\ UNCHANGED <<serverVars, logVars, disk, learnerVars, ackEpochs, ackNewLeader, acked,
                       electionVars>>

\* The epoch becomes durable: everybody who has asked is told, and l has acknowledged it itself.
LeaderPersistAcceptedEpoch(l) ==
  /\ state[l] = "LEADING"
  /\ \E k \in PersistRuns(l) :
       LET w == diskQueue[l][k]
           told == [f \in Server |-> IF f \in Learners(l, {"info"})
                                     THEN <<LeaderInfo(newEpoch[l])>> ELSE <<>>]
       IN /\ w.op = "acceptedEpoch"
          /\ Persist(l, k)
          /\ IF w.ack
             THEN /\ msgs' = SendEach(msgs, l, told)
                  /\ ackEpochs' = [ackEpochs EXCEPT ![l] = {l}]
             ELSE UNCHANGED <<msgs, ackEpochs>>
  /\ UNCHANGED <<serverVars, logVars, learnerVars, learners, newEpoch, epochInfos, ackNewLeader,
                 acked, live, electionVars, historyVars>>

-----------------------------------------------------------------------------
FollowerProcessLEADERINFO(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "DISCOVERY"
  /\ Arrives(l, f, {"LEADERINFO"})
  /\ LET e == Head(msgs[l][f]).epoch
         net == Receive(msgs, l, f)
         lower == e < AcceptedEpoch(f)
     IN IF lower
        THEN BecomeLooking(f) /\ UNCHANGED historyVars
        ELSE /\ zabState' = [zabState EXCEPT ![f] = "SYNCHRONIZATION"]
             /\ IF e /= AcceptedEpoch(f)
                THEN IF Mutant = "m06_accepted_epoch_not_stored"
                     THEN /\ msgs' = SendToLeader(net, f,
                               <<AckEpoch(CurrentEpoch(f), LastZxid(history[f]))>>)
                          /\ UNCHANGED diskQueue
                     ELSE /\ diskQueue' = [diskQueue EXCEPT ![f] =
                               Append(@, AcceptedEpochWrite(e))]
                          /\ msgs' = net
                ELSE \* acknowledged before: this one does not count again
                     /\ msgs' = SendToLeader(net, f, <<AckEpoch(-1, LastZxid(history[f]))>>)
                     /\ UNCHANGED diskQueue
             /\ UNCHANGED <<state, leaderOf, logVars, disk, learnerVars, learners, quorumVars,
                            live, electionVars, historyVars>>

\* Also LOOKING or OBSERVING, and writes of a role that ended (not announced).
FollowerPersistAcceptedEpoch(f) ==
  /\ state[f] \notin {"LEADING", "DOWN"}
  /\ \E k \in PersistRuns(f) :
       LET w == diskQueue[f][k]
       IN /\ w.op = "acceptedEpoch"
          /\ Persist(f, k)
          /\ msgs' = IF w.ack
                     THEN SendToLeader(msgs, f,
                            <<AckEpoch(disk[f].currentEpoch, LastZxid(history[f]))>>)
                     ELSE msgs
  /\ UNCHANGED <<serverVars, logVars, learnerVars, learners, quorumVars, live, electionVars,
                 historyVars>>

=============================================================================
