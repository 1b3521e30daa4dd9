--------------------------------- MODULE MCZab ---------------------------------
(* Bounds for the whole protocol; the .cfg files choose among them.                              *)
EXTENDS Liveness, TLC

CONSTANTS MaxCrashes, MaxDisconnects, MaxFaults, MaxTxns, MaxEpoch

Faults == count.crash + count.disconnect

MCMayCrash(i) == count.crash < MaxCrashes /\ Faults < MaxFaults
MCMayDisconnect(f, l) == count.disconnect < MaxDisconnects /\ Faults < MaxFaults
MCMayTimeOut(l) == count.disconnect < MaxDisconnects /\ Faults < MaxFaults
MCMayElect(l, Q) == issuedEpoch < MaxEpoch
MCMayChooseEpoch(e) == e <= MaxEpoch
MCMayPropose(l) == Cardinality(broadcast) < MaxTxns
MCMayTakeSnapshot(i) == FALSE
MCTakeSnapshots(i) == TRUE
MCKeptCommitted == 1
\* A write that gets through and is then lost with the process is a persist step and a crash.
MCCrashPrefixes(i) == {0}

\* Fast leader election: the newest message to a server replaces what it overtakes.
MCEnqueue(q, m) == <<m>>
MCMayResend(i) == FALSE
MCMayStartRound(r) == r <= MaxFaults + 1

\* What a proposal carries: its number. (Any value that no other has: equal zxids with different
\* transactions are still seen; who proposed it makes no difference.)
MCNewValues(l) == {Cardinality(broadcast) + 1}

\* At once (coarse): whoever has to start again, to dial, or to read what a leader sent it on a live
\* connection, or a learner's FOLLOWERINFO, does so before anybody acts on; leaders and connections
\* fail at any time, and then a learner may lose what it has not read. So the orders that are left out
\* are those in which a learner is slow: a packet to it is unread while the others act, and lost
\* afterwards (as if its connection had ended before). Models without MCAtOnce have these too.
HasToDial(f) ==
  /\ state[f] \in {"FOLLOWING", "OBSERVING"}
  /\ link[f] = NoServer
  /\ state[leaderOf[f]] = "LEADING"
InfoUnread(f, l) == state[l] = "LEADING" /\ Arrives(f, l, InfoTypes)
Unread(p) == msgs[p[2]][p[1]] /= <<>>
MCAtOnce(i) ==
  /\ ~\E p \in live : Unread(p)
  /\ ~\E f \in Server : state[f] = "DOWN" \/ HasToDial(f)
  /\ ~\E l \in Server : state[l] = "LEADING" /\ \E f \in Server : InfoUnread(f, l)
\* What is unread must be readable, or the model would stand still.
UnreadIsReadable ==
  \A p \in live : LET f == p[1] q == msgs[p[2]][f] IN IF q = <<>> THEN TRUE ELSE
    CASE Head(q).type \in SyncTypes -> zabState[f] = "SYNCHRONIZATION" /\ syncCommitted[f] = -1
      [] Head(q).type = "LEADERINFO" -> zabState[f] = "DISCOVERY"
      [] Head(q).type = "UPTODATE"   -> zabState[f] = "SYNCHRONIZATION" /\ syncCommitted[f] /= -1
      [] OTHER -> syncCommitted[f] /= -1

\* Ties of epoch and zxid go to anybody: more behaviours than the order of sids, and symmetric.
MCSidAbove(i, j) == FALSE

\* Liveness: no epoch is ever lacking. Steps that models take the fairness from.
MCUnfairGivingUp == {"LeaderGivesUp"}
MCUnfairJoining == {"JoinLeader"}
MCEpochsLeft == EpochsLeft(MaxEpoch)

Symmetry == Permutations(Voters)

-----------------------------------------------------------------------------
(* Zab!Next, written so that TLC looks at fewer pairs of servers: a learner's steps only with the *)
(* leader that it follows or is linked to, nobody's with itself, and none that the constants rule *)
(* out. StepsAreSame (model SameSteps) says that nothing is lost; that nothing is added is plain:  *)
(* each disjunct is one of Next's, for some of its parameters.                                    *)

OthersThan(i) == Server \ {i}
\* Whom f is linked to; f itself, whom it never is linked to, if nobody.
LinkOf(f) == IF link[f] = NoServer THEN f ELSE link[f]
LeaderFor(f) == IF leaderOf[f] = NoServer THEN f ELSE leaderOf[f]
ByOracle == IF ElectionMode = "oracle" THEN Server ELSE {}
ByNotes  == IF ElectionMode = "fle" THEN Server ELSE {}
Writing  == IF Coarse THEN {} ELSE Server

MCNext ==
  \* Election
  \/ \E Q \in Quorums : \E l \in Q \cap ByOracle : ElectLeader(l, Q)
  \/ \E i \in ByOracle : \E l \in OthersThan(i) : JoinLeader(i, l)
  \/ \E i \in ByNotes : \E j \in OthersThan(i) : ReceiveNotification(i, j)
  \/ \E i \in ByNotes : DecideLeader(i)
  \/ \E i \in ByNotes : ResendNotifications(i)
  \* Discovery
  \/ \E f \in Server : FollowerConnect(f, LeaderFor(f))
  \/ \E l \in Server : \E f \in OthersThan(l) : LeaderProcessFOLLOWERINFO(l, f)
  \/ \E l \in Writing : LeaderPersistAcceptedEpoch(l)
  \/ \E f \in Server : FollowerProcessLEADERINFO(f, LinkOf(f))
  \/ \E f \in Writing : FollowerPersistAcceptedEpoch(f)
  \/ \E l \in Server : \E f \in OthersThan(l) : LeaderProcessACKEPOCH(l, f)
  \/ \E l \in Writing : LeaderPersistCurrentEpoch(l)
  \* Synchronization
  \/ \E f \in Server : FollowerProcessNEWLEADER(f, LinkOf(f))
  \/ \E f \in Writing : FollowerPersistLog(f)
  \/ \E f \in Writing : FollowerPersistCurrentEpoch(f)
  \/ \E l \in Server : \E f \in OthersThan(l) : LeaderProcessACKNEWLEADER(l, f)
  \/ \E f \in Server : FollowerProcessPROPOSALInSync(f, LinkOf(f))
  \/ \E f \in Server : FollowerProcessCOMMITInSync(f, LinkOf(f))
  \/ \E f \in Server : FollowerProcessUPTODATE(f, LinkOf(f))
  \* Broadcast
  \/ \E l \in Voters : LeaderPropose(l)
  \/ \E l \in Writing : LeaderPersistLog(l)
  \/ \E f \in Server : FollowerProcessPROPOSAL(f, LinkOf(f))
  \/ \E l \in Server : \E f \in OthersThan(l) : LeaderProcessACK(l, f)
  \/ \E f \in Server : FollowerProcessCOMMIT(f, LinkOf(f))
  \/ \E o \in Observers : ObserverProcessINFORM(o, LinkOf(o))
  \* Faults
  \/ \E i \in Server : Crash(i)
  \/ \E i \in Server : Restart(i)
  \/ \E l \in Server : \E f \in OthersThan(l) : LeaderCloseConnection(l, f)
  \/ \E l \in Voters : LeaderShutdown(l)
  \/ \E f \in Server : FollowerShutdown(f)
  \/ \E i \in Server : TakeSnapshot(i)

MCSpec == Init /\ [][MCNext]_vars
\* Each step of Zab's is one of these (a property of Spec).
StepsAreSame == [][MCNext]_vars

=============================================================================
