---------------------------------- MODULE Zab ----------------------------------
(* The whole protocol. Each disjunct of Next is one step of docs/architecture.md's table and one  *)
(* step of the reducers in src/core; conformance/mapping.md has the names side by side.           *)
EXTENDS Properties

vars == <<baseVars, historyVars, electionVars>>

\* Every server is up with an empty disk and looks for a leader.
Init ==
  /\ BaseInit("LOOKING")
  /\ HistoryInit
  /\ ElectionInit("LOOKING")

\* Nobody was started yet: Restart starts a server, on an empty disk too.
InitDown ==
  /\ BaseInit("DOWN")
  /\ HistoryInit
  /\ ElectionInit("DOWN")

Next ==
  \* Election
  \/ \E l \in Voters, Q \in Quorums : ElectLeader(l, Q)
  \/ \E i, l \in Server : JoinLeader(i, l)
  \/ \E i, j \in Server : ReceiveNotification(i, j)
  \/ \E i \in Server : DecideLeader(i)
  \/ \E i \in Server : ResendNotifications(i)
  \* Discovery
  \/ \E f, l \in Server : FollowerConnect(f, l)
  \/ \E l, f \in Server : LeaderProcessFOLLOWERINFO(l, f)
  \/ \E l \in Server : LeaderPersistAcceptedEpoch(l)
  \/ \E f, l \in Server : FollowerProcessLEADERINFO(f, l)
  \/ \E f \in Server : FollowerPersistAcceptedEpoch(f)
  \/ \E l, f \in Server : LeaderProcessACKEPOCH(l, f)
  \/ \E l \in Server : LeaderPersistCurrentEpoch(l)
  \* Synchronization
  \/ \E f, l \in Server : FollowerProcessNEWLEADER(f, l)
  \/ \E f \in Server : FollowerPersistLog(f)
  \/ \E f \in Server : FollowerPersistCurrentEpoch(f)
  \/ \E l, f \in Server : LeaderProcessACKNEWLEADER(l, f)
  \/ \E f, l \in Server : FollowerProcessPROPOSALInSync(f, l)
  \/ \E f, l \in Server : FollowerProcessCOMMITInSync(f, l)
  \/ \E f, l \in Server : FollowerProcessUPTODATE(f, l)
  \* Broadcast
  \/ \E l \in Server : LeaderPropose(l)
  \/ \E l \in Server : LeaderPersistLog(l)
  \/ \E f, l \in Server : FollowerProcessPROPOSAL(f, l)
  \/ \E l, f \in Server : LeaderProcessACK(l, f)
  \/ \E f, l \in Server : FollowerProcessCOMMIT(f, l)
  \/ \E o, l \in Server : ObserverProcessINFORM(o, l)
  \* Faults
  \/ \E i \in Server : Crash(i)
  \/ \E i \in Server : Restart(i)
  \/ \E l, f \in Server : LeaderCloseConnection(l, f)
  \/ \E l \in Server : LeaderShutdown(l)
  \/ \E f \in Server : FollowerShutdown(f)
  \/ \E i \in Server : TakeSnapshot(i)

Spec == Init /\ [][Next]_vars

=============================================================================
