------------------------------- MODULE MCElection -------------------------------
(* Fast leader election alone: rounds, notifications, loss, a server that starts again. Nobody    *)
(* goes on to discovery; servers stand where Prepared puts them, with logs that differ.           *)
EXTENDS Liveness, TLC

CONSTANTS MaxRound, MaxCrashes, MaxShutdowns

\* Only the newest message to a server is worth sending: it replaces what it overtakes.
MCEnqueue(q, m) == <<m>>
MCMayStartRound(r) == r <= MaxRound
MCMayCrash(i) == count.crash < MaxCrashes
MCMayDisconnect(f, l) == count.disconnect < MaxShutdowns
MCMayTimeOut(l) == count.disconnect < MaxShutdowns
MCMayResend(i) == FALSE
MCCrashPrefixes(i) == {0}

\* Server 1 has the newest epoch and the shortest log, 3 an old epoch and a long log.
T(e, c) == Txn(e, c, 1)
Logs == [i \in Server |-> CASE i = 1 -> <<T(1, 1), T(2, 1)>>
                            [] i = 2 -> <<T(1, 1)>>
                            [] i = 3 -> <<T(1, 1), T(1, 2)>>
                            [] OTHER -> <<>>]
Epochs == [i \in Server |-> CASE i = 1 -> 2 [] i = 2 -> 2 [] i = 3 -> 1 [] OTHER -> 0]
First(i) == IF i \in Observers THEN NoVote ELSE Vote(i, LastZxid(Logs[i]), Epochs[i])

Prepared ==
  /\ state = [i \in Server |-> "LOOKING"]
  /\ zabState = [i \in Server |-> "ELECTION"]
  /\ leaderOf = [i \in Server |-> NoServer]
  /\ history = Logs
  /\ lastCommitted = [i \in Server |-> 0]
  /\ memoryLog = [i \in Server |-> NothingInMemory]
  /\ disk = [i \in Server |-> [acceptedEpoch |-> 2, currentEpoch |-> Epochs[i], snapshot |-> 0,
                               log |-> Logs[i]]]
  /\ diskQueue = [i \in Server |-> <<>>]
  /\ link = [i \in Server |-> NoServer]
  /\ syncCommitted = [i \in Server |-> -1]
  /\ learners = [i \in Server |-> NoLearners]
  /\ newEpoch = [i \in Server |-> 0]
  /\ epochInfos = [i \in Server |-> {}]
  /\ ackEpochs = [i \in Server |-> {}]
  /\ ackNewLeader = [i \in Server |-> {}]
  /\ acked = [i \in Server |-> NothingAcked]
  /\ live = {}
  /\ msgs = [i \in Server |-> [j \in Server |-> <<>>]]
  /\ HistoryInit
  /\ round = [i \in Server |-> 1]
  /\ vote = [i \in Server |-> First(i)]
  /\ recvset = [i \in Server |-> NoVotes]
  /\ outOfElection = [i \in Server |-> NoDecisions]
  /\ notes = [i \in Server |-> [j \in Server |->
       IF j \in OtherVoters(i) THEN <<Note("LOOKING", 1, First(i))>> ELSE <<>>]]

ElectionNext ==
  \/ \E i, j \in Server : ReceiveNotification(i, j)
  \/ \E i \in Server : DecideLeader(i)
  \/ \E i \in Server : ResendNotifications(i)
  \/ \E i \in Server : Crash(i)
  \/ \E i \in Server : Restart(i)
  \/ \E l \in Server : LeaderShutdown(l)
  \/ \E f \in Server : FollowerShutdown(f)

ElectionSpec == Prepared /\ [][ElectionNext]_vars

-----------------------------------------------------------------------------
(* L5. Timeouts are longer than what they wait for: who waits for notifications sends its own     *)
(* again, and who waits for a leader or for followers gives up, when nothing of the election is    *)
(* under way any more, not before. (If they were not, no election need ever end.) Each of these    *)
(* timeouts passes if it can again and again: the others' may always come first.                  *)

UnderWay ==
  \/ \E i, j \in Server : notes[i][j] /= <<>>
  \/ \E i \in Server : state[i] = "DOWN"
  \/ \E i \in Voters : state[i] = "LOOKING" /\ IsQuorum(Supporters(i, recvset[i], vote[i]))

PatientNext ==
  \/ \E i, j \in Server : ReceiveNotification(i, j)
  \/ \E i \in Server : DecideLeader(i)
  \/ \E i \in Server : Crash(i)
  \/ \E i \in Server : Restart(i)
  \/ \E i \in Server : ~UnderWay /\ ResendNotifications(i)
  \/ \E l \in Server : ~UnderWay /\ LeaderShutdown(l)
  \/ \E f \in Server : ~UnderWay /\ FollowerShutdown(f)

PatientSpec == Prepared /\ [][PatientNext]_vars

FairElectionSpec ==
  /\ PatientSpec
  /\ FairElection
  /\ \A i \in By("Restart") : WF_vars(Restart(i))
  /\ \A i \in By("ResendNotifications") : SF_vars(~UnderWay /\ ResendNotifications(i))
  /\ \A i \in By("LeaderGivesUp") : SF_vars(~UnderWay /\ LeaderGivesUp(i))
  /\ \A i \in By("FollowerNoticesClose") : SF_vars(~UnderWay /\ FollowerNoticesClose(i))

\* No round is ever lacking.
MCRoundsLeft == RoundsLeft(MaxRound)
MCResends(i) == TRUE
MCUnfairResending == {"ResendNotifications"}

\* All have the same log and epoch: the sid alone makes the difference.
SameLogs == [i \in Server |-> <<T(1, 1)>>]
SameEpochs == [i \in Server |-> 1]
\* Mutant 35, its second half: an order of votes that is not total.
NobodyAbove(i, j) == FALSE

=============================================================================
