------------------------------ MODULE ApacheHoles ------------------------------
(* Three properties of Apache's own specification say less than they mean. For each: the formula  *)
(* as it stands there (in our variables), a planted fault that breaks what was meant, and two     *)
(* models of the same fault. In one their formula holds in all states, in the other ours is       *)
(* violated.                                                                                     *)
(* Source: LocalPrimaryOrder, TotalOrder, PrimaryIntegrity in Apache ZooKeeper's                  *)
(* zookeeper-specifications/protocol-spec/Zab.tla.                                               *)
EXTENDS MCZab

-----------------------------------------------------------------------------
\* A leader's proposals of one epoch are in order if there are two of them of which that is true;
\* a transaction and itself are two.
ExistentialLocalPrimaryOrder ==
  \A e \in {b.txn.epoch : b \in broadcast} :
    LET txns == {b \in broadcast : b.txn.epoch = e}
    IN \/ Cardinality(txns) < 2
       \/ \E a, b \in txns :
            \/ a = b
            \/ \A i \in Server :
                 LET first == IF a.n < b.n THEN a.txn ELSE b.txn
                     second == IF a.n < b.n THEN b.txn ELSE a.txn
                 IN lastCommitted[i] >= 2 /\ second \in Range(DeliveredBy(i)) =>
                      Before(DeliveredBy(i), first, second)

\* What two servers deliver is in one order, if each of them has delivered two at least.
TotalOrderOfLongLogs ==
  \A i, j \in Server :
    lastCommitted[i] >= 2 /\ lastCommitted[j] >= 2 => OrderedAs(DeliveredBy(i), DeliveredBy(j))

\* A leader has delivered by now what a follower that is connected to it has of earlier epochs;
\* when it broadcast something, perhaps not.
Paired(l, f) ==
  /\ Established(l)
  /\ learners[l][f].phase /= "none"
  /\ state[f] = "FOLLOWING"
  /\ zabState[f] = "BROADCAST"
  /\ leaderOf[f] = l
PrimaryIntegrityOfConnectedPairs ==
  \A l, f \in Server : Paired(l, f) =>
    \A t \in Range(DeliveredBy(f)) : t.epoch < newEpoch[l] => t \in Range(DeliveredBy(l))

-----------------------------------------------------------------------------
(* A follower passes over a proposal and the COMMIT of it: of a and b it delivers b alone.        *)

PassesOver(f, l, types) ==
  /\ link[f] = l
  /\ zabState[f] = "BROADCAST"
  /\ Arrives(l, f, types)
  /\ msgs' = Receive(msgs, l, f)
  /\ UNCHANGED <<serverVars, logVars, diskVars, learnerVars, learners, quorumVars, live,
                 electionVars, historyVars>>

PassesOverPROPOSAL(f, l) == PassesOver(f, l, {"PROPOSAL"})
PassesOverCOMMIT(f, l) ==
  /\ PassesOver(f, l, {"COMMIT"})
  /\ ~HasZxid(history[f], Head(msgs[l][f]).zxid)

PassesOverSpec ==
  Init /\ [][\/ Next
             \/ \E f, l \in Server : PassesOverPROPOSAL(f, l) \/ PassesOverCOMMIT(f, l)]_vars

(* A leader proposes while it synchronizes its followers: before it is established, and before it *)
(* has delivered what it found in its log.                                                       *)

ProposesTooEarly(l) ==
  /\ state[l] = "LEADING"
  /\ zabState[l] = "SYNCHRONIZATION"
  /\ MayPropose(l)
  /\ LET t == Txn(newEpoch[l], NextCounter(history[l], newEpoch[l]), l)
     IN /\ history' = [history EXCEPT ![l] = Append(@, t)]
        /\ Ask(l, <<AppendWrite(t, TRUE)>>)
        /\ acked' = IF Coarse THEN [acked EXCEPT ![l][l] = ZxidOf(t)] ELSE acked
        /\ msgs' = SendEach(msgs, live, l, [f \in Server |->
                     IF SeesProposals(l, f) THEN <<Proposal(t)>> ELSE <<>>])
        /\ RecordBroadcast(l, t)
  /\ UNCHANGED <<serverVars, committedVars, learnerVars, learners, newEpoch, epochInfos, ackEpochs,
                 ackNewLeader, live, electionVars>>

ProposesTooEarlySpec == Init /\ [][Next \/ \E l \in Server : ProposesTooEarly(l)]_vars

=============================================================================
