------------------------------- MODULE MCMutants -------------------------------
(* Schedules for mutants that a search of all behaviours finds late: two failures and three      *)
(* epochs, or five servers. Each .cfg of ../mutants names the one it follows.                    *)
EXTENDS MCSchedule

Elect(l, Q)   == Do("ElectLeader", l, Q)
Join(i, l)    == Do("JoinLeader", i, l)
Connect(f, l) == Do("FollowerConnect", f, l)
Propose(l)    == Do("LeaderPropose", l, l)
Crash_(i)     == Do("Crash", i, i)
Restart_(i)   == Do("Restart", i, i)
GiveUp(l)     == Do("LeaderShutdown", l, l)
Leave(f)      == Do("FollowerShutdown", f, f)

\* 2. Server 3 alone logs (1, 1). Epoch 2 of 1 and 2 begins without it, and 2 alone logs (2, 1).
\* By the zxid 3 beats 1, whose epoch is newer: then (1, 1) is delivered, which the primary of epoch
\* 2 did not deliver before it broadcast.
ByZxidOnly == <<
  Elect(3, {1, 3}), Run({1, 3}), Join(2, 3), Run({2, 3}),
  Propose(3), Do("LeaderPersistLog", 3, 3), Crash_(3), Leave(1), Leave(2), Elect(2, {1, 2}), Run({1, 2}), Propose(2), Do("LeaderPersistLog", 2, 2), Crash_(2),
  Restart_(3), Leave(1), Maybe("ElectLeader", 3, {1, 3}), Run({1, 3})>>

\* 4 and 5. Server 3 leads epoch 1, and does not notice that 1 left it to lead epoch 2 with server 2.
\* Then 2 leaves 1 and joins 3, whose epoch is over. If it took that epoch all the same, 3 could
\* gain a quorum again (4); if it took the history of that epoch, what was committed would go (5).
OlderLeaderJoined == <<
  Elect(3, {1, 3}), Run({1, 3}), Leave(1), Elect(1, {1, 2}), Run({1, 2}), Propose(1), Run({1, 2}),
  Leave(2), Join(2, 3), Run({2, 3})>>

\* 10. Epoch 2 of 2 and 3 begins with (1, 1), which 1 does not have when it reads NEWLEADER.
EpochFirst == <<
  Elect(3, {2, 3}), Run({2, 3}), Propose(3), Run({2, 3}), GiveUp(3), Leave(2), Elect(3, {2, 3}),
  Run({2, 3}), Join(1, 3),
  RunOnly({1, 3}, Routine \ {"FollowerPersistLog", "FollowerPersistCurrentEpoch"}),
  Maybe("FollowerPersistCurrentEpoch", 1, 1), Run({1, 3})>>

\* 17. Server 2 promises epoch 1 to leader 4, then tells leader 5, which chooses epoch 2; it goes back
\* to 4, and epoch 1 is established and commits. Only server 1 acknowledges epoch 2, of five: if 5
\* enters it, 5 wins the next election though it lacks what was committed.
EpochOfAMinority == <<
  Elect(5, {1, 3, 5}), Run({1, 5}), Leave(3), Elect(4, {2, 3, 4}), Run({2, 4}), Connect(3, 4),
  Do("LeaderProcessFOLLOWERINFO", 4, 3), Do("LeaderPersistAcceptedEpoch", 4, 4), Run({2, 4}),
  Leave(2), Join(2, 5), Connect(2, 5), Do("LeaderProcessFOLLOWERINFO", 5, 2),
  Do("LeaderPersistAcceptedEpoch", 5, 5), Run({1, 5}),
  Leave(2), Join(2, 4), Run({3, 4}), Run({2, 4}), Run({3, 4}),
  Propose(4), Run({2, 4}), Run({3, 4}),
  GiveUp(5), Leave(1), Leave(3), Maybe("ElectLeader", 5, {1, 3, 5}),
  Run({1, 5}), Run({3, 5}), Run({1, 5})>>

\* 23. Server 1 acknowledged the first proposal of epoch 1 to server 3, which then leads epoch 2 with
\* server 2: the first proposal of epoch 2 is on the disk of 3 alone.
AcknowledgedLongAgo == <<
  Elect(3, {1, 3}), Run({1, 3}), Propose(3), Run({1, 3}), GiveUp(3), Elect(3, {2, 3}), Run({2, 3}),
  Propose(3), Do("LeaderPersistLog", 3, 3)>>

\* 24. Server 3 leads epoch 1 and has lost server 1, which leads epoch 2 with 2 and commits.
StaleLeader == <<
  Elect(3, {1, 3}), Run({1, 3}), Leave(1), Do("LeaderCloseConnection", 3, 1),
  Elect(1, {1, 2}), Run({1, 2}), Propose(1), Run({1, 2}),
  Propose(3), Do("LeaderPersistLog", 3, 3)>>

\* 29. A write of server 1 is under way when its leader dies. If memory starts again from the disk and
\* the write gets there later, it stands before what the next epoch commits.
WriteLandsLate == <<
  Elect(3, {1, 3}), Run({1, 3}), Join(2, 3), Run({2, 3}), Propose(3),
  Do("FollowerProcessPROPOSAL", 1, 3), Crash_(3), Leave(1), Leave(2),
  Maybe("ElectLeader", 2, {1, 2}), Maybe("ElectLeader", 1, {1, 2}), Run({1, 2}),
  Maybe("LeaderPropose", 2, 2), Run({1, 2})>>

\* 31. Server 3 alone logged (1, 2) when it died; (1, 1) was committed. It comes back to leader 2.
CutTooFar == <<
  Elect(3, {1, 3}), Run({1, 3}), Join(2, 3), Run({2, 3}), Propose(3), Run({1, 3}), Run({2, 3}),
  Propose(3), Do("LeaderPersistLog", 3, 3), Crash_(3), Leave(1), Leave(2),
  Elect(2, {1, 2}), Run({1, 2}), Propose(2), Run({1, 2}), Restart_(3), Join(3, 2), Run({2, 3})>>

\* B1. Servers 1 and 2 were in epoch 2, and 3 in none. If 2 goes by the lowest epoch that it hears of,
\* it leads 3 in epoch 1, behind what it has of epoch 2.
EpochOfTheLowest == <<
  Elect(2, {1, 2}), Run({1, 2}), GiveUp(2), Leave(1), Elect(2, {1, 2}), Run({1, 2}), Propose(2),
  Run({1, 2}), GiveUp(2), Leave(1), Elect(2, {2, 3}), Run({2, 3}), Maybe("LeaderPropose", 2, 2),
  Run({2, 3})>>

\* 1. Server 3, which missed what epoch 1 committed and epoch 2 began with, leads epoch 3.
LeaderBehind == <<
  Elect(1, {1, 2}), Run({1, 2}), Propose(1), Run({1, 2}), GiveUp(1), Leave(2), Elect(2, {1, 2}),
  Run({1, 2}), GiveUp(2), Leave(1), Maybe("ElectLeader", 3, {2, 3}), Run({2, 3})>>

\* 36. (Fast leader election.) In round 1 server 2 voted for 3, and that message is slow. 3 led, gave
\* up, and is in round 2; 1 and 2 are in an epoch of their own. The slow message is no vote for 3.
Hear(i, j) == Do("ReceiveNotification", i, j)
VoteOfOldRound == <<
  Hear(2, 3), Hear(1, 3), Hear(3, 1), Do("DecideLeader", 3, 3), GiveUp(3),
  Do("DecideLeader", 2, 2), Leave(2), Do("DecideLeader", 1, 1), Leave(1),
  Hear(1, 2), Do("DecideLeader", 1, 1), Hear(2, 1), Do("DecideLeader", 2, 2),
  Run({1, 2}), Hear(3, 2), Maybe("DecideLeader", 3, 3)>>

=============================================================================
