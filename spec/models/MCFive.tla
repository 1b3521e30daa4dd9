-------------------------------- MODULE MCFive --------------------------------
(* Five servers, of which a leader and the first to answer are no quorum. Three are up at first,   *)
(* so that all three are needed; the others may be started later, at most MaxLate of them.        *)
EXTENDS MCZab

CONSTANTS Late, MaxLate

ASSUME Late \subseteq Voters

MCInitiallyDown(i) == i \in Late
FewAreLate == Cardinality({i \in Late : state'[i] /= "DOWN"}) <= MaxLate

FiveSpec == Init /\ [][Next /\ FewAreLate]_vars

FiveSymmetry == Permutations(Late) \cup Permutations(Server \ Late)

-----------------------------------------------------------------------------
(* Reachable with five servers only: the second acknowledgement, the leader's own and one more,   *)
(* decides nothing.                                                                              *)

DebugTwoOfFiveHoldEntry ==
  ~\E l \in Server : /\ Established(l)
                     /\ lastCommitted[l] < Len(history[l])
                     /\ Cardinality({f \in Voters : acked[l][f] = LastZxid(history[l])}) = 2
DebugTwoOfFiveAckedNewLeader ==
  ~\E l \in Server : zabState[l] = "SYNCHRONIZATION" /\ Cardinality(ackNewLeader[l]) = 2
DebugTwoOfFiveAckedEpoch ==
  ~\E l \in Server : zabState[l] = "DISCOVERY" /\ Cardinality(ackEpochs[l]) = 2

\* An established leader's epoch is on the disks of a majority: nobody else can be established in
\* an earlier one any more (P21, for the quorum of NEWLEADER).
EstablishedByQuorum ==
  \A l \in Server : Established(l) =>
    Majority({f \in Voters : disk[f].currentEpoch >= newEpoch[l]})
\* A leader that synchronizes has the promise of a majority (P21, for the quorum of ACKEPOCH).
PromisedByQuorum ==
  \A l \in Server : zabState[l] \in {"SYNCHRONIZATION", "BROADCAST"} /\ state[l] = "LEADING" =>
    Majority({f \in Voters : disk[f].acceptedEpoch >= newEpoch[l]})

=============================================================================
