----------------------------- MODULE LeaderOracle -----------------------------
(* What an election is for, without messages: polls, and what may be decided after them. Fast     *)
(* leader election refines it (R3, ElectionRefinement.tla); so does ElectLeader, the oracle of    *)
(* the other models, which asks a quorum in one step.                                            *)
(*                                                                                               *)
(* Servers go to numbered polls (rounds), each with its standing: epoch, zxid, sid. A server may   *)
(* lead if it stood, in the poll it is at, at least as well as each server of a majority at the   *)
(* same poll. Who leads is not the same for all: one may decide while better servers are on the   *)
(* way, so a poll can make two leaders (of whom one will find no quorum). What is promised is     *)
(* that nobody ever leads, or follows anybody, that no majority stood behind: so what a quorum    *)
(* has on disk when its servers go to a poll, the leader has (P16 rests on it).                   *)
(*                                                                                               *)
(* Sources: DSN 2011, section IV ("leader oracle", phase 0 of the tech report YL-2010-007);       *)
(* FastLeaderElection.totalOrderPredicate, getVoteTracker, hasAllQuorums, checkLeader.            *)
EXTENDS Integers, FiniteSets

CONSTANTS Server, Observers, NoServer

VARIABLES
  poll,           \* [Server -> Nat]: the poll that it is at; 0: none since it started
  ballots,        \* SUBSET [poll, sid, standing]: who ever was at which poll, and how it stood
  follows,        \* [Server -> Server or NoServer]: whom it has taken as its leader
  taken           \* SUBSET (Server \X Server): who ever took whom

oracleVars == <<poll, ballots, follows, taken>>

Voters == Server \ Observers
Majority(S) == Cardinality(S \cap Voters) * 2 > Cardinality(Voters)

\* Standings <<epoch, <<epoch, counter>> of the last transaction, sid>>: a is below b, or equal.
AtMost(a, b) ==
  IF a[1] /= b[1] THEN a[1] < b[1]
  ELSE IF a[2][1] /= b[2][1] THEN a[2][1] < b[2][1]
  ELSE IF a[2][2] /= b[2][2] THEN a[2][2] < b[2][2]
  ELSE a[3] <= b[3]

\* l stood at least as well as each of a majority at poll p. bs: the ballots that are known.
Elected(l, p, bs) ==
  \E b \in bs :
    /\ b.sid = l /\ b.poll = p
    /\ Majority({c.sid : c \in {c \in bs : c.poll = p /\ AtMost(c.standing, b.standing)}})

\* l leads, or has led, and a majority has taken it.
Leads(l) == <<l, l>> \in taken /\ Majority({i \in Voters : <<i, l>> \in taken})

-----------------------------------------------------------------------------
Init ==
  /\ poll \in [Server -> Nat]
  /\ follows = [i \in Server |-> NoServer]
  /\ taken = {}

\* i goes to another poll, with its standing.
GoesTo(i) ==
  IF poll'[i] = poll[i] \/ poll'[i] = 0 \/ i \in Observers THEN ballots' = ballots
  ELSE \E b \in ballots' :
         /\ b.sid = i /\ b.poll = poll'[i] /\ b.standing[3] = i
         /\ ballots' = ballots \cup {b}

\* i takes l: as elected at its own poll, or as the leader that the others have. Nobody is told by
\* others to lead.
Takes(i, l) ==
  /\ follows[i] = NoServer
  /\ l \in Voters
  /\ \/ Elected(l, poll'[i], ballots')
     \/ l /= i /\ Leads(l)
  /\ taken' = taken \cup {<<i, l>>}

\* One server's step; going to a poll and deciding there may be one.
Step(i) ==
  /\ \A j \in Server \ {i} : poll'[j] = poll[j] /\ follows'[j] = follows[j]
  /\ GoesTo(i)
  /\ IF follows'[i] = follows[i] \/ follows'[i] = NoServer
     THEN taken' = taken
     ELSE Takes(i, follows'[i])

Next == \E i \in Server : Step(i)

Spec == Init /\ [][Next]_oracleVars

=============================================================================
