------------------------------ MODULE Discovery ------------------------------
(* Phase 1: a leader and its learners agree on a new epoch. Paper: CEPOCH = FOLLOWERINFO,         *)
(* NEWEPOCH = LEADERINFO, ACK-E = ACKEPOCH. Sources: Learner.registerWithLeader,                  *)
(* Leader.getEpochToPropose and waitForEpochAck, LearnerHandler.run. It ends with the leader in    *)
(* its epoch, which sends what synchronizes its learners (SyncPackets, in Synchronization).       *)
(*                                                                                               *)
(* epochInfos, ackEpochs, ackNewLeader and acked keep a learner that has disconnected, as         *)
(* Apache's sets do. (epochInfos is emptied when it has served: nobody looks at it any more.)     *)
EXTENDS Synchronization

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
LeaderInfoTo(told, e) == [f \in Server |-> IF f \in told THEN <<LeaderInfo(e)>> ELSE <<>>]

LeaderProcessFOLLOWERINFO(l, f) ==
  /\ state[l] = "LEADING"
  /\ Arrives(f, l, InfoTypes)
  /\ LET m       == Head(msgs[f][l])
         isLive  == link[f] = l
         infos   == epochInfos[l] \cup {[sid |-> f, acceptedEpoch |-> m.acceptedEpoch]}
         sids    == {l} \cup {r.sid : r \in infos}
         offered == {AcceptedEpoch(l)} \cup {r.acceptedEpoch : r \in infos}
         e       == EpochAfter(offered)
         chooses == newEpoch[l] = 0 /\ IsQuorum(sids)
         tells   == IF chooses THEN Coarse ELSE EpochIsDurable(l)
         told    == (IF chooses THEN Learners(l, {"info"}) \ {f} ELSE {}) \cup
                    (IF isLive THEN {f} ELSE {})
         net     == Receive(msgs, f, l)
         now     == IF isLive THEN live \cup {<<f, l>>} ELSE live \ {<<f, l>>}
     IN /\ IF chooses THEN MayChooseEpoch(e) ELSE TRUE
        \* an older connection of f that l still held is dropped here
        /\ learners' = [learners EXCEPT ![l][f] = [phase |-> "info", zxid |-> ZeroZxid]]
        /\ live' = now
        /\ msgs' = IF tells THEN SendEach(net, now, l, LeaderInfoTo(told,
                                   IF chooses THEN e ELSE newEpoch[l])) ELSE net
        /\ epochInfos' = [epochInfos EXCEPT ![l] =
                            IF chooses \/ newEpoch[l] /= 0 THEN {} ELSE infos]
        /\ IF chooses
           THEN /\ newEpoch' = [newEpoch EXCEPT ![l] = e]
                /\ Ask(l, <<AcceptedEpochWrite(e)>>)
                /\ ackEpochs' = [ackEpochs EXCEPT ![l] = IF Coarse THEN {l} ELSE {}]
                /\ RecordIssued(e)
           ELSE UNCHANGED <<newEpoch, ackEpochs, diskVars, historyVars>>
        /\ UNCHANGED <<serverVars, logVars, learnerVars, ackNewLeader, acked, electionVars>>

\* The epoch becomes durable: everybody who has asked is told, and l has acknowledged it itself. The
\* only voter is a quorum of those that have: it is in its epoch when currentEpoch is written.
LeaderPersistAcceptedEpoch(l) ==
  /\ diskQueue[l] /= <<>>
  /\ state[l] = "LEADING"
  /\ \E k \in PersistRuns(l) :
       LET w == diskQueue[l][k]
       IN /\ w.op = "acceptedEpoch"
          /\ IF w.ack /\ IsOnlyVoter(l)
             THEN PersistThenAsk(l, k, <<CurrentEpochWrite(newEpoch[l], <<>>)>>)
             ELSE Persist(l, k)
          /\ IF w.ack
             THEN /\ msgs' = SendEach(msgs, live, l,
                                LeaderInfoTo(Learners(l, {"info"}), newEpoch[l]))
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
         lower == IF Mutant \in {"m04_no_leaderinfo_check", "m05_no_newleader_check"} THEN FALSE
                  ELSE IF Mutant = "mL4_equal_epoch_refused" THEN e <= AcceptedEpoch(f)
                  ELSE e < AcceptedEpoch(f)
         \* stored and acknowledged, or acknowledged before
         fresh == IF Mutant = "m05_no_newleader_check" THEN e > AcceptedEpoch(f)
                  ELSE e /= AcceptedEpoch(f)
         acknowledgement == AckEpoch(CurrentEpoch(f), LastZxid(history[f]))
     IN IF lower
        THEN BecomeLooking(f) /\ UNCHANGED historyVars
        ELSE /\ zabState' = [zabState EXCEPT ![f] = "SYNCHRONIZATION"]
             /\ IF fresh
                THEN IF Mutant = "m06_accepted_epoch_not_stored"
                     THEN /\ msgs' = SendToLeader(net, f, <<acknowledgement>>)
                          /\ UNCHANGED diskVars
                     ELSE /\ Ask(f, <<AcceptedEpochWrite(e)>>)
                          /\ msgs' = SendWhenDurable(net, f, <<acknowledgement>>)
                ELSE \* acknowledged before: this one does not count again
                     /\ msgs' = SendToLeader(net, f, <<AckEpoch(-1, LastZxid(history[f]))>>)
                     /\ UNCHANGED diskVars
             /\ UNCHANGED <<state, leaderOf, logVars, learnerVars, learners, quorumVars,
                            live, electionVars, historyVars>>

\* Also LOOKING or OBSERVING, and writes of a role that ended (not announced).
FollowerPersistAcceptedEpoch(f) ==
  /\ diskQueue[f] /= <<>>
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

-----------------------------------------------------------------------------
\* A voter whose epoch and history l may not follow is turned away, as long as it could count.
IsAheadOf(m, l) ==
  IF m.currentEpoch = -1 THEN FALSE
  ELSE IF Mutant \in {"m01_any_leader", "m03_vote_by_epoch_only"} THEN FALSE
  ELSE IF Mutant = "m02_vote_by_zxid_only" THEN ZxidLess(LastZxid(history[l]), m.lastZxid)
  ELSE IF m.currentEpoch /= CurrentEpoch(l) THEN m.currentEpoch > CurrentEpoch(l)
  ELSE ZxidLess(LastZxid(history[l]), m.lastZxid)

\* The leader's end of its connection with f is closed. A FOLLOWERINFO that is next is that of a newer
\* connection, which stays as it is, even if f is gone from it by now.
CloseAtLeader(l, f) ==
  /\ learners' = [learners EXCEPT ![l][f] = NoLearner]
  /\ live' = live \ {<<f, l>>}
  /\ msgs' = IF Arrives(f, l, InfoTypes) THEN msgs ELSE Clear(msgs, f, l)

\* l's currentEpoch is durable, so l is in its epoch: all who have acknowledged it are
\* synchronized. l's own log is durable, as writes are FIFO, so it counts as an acknowledgement of
\* NEWLEADER: for the only voter that is all, and its epoch is established. ends: l's ends of its
\* connections; net: msgs, both as they are before this.
StartEpoch(l, ends, net) ==
  LET waiting == {f \in Server : ends[f].phase = "ackepoch"}
      alone == Mutant = "m16_newleader_quorum_of_one" \/ IsOnlyVoter(l)
  IN /\ \E snap \in SnapChoicesFor(l, ends, waiting) :
          msgs' = SendEach(net, live, l, [f \in Server |->
            IF f \in waiting THEN SyncPackets(l, f, ends[f].zxid, snap[f]) ELSE <<>>])
     /\ learners' = [learners EXCEPT ![l] = [f \in Server |->
          IF f \in waiting THEN [phase |-> "forwarding", zxid |-> ZeroZxid] ELSE ends[f]]]
     /\ ackNewLeader' = [ackNewLeader EXCEPT ![l] = {l}]
     /\ zabState' = [zabState EXCEPT ![l] = IF alone THEN "BROADCAST" ELSE "SYNCHRONIZATION"]
     /\ IF alone
        THEN /\ DeliverUpTo(l, history[l], Len(history[l]))
             /\ RecordEstablished(l)
        ELSE UNCHANGED <<committedVars, historyVars>>

LeaderProcessACKEPOCH(l, f) ==
  /\ state[l] = "LEADING"
  /\ learners[l][f].phase = "info"
  /\ Arrives(f, l, {"ACKEPOCH"})
  /\ MayGoOn(l)
  /\ LET m       == Head(msgs[f][l])
         net     == Receive(msgs, f, l)
         counts  == m.currentEpoch /= -1 /\ f \in Voters
         now     == IF counts THEN ackEpochs[l] \cup {f} ELSE ackEpochs[l]
         \* currentEpoch is asked for once
         asked   == \E n \in 1..Len(diskQueue[l]) :
                      diskQueue[l][n].op = "currentEpoch" /\ diskQueue[l][n].ack
         quorum == IF Mutant = "m17_ackepoch_quorum_of_one" THEN now /= {} ELSE IsQuorum(now)
         reached == zabState[l] = "DISCOVERY" /\ ~asked /\ quorum
         waits   == [learners[l] EXCEPT ![f] = [phase |-> "ackepoch", zxid |-> m.lastZxid]]
     IN IF IsAheadOf(m, l)
        THEN /\ CloseAtLeader(l, f)
             /\ UNCHANGED <<ackEpochs, diskVars, zabState, committedVars, ackNewLeader,
                            historyVars>>
        ELSE /\ ackEpochs' = [ackEpochs EXCEPT ![l] = now]
             /\ IF reached THEN Ask(l, <<CurrentEpochWrite(newEpoch[l], <<>>)>>)
                ELSE UNCHANGED diskVars
             /\ IF reached /\ Coarse
                THEN StartEpoch(l, waits, net)
                ELSE IF zabState[l] \in {"SYNCHRONIZATION", "BROADCAST"}
                THEN /\ \E snap \in SnapChoices(l, m.lastZxid) :
                          msgs' = SendToLearner(net, l, f, SyncPackets(l, f, m.lastZxid, snap))
                     /\ learners' = [learners EXCEPT ![l][f] =
                                       [phase |-> "forwarding", zxid |-> ZeroZxid]]
                     /\ UNCHANGED <<zabState, committedVars, ackNewLeader, historyVars>>
                ELSE /\ msgs' = net
                     /\ learners' = [learners EXCEPT ![l] = waits]
                     /\ UNCHANGED <<zabState, committedVars, ackNewLeader, historyVars>>
             /\ UNCHANGED live
  /\ UNCHANGED <<state, leaderOf, history, learnerVars, newEpoch, epochInfos, acked, electionVars>>

LeaderPersistCurrentEpoch(l) ==
  /\ diskQueue[l] /= <<>>
  /\ state[l] = "LEADING"
  /\ \E k \in PersistRuns(l) :
       LET w == diskQueue[l][k]
       IN /\ w.op = "currentEpoch"
          /\ Persist(l, k)
          /\ IF w.ack
             THEN StartEpoch(l, learners[l], msgs)
             ELSE UNCHANGED <<msgs, learners, ackNewLeader, zabState, committedVars, historyVars>>
  /\ UNCHANGED <<state, leaderOf, history, learnerVars, newEpoch, epochInfos, ackEpochs, acked,
                 live, electionVars>>

=============================================================================
