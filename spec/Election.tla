------------------------------- MODULE Election -------------------------------
(* Who leads. ElectionMode "fle": fast leader election with rounds and notifications (source:    *)
(* Apache's FastLeaderElection, QuorumCnxManager). "oracle": one step moves a quorum of LOOKING  *)
(* servers, the best of them leads; a late server joins a leader in one step.                    *)
(*                                                                                               *)
(* Abstractions: an election message may be lost, and is overtaken by newer ones to the same     *)
(* server: receiving one drops those before it. finalizeWait is nondeterminism.                  *)
EXTENDS History

VARIABLES
  round,          \* [Server -> Nat]: logical clock = electionEpoch; volatile
  vote,           \* [Server -> Vote]: whom it proposes, or has decided for
  recvset,        \* [Server -> [Server -> Vote]]: votes of this round; NoVote: none
  outOfElection,  \* [Server -> [Server -> Decision]]: what servers that have decided say
  notes           \* [Server -> [Server -> Seq(Notification)]]: sent by the first, to the second

electionVars == <<round, vote, recvset, outOfElection, notes>>
phaseVars == <<baseVars, historyVars>>

-----------------------------------------------------------------------------
(* Votes *)

Vote(l, z, e) == [leader |-> l, zxid |-> z, peerEpoch |-> e]
NoVote == Vote(NoServer, Zxid(-1, -1), -1)
NoDecision == [vote |-> NoVote, round |-> 0, state |-> "LOOKING"]
NoVotes == [j \in Server |-> NoVote]
NoDecisions == [j \in Server |-> NoDecision]

\* KNOB: who wins a tie of epoch and zxid. Models with symmetry let it be anybody.
SidAbove(i, j) == IF i = NoServer THEN FALSE ELSE IF j = NoServer THEN TRUE ELSE i > j

\* (peerEpoch, zxid, leader) is a total order: a beats b.
Beats(a, b) ==
  IF Mutant \in {"m35_vote_order_ignores_epoch", "m02_vote_by_zxid_only"}
  THEN IF a.zxid = b.zxid THEN SidAbove(a.leader, b.leader) ELSE ZxidLess(b.zxid, a.zxid)
  ELSE IF a.peerEpoch /= b.peerEpoch THEN a.peerEpoch > b.peerEpoch
  ELSE IF a.zxid /= b.zxid /\ Mutant /= "m03_vote_by_epoch_only" THEN ZxidLess(b.zxid, a.zxid)
  ELSE SidAbove(a.leader, b.leader)

\* i's vote for itself, with h as its history; an observer proposes nobody.
OwnVote(i, h) == IF i \in Observers THEN NoVote ELSE Vote(i, LastZxid(h), CurrentEpoch(i))

\* The elected role of i under leader l.
RoleUnder(i, l) == IF i \in Observers THEN "OBSERVING" ELSE IF i = l THEN "LEADING" ELSE "FOLLOWING"

Note(s, r, v) == [state |-> s, round |-> r, vote |-> v]
Notify(net, i, receivers, m) ==
  [net EXCEPT ![i] = [j \in Server |->
     IF j \in receivers THEN Enqueue(NotLost(i, j, @[j]), m) ELSE @[j]]]
OtherVoters(i) == Voters \ {i}

-----------------------------------------------------------------------------
(* LookForLeader(i): part of the step that makes i LOOKING. h: its history then.                 *)

LookForLeader(i, h) ==
  IF ElectionMode = "oracle" THEN UNCHANGED electionVars
  ELSE /\ MayStartRound(round[i] + 1)
       /\ round' = [round EXCEPT ![i] = @ + 1]
       /\ vote' = [vote EXCEPT ![i] = OwnVote(i, h)]
       /\ recvset' = [recvset EXCEPT ![i] = NoVotes]
       /\ outOfElection' = [outOfElection EXCEPT ![i] = NoDecisions]
       /\ notes' = Notify(notes, i, OtherVoters(i),
                          Note("LOOKING", round[i] + 1, OwnVote(i, h)))

\* (Mutant m34) i was reading a synchronization that began with TRUNC.
TruncBegun(i) ==
  IF leaderOf[i] \in {NoServer, i} THEN FALSE
  ELSE link[i] = leaderOf[i] /\ Arrives(leaderOf[i], i, {"TRUNC"})

\* The steps that end a role share this: closed at i's side, LOOKING again. What is on its way
\* to i is lost; history, diskQueue and lastCommitted stay.
BecomeLooking(i) ==
  /\ state' = [state EXCEPT ![i] = "LOOKING"]
  /\ zabState' = [zabState EXCEPT ![i] = "ELECTION"]
  /\ leaderOf' = [leaderOf EXCEPT ![i] = NoServer]
  /\ LeaveRole(i)
  /\ msgs' = ClearTo(msgs, i)
  /\ IF Mutant = "m34_interrupted_trunc_kept" /\ TruncBegun(i)
     THEN LET q == msgs[leaderOf[i]][i]
              IsProposal(x) == x.type = "PROPOSAL"
              read == SelectSeq(q, IsProposal)
              base == Prefix(history[i], CountUpTo(history[i], Head(q).zxid))
          IN /\ history' = [history EXCEPT ![i] =
                              base \o [n \in 1..Len(read) |-> read[n].txn]]
             /\ diskQueue' = [diskQueue EXCEPT ![i] = Append(Forget(@), TruncateWrite(Head(q).zxid))]
     ELSE /\ diskQueue' = [diskQueue EXCEPT ![i] = Forget(@)]
          /\ history' = IF Mutant = "m29_pending_writes_after_shutdown"
                        THEN \* memory starts again from the disk, which pending writes still reach
                             [history EXCEPT ![i] = disk[i].log]
                        ELSE history
  /\ lastCommitted' = IF Mutant = "m28_log_taken_as_committed"
                      THEN [lastCommitted EXCEPT ![i] = Len(history[i])]
                      ELSE IF Mutant = "m29_pending_writes_after_shutdown"
                      THEN [lastCommitted EXCEPT ![i] = Min(@, Len(disk[i].log))]
                      ELSE lastCommitted
  /\ UNCHANGED <<memoryLog, disk>>
  /\ LookForLeader(i, history'[i])

-----------------------------------------------------------------------------
(* A decision: roles is a function from servers that decide now to their leader.                 *)

\* The epoch that a leader chooses, of those that were accepted before.
EpochAfter(accepted) ==
  LET highest == IF Mutant = "mB1_epoch_above_the_lowest"
                 THEN CHOOSE e \in accepted : \A x \in accepted : e <= x ELSE Max(accepted)
  IN IF Mutant = "m08_epoch_without_plus_one" THEN Max({highest, 1}) ELSE highest + 1

\* The only voter has decided, for itself of course. A leader counts as one of those that have said
\* which epoch they accepted (source: Leader.lead, which asks itself first): that is all here.
ChooseEpoch(l) ==
  LET e == EpochAfter({AcceptedEpoch(l)})
  IN /\ MayChooseEpoch(e)
     /\ newEpoch' = [newEpoch EXCEPT ![l] = e]
     /\ Ask(l, <<AcceptedEpochWrite(e)>>)
     /\ RecordIssued(e)

Decide(roles) ==
  LET D == DOMAIN roles
  IN /\ state' = [i \in Server |-> IF i \in D THEN RoleUnder(i, roles[i]) ELSE state[i]]
     /\ zabState' = [i \in Server |-> IF i \in D THEN "DISCOVERY" ELSE zabState[i]]
     /\ leaderOf' = [i \in Server |-> IF i \in D THEN roles[i] ELSE leaderOf[i]]
     /\ IF \E l \in D : IsOnlyVoter(l)
        THEN ChooseEpoch(CHOOSE l \in D : IsOnlyVoter(l))
        ELSE UNCHANGED <<newEpoch, diskVars, historyVars>>
     /\ UNCHANGED <<logVars, learnerVars, learners, epochInfos, ackEpochs, ackNewLeader, acked,
                    netVars>>

\* i has decided for the vote v: what others said is of no more use.
DecideAlone(i, v) ==
  /\ Decide([k \in {i} |-> v.leader])
  /\ recvset' = [recvset EXCEPT ![i] = NoVotes]
  /\ outOfElection' = [outOfElection EXCEPT ![i] = NoDecisions]

\* The voters whose vote is v, as i knows, whose own vote it is.
Supporters(i, votes, v) == {j \in Voters : j = i \/ votes[j] = v}

\* finalizeWait has passed since a quorum held i's vote, and nothing better came.
DecideLeader(i) ==
  /\ ElectionMode = "fle"
  /\ state[i] = "LOOKING"
  /\ vote[i] /= NoVote
  /\ IsQuorum(Supporters(i, recvset[i], vote[i]))
  /\ DecideAlone(i, vote[i])
  /\ UNCHANGED <<round, vote, notes>>

ResendNotifications(i) ==
  /\ ElectionMode = "fle"
  /\ state[i] = "LOOKING"
  /\ MayResend(i)
  /\ notes' = Notify(notes, i, OtherVoters(i), Note("LOOKING", round[i], vote[i]))
  /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars>>

-----------------------------------------------------------------------------
(* ReceiveNotification(i, j): any message under way may be next; those before it are lost.       *)

\* Everybody's vote is in and equal: no wait is needed.
AllAgree(i, votes, v) == IF v = NoVote THEN FALSE ELSE Supporters(i, votes, v) = Voters

LookingReceivesLooking(i, j, m, rest) ==
  IF j \in Observers \/ (m.round < round[i] /\ Mutant /= "m36_old_rounds_counted")
  THEN \* never counted, but answered with i's vote (an observer answers no voter: it would be
       \* answered in turn, and so on for ever)
       /\ notes' = IF i \in Observers /\ j \in Voters THEN rest
                   ELSE Notify(rest, i, {j}, Note("LOOKING", round[i], vote[i]))
       /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars>>
  ELSE LET newer  == m.round > round[i]
           mine   == IF newer THEN OwnVote(i, history[i]) ELSE vote[i]
           better == Beats(m.vote, mine)
           v      == IF better THEN m.vote ELSE mine
           votes  == [(IF newer THEN NoVotes ELSE recvset[i]) EXCEPT ![j] = m.vote]
       IN /\ round' = IF newer THEN [round EXCEPT ![i] = m.round] ELSE round
          /\ vote' = [vote EXCEPT ![i] = v]
          /\ notes' = IF newer \/ better
                      THEN Notify(rest, i, OtherVoters(i), Note("LOOKING", m.round, v))
                      ELSE rest
          /\ IF AllAgree(i, votes, v)
             THEN DecideAlone(i, v)
             ELSE /\ recvset' = [recvset EXCEPT ![i] = votes]
                  /\ UNCHANGED <<outOfElection, phaseVars>>

\* j has a leader. i follows it if a quorum has the same one, which itself says that it leads: on
\* which votes and in which rounds they elected it does not matter.
LookingReceivesDecided(i, j, m, rest) ==
  IF j \in Observers
  THEN notes' = rest /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars>>
  ELSE LET votes == IF m.round = round[i]
                    THEN [recvset[i] EXCEPT ![j] = m.vote] ELSE recvset[i]
           said  == [outOfElection[i] EXCEPT ![j] = [vote |-> m.vote, round |-> m.round,
                                                     state |-> m.state]]
           l     == m.vote.leader
           same  == {k \in Voters : said[k].vote.leader = l}
           joins == IF l = i \/ l \notin same THEN FALSE
                    ELSE said[l].state = "LEADING" /\ IsQuorum(same)
       IN /\ notes' = rest
          /\ IF joins
             THEN /\ vote' = [vote EXCEPT ![i] = m.vote]
                  /\ round' = [round EXCEPT ![i] = m.round]
                  /\ DecideAlone(i, m.vote)
             ELSE /\ UNCHANGED <<vote, round>>
                  /\ IF m.round = round[i] /\ AllAgree(i, votes, vote[i])
                     THEN DecideAlone(i, vote[i])
                     ELSE /\ recvset' = [recvset EXCEPT ![i] = votes]
                          /\ outOfElection' = [outOfElection EXCEPT ![i] = said]
                          /\ UNCHANGED phaseVars

\* What i says of its decision: once it serves, with the epoch that its leader established, whatever
\* the vote was that it decided on (Apache: QuorumPeer.updateElectionVote, ZOOKEEPER-1732).
DecidedVote(i) ==
  IF zabState[i] = "BROADCAST" THEN [vote[i] EXCEPT !.peerEpoch = CurrentEpoch(i)] ELSE vote[i]

DecidedReceives(i, j, m, rest) ==
  /\ notes' = IF m.state = "LOOKING"
              THEN Notify(rest, i, {j}, Note(state[i], round[i], DecidedVote(i))) ELSE rest
  /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars>>

ReceiveNotification(i, j) ==
  /\ ElectionMode = "fle"
  /\ state[i] /= "DOWN"
  /\ \E n \in 1..Len(notes[j][i]) :
       LET m == notes[j][i][n]
           rest == [notes EXCEPT ![j][i] = SubSeq(@, n + 1, Len(@))]
       IN IF state[i] /= "LOOKING" THEN DecidedReceives(i, j, m, rest)
          ELSE IF m.state = "LOOKING" THEN LookingReceivesLooking(i, j, m, rest)
          ELSE LookingReceivesDecided(i, j, m, rest)

-----------------------------------------------------------------------------
(* The oracle *)

\* Q elects l, the best of it: no pulling of history is needed later.
ElectLeader(l, Q) ==
  /\ ElectionMode = "oracle"
  /\ state[l] = "LOOKING"
  /\ l \in Q
  /\ \A i \in Q : state[i] = "LOOKING"
  /\ MayElect(l, Q)
  /\ MayGoOn(l)
  /\ LET own == OwnVote(l, history[l])
     IN IF Mutant = "m01_any_leader" THEN TRUE
        ELSE \A i \in Q : ~Beats(OwnVote(i, history[i]), own)
  /\ Decide([i \in Q |-> l])
  /\ UNCHANGED electionVars

\* A late server learns who leads (perhaps a leader that is about to find out it no longer does).
JoinLeader(i, l) ==
  /\ ElectionMode = "oracle"
  /\ state[i] = "LOOKING"
  /\ state[l] = "LEADING"
  /\ MayGoOn(i)
  /\ Decide([k \in {i} |-> l])
  /\ UNCHANGED electionVars

-----------------------------------------------------------------------------
(* A crash ends i's part in the election, and what is on its way to it.                          *)

ForgetElection(i) ==
  IF ElectionMode = "oracle" THEN UNCHANGED electionVars
  ELSE /\ round' = [round EXCEPT ![i] = 0]
       /\ vote' = [vote EXCEPT ![i] = NoVote]
       /\ recvset' = [recvset EXCEPT ![i] = NoVotes]
       /\ outOfElection' = [outOfElection EXCEPT ![i] = NoDecisions]
       /\ notes' = ClearTo(notes, i)

\* As if every server had just started its first round (or, DOWN, had not started yet). With the
\* oracle these variables are not used.
ElectionInit(initial) ==
  IF ElectionMode = "oracle"
  THEN /\ round = <<>> /\ vote = <<>> /\ recvset = <<>> /\ outOfElection = <<>> /\ notes = <<>>
  ELSE LET started == initial = "LOOKING"
           First(i) == IF started /\ i \in Voters THEN Vote(i, ZeroZxid, 0) ELSE NoVote
       IN /\ round = [i \in Server |-> IF started THEN 1 ELSE 0]
          /\ vote = [i \in Server |-> First(i)]
          /\ recvset = [i \in Server |-> NoVotes]
          /\ outOfElection = [i \in Server |-> NoDecisions]
          /\ notes = [i \in Server |-> [j \in Server |->
               IF started /\ j \in OtherVoters(i) THEN <<Note("LOOKING", 1, First(i))>>
               ELSE <<>>]]

=============================================================================
