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

\* Ties of epoch and zxid go to anybody: more behaviours than the order of sids, and symmetric.
MCSidAbove(i, j) == FALSE

\* Liveness: no epoch is ever lacking. Steps that models take the fairness from.
MCUnfairGivingUp == {"LeaderGivesUp"}
MCUnfairJoining == {"JoinLeader"}
MCEpochsLeft == EpochsLeft(MaxEpoch)

Symmetry == Permutations(Voters)

=============================================================================
