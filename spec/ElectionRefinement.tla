-------------------------- MODULE ElectionRefinement --------------------------
(* R3: fast leader election refines a leader oracle. Two history variables say what the oracle    *)
(* knows: who was at which poll with which standing, and who took whom. Both are read off each    *)
(* step, from round, history, currentEpoch and leaderOf: not from votes or what was received.     *)
EXTENDS Zab

VARIABLES
  ballots,        \* SUBSET [poll, sid, standing]
  taken           \* SUBSET (Server \X Server)

electionHistory == <<ballots, taken>>

Ballot(i, r) == [poll |-> r, sid |-> i, standing |-> <<CurrentEpoch(i), LastZxid(history[i]), i>>]
BallotsOf(r) == {Ballot(i, r[i]) : i \in {j \in Voters : r[j] /= 0}}

ElectionHistoryInit ==
  /\ ballots = BallotsOf(round)
  /\ taken = {}

\* Who is at another poll after a step stood there as it stands now. (A server that starts again
\* has its history from the disk: logged in the state after the step.)
RecordElection ==
  /\ ballots' = ballots \cup
       {Ballot(i, round[i])' : i \in {j \in Voters : round'[j] /= round[j] /\ round'[j] /= 0}}
  /\ taken' = taken \cup
       {<<i, leaderOf'[i]>> : i \in {j \in Server : leaderOf'[j] \notin {NoServer, leaderOf[j]}}}

Oracle == INSTANCE LeaderOracle WITH poll <- round, follows <- leaderOf

\* R3, the beginning. Source of both: DSN 2011, section IV; YL-2010-007, phase 0.
StartsAsOracle == Oracle!Init
\* R3. Each step of the election is a step of the oracle, or none.
RefinesOracle == [][Oracle!Next]_Oracle!oracleVars

=============================================================================
