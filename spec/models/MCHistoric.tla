------------------------------ MODULE MCHistoric ------------------------------
(* The schedules of bugs that ZooKeeper's releases had, by their number in its issue tracker: what *)
(* happened is told in ../historic/README.md. With the bug planted as a mutant the property of     *)
(* the .cfg is violated; without it every property holds along the same schedule, to its end.     *)
EXTENDS MCSchedule

Elect(l, Q)   == Do("ElectLeader", l, Q)
\* The steps before a bug shows are those of a run without it; who is elected then may depend on it.
Else(l, Q)    == Maybe("ElectLeader", l, Q)
Join(i, l)    == Do("JoinLeader", i, l)
Propose(l)    == Do("LeaderPropose", l, l)
Stored(l)     == Do("LeaderPersistLog", l, l)
Down(i)       == Do("Crash", i, i)
Back(i)       == Do("Restart", i, i)
GiveUp(l)     == Do("LeaderShutdown", l, l)
Leave(f)      == Do("FollowerShutdown", f, f)
\* All but these actions.
RunBut(S, names) == RunOnly(S, Routine \ names)
FollowerWrites == {"FollowerPersistLog", "FollowerPersistCurrentEpoch"}

\* Server 3 led a quorum of all three.
AllUnder3 == <<Elect(3, {1, 3}), Run({1, 3}), Join(2, 3), Run({2, 3})>>

\* 1154: the server with the highest zxid, 3, is away when 1 and 2 elect 2, and comes back.
Z1154 == AllUnder3 \o <<
  Propose(3), Run({1, 3}), Run({2, 3}), Propose(3), Stored(3), Down(3), Leave(1), Leave(2),
  Elect(2, {1, 2}), Run({1, 2}), Propose(2), Run({1, 2}), Back(3), Join(3, 2), Run({2, 3})>>

\* 2845: leader 3 has logged what nobody else has, and keeps its database when it looks for a leader.
Z2845 == AllUnder3 \o <<
  Propose(3), Stored(3), GiveUp(3), Leave(1), Leave(2), Elect(2, {1, 2}), Run({1, 2}), Propose(2),
  Run({1, 2}), Join(3, 2), Run({2, 3})>>

\* 3023: server 1 makes what NEWLEADER closes its state before a quorum has acknowledged it. Then it
\* and its leader die, and those who go on never had it.
Z3023 == AllUnder3 \o <<
  Propose(3), Stored(3), GiveUp(3), Leave(1), Leave(2), Elect(3, {1, 3}),
  RunBut({1, 3}, FollowerWrites), Down(1), Down(3), Back(1), Else(2, {1, 2}), Run({1, 2})>>

\* 3608: server 1 has promised epoch 2 to leader 3, which dies before anybody is in it. With one
\* variable for both, 1 counts as a member of epoch 2, and it has nothing of what 2 and 3 committed.
Z3608 == <<
  Elect(3, {2, 3}), Run({2, 3}), Propose(3), Run({2, 3}), GiveUp(3), Leave(2), Elect(3, {1, 3}),
  RunBut({1, 3}, {"LeaderProcessACKEPOCH"}), Down(3), Leave(1),
  Else(1, {1, 2}), Else(2, {1, 2}), Run({1, 2})>>

\* 3642: server 2 got a SNAP that did not wholly reach its disk, and goes on from there.
Z3642 == <<
  Elect(3, {1, 3}), Run({1, 3}), Propose(3), Run({1, 3}), Join(2, 3), Run({2, 3}), Propose(3),
  Run({1, 3}), Run({2, 3}), Down(2), Back(2), Join(2, 3), Run({2, 3})>>

\* 3911: server 1 serves what it got by DIFF and has not logged; it and its leader die.
Z3911 == AllUnder3 \o <<
  Propose(3), Stored(3), GiveUp(3), Leave(1), Leave(2), Elect(3, {1, 3}),
  RunBut({1, 3}, FollowerWrites), Down(1), Down(3), Back(1), Else(2, {1, 2}), Else(1, {1, 2}),
  Run({1, 2}), Maybe("LeaderPropose", 2, 2), Maybe("LeaderPropose", 1, 1), Run({1, 2})>>

\* 4394: a proposal commits while server 1, which has read NEWLEADER, waits for UPTODATE.
Z4394 == <<
  Elect(3, {2, 3}), Run({2, 3}), Join(1, 3), RunBut({1, 3}, FollowerWrites), Propose(3),
  Run({2, 3}), Run({1, 3})>>

\* 4643: server 1 crashes between the two writes of NEWLEADER. If the first was currentEpoch, it wins
\* over 2, which has what was committed.
Z4643 == <<
  Elect(3, {2, 3}), Run({2, 3}), Propose(3), Run({2, 3}), GiveUp(3), Leave(2), Elect(3, {1, 3}),
  RunBut({1, 3}, FollowerWrites), Maybe("FollowerPersistCurrentEpoch", 1, 1), Down(1), Down(3),
  Back(1), Else(1, {1, 2}), Else(2, {1, 2}), Run({1, 2})>>

\* 4646: server 1 acknowledges NEWLEADER, leader 3 commits, and both die before 1 has logged.
Z4646 == AllUnder3 \o <<
  Propose(3), Stored(3), GiveUp(3), Leave(1), Leave(2), Elect(3, {1, 3}),
  RunBut({1, 3}, FollowerWrites \cup {"FollowerProcessUPTODATE"}), Down(1), Down(3), Back(1),
  Else(2, {1, 2}), Else(1, {1, 2}), Run({1, 2})>>

\* 4685: an entry is under way while server 1 synchronizes.
Z4685 == <<
  Elect(3, {2, 3}), Run({2, 3}), Propose(3), Stored(3), Join(1, 3), Run({1, 3})>>

\* 4712: server 1 left its leader with a write under way, which lands in the log of the next epoch.
Z4712 == AllUnder3 \o <<
  Propose(3), Do("FollowerProcessPROPOSAL", 1, 3), Down(3), Leave(1), Leave(2),
  Else(2, {1, 2}), Else(1, {1, 2}), Run({1, 2}), Maybe("LeaderPropose", 2, 2), Run({1, 2})>>

\* 4925: server 2 got (1, 1) by DIFF and (1, 2) as a follower, and then leads 1, which was away. If it
\* holds the second in memory and not the first, it cuts the first off.
Z4925 == <<
  Elect(3, {1, 3}), Run({1, 3}), Propose(3), Run({1, 3}), Join(2, 3), Run({2, 3}), Down(1),
  Propose(3), Run({2, 3}), Down(3), Back(1), Leave(2), Elect(2, {1, 2}), Run({1, 2})>>

\* 5094: server 3 comes back to leader 2 with an entry that must go. Its connection breaks after TRUNC
\* and what follows was read and before NEWLEADER; it connects again, logs on, and restarts.
Z5094 == AllUnder3 \o <<
  Propose(3), Run({1, 3}), Run({2, 3}), Propose(3), Stored(3), Down(3), Leave(1), Leave(2),
  Elect(2, {1, 2}), Run({1, 2}), Propose(2), Run({1, 2}), Back(3), Join(3, 2),
  RunBut({2, 3}, {"FollowerProcessNEWLEADER"}), Leave(3), Run({3}), Join(3, 2), Run({2, 3}),
  Propose(2), Run({1, 2}), Run({2, 3}), Down(3), Back(3), Join(3, 2), Run({2, 3})>>

=============================================================================
