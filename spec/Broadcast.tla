------------------------------- MODULE Broadcast -------------------------------
(* Phase 3: the established leader proposes, a quorum acknowledges, all deliver in order.         *)
(* Sources: Leader.propose, processAck, tryToCommit; Follower.processPacket; Observer.           *)
EXTENDS Discovery

\* The zxid after h in epoch e: counters start at 1 in each epoch.
NextCounter(h, e) == IF h = <<>> THEN 1
                     ELSE IF h[Len(h)].epoch = e THEN h[Len(h)].counter + 1 ELSE 1

\* A learner that is forwarded to and sees proposals (an observer sees only what is committed).
SeesProposals(l, f) ==
  /\ f \notin Observers
  /\ learners[l][f].phase \in (IF Mutant = "m18_propose_only_to_acknowledged"
                               THEN {"synced"} ELSE {"forwarding", "synced"})

LeaderPropose(l) ==
  /\ state[l] = "LEADING"
  /\ zabState[l] = "BROADCAST"
  /\ MayPropose(l)
  /\ MayGoOn(l)
  /\ \E v \in NewValues(l) :
       LET c == IF Mutant = "m21_counter_not_kept" THEN 1 ELSE NextCounter(history[l], newEpoch[l])
           t == Txn(newEpoch[l], c, v)
       IN /\ history' = [history EXCEPT ![l] = Append(@, t)]
          /\ Ask(l, <<AppendWrite(t, TRUE)>>)
          /\ acked' = IF Coarse THEN [acked EXCEPT ![l][l] = ZxidOf(t)] ELSE acked
          /\ msgs' = SendEach(msgs, live, l, [f \in Server |->
                       IF SeesProposals(l, f) THEN <<Proposal(t)>> ELSE <<>>])
          /\ RecordBroadcast(l, t)
  /\ UNCHANGED <<serverVars, committedVars, learnerVars, learners, newEpoch, epochInfos, ackEpochs,
                 ackNewLeader, live, electionVars>>

-----------------------------------------------------------------------------
(* Commit: the newest entry of the leader's own epoch that a quorum has acknowledged, and all     *)
(* before it. In one step, with the acknowledgement that completes the quorum.                    *)

CommitPoint(l, acks) ==
  LET h == history[l]
      Holders(n) == {f \in Server :
                       IF Mutant = "m23_old_acks_counted" THEN h[n].counter <= acks[f][2]
                       ELSE ZxidAtMost(ZxidOf(h[n]), acks[f])}
      enough(n) == IF Mutant = "m14_commit_without_quorum" THEN Holders(n) /= {}
                   ELSE IF Mutant = "m41_observer_ack_counted"
                   THEN Cardinality(Holders(n)) * 2 > Cardinality(Voters)
                   ELSE IF Mutant = "m24_quorum_of_those_connected"
                   THEN Cardinality(Holders(n)) * 2 > 1 + Cardinality(Forwarding(l) \cap Voters)
                   ELSE IsQuorum(Holders(n))
      ready == {n \in (lastCommitted[l] + 1)..Len(h) : h[n].epoch = newEpoch[l] /\ enough(n)}
  IN IF ready = {} THEN lastCommitted[l] ELSE Max(ready)

\* For each learner: COMMITs, or INFORMs for an observer, of the entries after `from` up to `to`.
CommitPackets(l, from, to) ==
  LET h == history[l]
      commits == [n \in 1..(to - from) |-> Commit(ZxidOf(h[from + n]))]
      informs == [n \in 1..(to - from) |-> Inform(h[from + n])]
  IN [f \in Server |-> IF f \notin Forwarding(l) THEN <<>>
                       ELSE IF f \in Observers THEN informs ELSE commits]

\* acks: what is acknowledged now. net: msgs as it is before COMMITs are sent.
Acknowledge(l, acks, net) ==
  LET n == IF zabState[l] = "BROADCAST" THEN CommitPoint(l, acks) ELSE lastCommitted[l]
  IN /\ acked' = [acked EXCEPT ![l] = acks]
     /\ IF n > lastCommitted[l] THEN DeliverUpTo(l, history[l], n) ELSE UNCHANGED committedVars
     /\ msgs' = SendEach(net, live, l, CommitPackets(l, lastCommitted[l], n))
     /\ IF n > lastCommitted[l] THEN RecordDelivery(history[l], n) ELSE UNCHANGED historyVars

Newer(a, b) == IF ZxidLess(a, b) THEN b ELSE a

LeaderPersistLog(l) ==
  /\ diskQueue[l] /= <<>>
  /\ state[l] = "LEADING"
  /\ \E k \in PersistRuns(l) :
       LET run == SubSeq(diskQueue[l], 1, k)
           Announced(w) == w.op = "append" /\ w.ack
           done == SelectSeq(run, Announced)
       IN /\ diskQueue[l][k].op \in LogOps
          /\ Persist(l, k)
          /\ IF done = <<>>
             THEN UNCHANGED <<acked, committedVars, msgs, historyVars>>
             ELSE Acknowledge(l, [acked[l] EXCEPT ![l] = ZxidOf(done[Len(done)].txn)], msgs)
  /\ UNCHANGED <<serverVars, history, learnerVars, learners, newEpoch, epochInfos, ackEpochs,
                 ackNewLeader, live, electionVars>>

\* Kept by the newest zxid: connections are FIFO, so who has acknowledged one has all before it.
LeaderProcessACK(l, f) ==
  /\ state[l] = "LEADING"
  /\ learners[l][f].phase \in {"forwarding", "synced"}
  /\ Arrives(f, l, {"ACK"})
  /\ MayGoOn(l)
  /\ LET z == Head(msgs[f][l]).zxid
         net == Receive(msgs, f, l)
     IN /\ z[2] /= 0
        /\ IF f \in Voters \/ Mutant = "m41_observer_ack_counted"
           THEN Acknowledge(l, [acked[l] EXCEPT ![f] = Newer(@, z)], net)
           ELSE msgs' = net /\ UNCHANGED <<acked, committedVars, historyVars>>
  /\ UNCHANGED <<serverVars, history, diskVars, learnerVars, learners, newEpoch, epochInfos,
                 ackEpochs, ackNewLeader, live, electionVars>>

-----------------------------------------------------------------------------
(* Learners *)

FollowerProcessPROPOSAL(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "BROADCAST"
  /\ Arrives(l, f, {"PROPOSAL"})
  /\ LET t == Head(msgs[l][f]).txn
         net == Receive(msgs, l, f)
     IN /\ history' = [history EXCEPT ![f] = Append(@, t)]
        /\ IF Mutant = "m12_ack_without_append"
           THEN /\ msgs' = SendToLeader(net, f, <<Ack(ZxidOf(t))>>)
                /\ UNCHANGED diskVars
           ELSE /\ msgs' = SendWhenDurable(net, f, <<Ack(ZxidOf(t))>>)
                /\ Ask(f, <<AppendWrite(t, TRUE)>>)
  /\ UNCHANGED <<serverVars, committedVars, learnerVars, learners, quorumVars, live,
                 electionVars, historyVars>>

\* The next entry, or the learner would have missed one (it would then have to start anew).
FollowerProcessCOMMIT(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "BROADCAST"
  /\ Arrives(l, f, {"COMMIT"})
  /\ lastCommitted[f] < Len(history[f])
  /\ LET z == Head(msgs[l][f]).zxid
         n == IF Mutant = "m20_commits_all_it_has" THEN Len(history[f]) ELSE lastCommitted[f] + 1
     IN /\ ZxidOf(history[f][lastCommitted[f] + 1]) = z
        /\ DeliverUpTo(f, history[f], n)
        /\ RecordDelivery(history[f], n)
  /\ msgs' = Receive(msgs, l, f)
  /\ UNCHANGED <<serverVars, history, diskVars, learnerVars, learners, quorumVars, live,
                 electionVars>>

ObserverProcessINFORM(o, l) ==
  /\ link[o] = l
  /\ Arrives(l, o, {"INFORM"})
  /\ syncCommitted[o] /= -1
  /\ LET t == Head(msgs[l][o]).txn
         h == Append(history[o], t)
     IN /\ history' = [history EXCEPT ![o] = h]
        /\ Ask(o, <<AppendWrite(t, FALSE)>>)
        /\ msgs' = Receive(msgs, l, o)
        /\ IF zabState[o] = "BROADCAST"
           THEN /\ DeliverUpTo(o, h, Len(h))
                /\ RecordDelivery(h, Len(h))
                /\ UNCHANGED syncCommitted
           ELSE /\ syncCommitted' = [syncCommitted EXCEPT ![o] =
                     IF Mutant = "m19_uptodate_commits_newleader_only" THEN @ ELSE Len(h)]
                /\ UNCHANGED <<committedVars, historyVars>>
  /\ UNCHANGED <<serverVars, link, learners, quorumVars, live, electionVars>>

=============================================================================
