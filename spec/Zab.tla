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

\* A learner's leader is the one at the other end of its connection: no other need be tried. Voters
\* alone lead.
Next ==
  \* Election
  \/ \E Q \in Quorums : \E l \in Q : ElectLeader(l, Q)
  \/ \E l \in Voters : \E i \in Server \ {l} : JoinLeader(i, l)
  \/ \E i \in Server : \E j \in Server \ {i} : ReceiveNotification(i, j)
  \/ \E i \in Server : DecideLeader(i)
  \/ \E i \in Server : ResendNotifications(i)
  \* Discovery
  \/ \E f \in Server : FollowerConnect(f, leaderOf[f])
  \/ \E l \in Voters : \E f \in Server \ {l} : LeaderProcessFOLLOWERINFO(l, f)
  \/ \E l \in Voters : LeaderPersistAcceptedEpoch(l)
  \/ \E f \in Server : FollowerProcessLEADERINFO(f, link[f])
  \/ \E f \in Server : FollowerPersistAcceptedEpoch(f)
  \/ \E l \in Voters : \E f \in Server \ {l} : LeaderProcessACKEPOCH(l, f)
  \/ \E l \in Voters : LeaderPersistCurrentEpoch(l)
  \* Synchronization
  \/ \E f \in Server : FollowerProcessNEWLEADER(f, link[f])
  \/ \E f \in Server : FollowerPersistLog(f)
  \/ \E f \in Server : FollowerPersistCurrentEpoch(f)
  \/ \E l \in Voters : \E f \in Server \ {l} : LeaderProcessACKNEWLEADER(l, f)
  \/ \E f \in Server : FollowerProcessPROPOSALInSync(f, link[f])
  \/ \E f \in Server : FollowerProcessCOMMITInSync(f, link[f])
  \/ \E f \in Server : FollowerProcessUPTODATE(f, link[f])
  \* Broadcast
  \/ \E l \in Voters : LeaderPropose(l)
  \/ \E l \in Voters : LeaderPersistLog(l)
  \/ \E f \in Server : FollowerProcessPROPOSAL(f, link[f])
  \/ \E l \in Voters : \E f \in Server \ {l} : LeaderProcessACK(l, f)
  \/ \E f \in Server : FollowerProcessCOMMIT(f, link[f])
  \/ \E o \in Server : ObserverProcessINFORM(o, link[o])
  \* Faults
  \/ \E i \in Server : Crash(i)
  \/ \E i \in Server : Restart(i)
  \/ \E l \in Voters : \E f \in Server \ {l} : LeaderCloseConnection(l, f)
  \/ \E l \in Voters : LeaderShutdown(l)
  \/ \E f \in Server : FollowerShutdown(f)
  \/ \E i \in Server : TakeSnapshot(i)

Spec == Init /\ [][Next]_vars

=============================================================================
