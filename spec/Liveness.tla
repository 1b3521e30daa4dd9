------------------------------- MODULE Liveness -------------------------------
(* What is assumed to happen in the end, and what then must (L1 to L5).                          *)
(*                                                                                               *)
(* Fairness: each step of the protocol, of each server (and peer), on its own: if it is possible  *)
(* from some moment on without a break, it is taken. So a packet that arrived is read, a write    *)
(* under way reaches the disk, a connection that ended is noticed, a crashed server starts again, *)
(* and a leader that waits for what cannot come any more gives up (initLimit). Nothing is asked   *)
(* of failures, of timeouts without a reason, of clients, and of snapshots. Failures are bounded  *)
(* by the model, so each behaviour ends in a part without any.                                   *)
(* Sources: DSN 2011, section V (liveness after the global stabilization time); the tech report   *)
(* YL-2010-007; ZooKeeper's initLimit and syncLimit.                                             *)
EXTENDS Zab

LeaderGivesUp(l) ==
  /\ state[l] = "LEADING"
  /\ IF IsQuorum(Backers(l)) THEN IsStuck(l) ELSE TRUE
  /\ LeaderShutdown(l)
LeaderNoticesClose(l, f) == ~IsLive(f, l) /\ LeaderCloseConnection(l, f)
FollowerNoticesClose(f) ==
  /\ state[f] \in {"FOLLOWING", "OBSERVING"}
  /\ LeaderIsGone(f)
  /\ FollowerShutdown(f)

-----------------------------------------------------------------------------
(* Each step on its own.                                                                         *)

\* KNOB: the steps of which no fairness is asked. A model that names one shows what it is for.
Unfair == {}
\* Who takes the step called name, and their peers.
By(name) == IF name \in Unfair THEN {} ELSE Server
With(i) == Server \ {i}

FairElection ==
  /\ \A i \in By("ElectLeader") \cap Voters :
       WF_vars(\E Q \in Quorums : ElectLeader(i, Q))
  /\ \A i \in By("JoinLeader") : WF_vars(\E l \in Server : JoinLeader(i, l))
  /\ \A i \in By("ReceiveNotification") : \A j \in With(i) : WF_vars(ReceiveNotification(i, j))
  /\ \A i \in By("DecideLeader") : WF_vars(DecideLeader(i))

FairDiscovery ==
  /\ \A i \in By("FollowerConnect") : \A j \in With(i) : WF_vars(FollowerConnect(i, j))
  /\ \A i \in By("LeaderProcessFOLLOWERINFO") : \A j \in With(i) :
       WF_vars(LeaderProcessFOLLOWERINFO(i, j))
  /\ \A i \in By("LeaderPersistAcceptedEpoch") : WF_vars(LeaderPersistAcceptedEpoch(i))
  /\ \A i \in By("FollowerProcessLEADERINFO") : \A j \in With(i) :
       WF_vars(FollowerProcessLEADERINFO(i, j))
  /\ \A i \in By("FollowerPersistAcceptedEpoch") : WF_vars(FollowerPersistAcceptedEpoch(i))
  /\ \A i \in By("LeaderProcessACKEPOCH") : \A j \in With(i) :
       WF_vars(LeaderProcessACKEPOCH(i, j))
  /\ \A i \in By("LeaderPersistCurrentEpoch") : WF_vars(LeaderPersistCurrentEpoch(i))

FairSynchronization ==
  /\ \A i \in By("FollowerProcessNEWLEADER") : \A j \in With(i) :
       WF_vars(FollowerProcessNEWLEADER(i, j))
  /\ \A i \in By("FollowerPersistLog") : WF_vars(FollowerPersistLog(i))
  /\ \A i \in By("FollowerPersistCurrentEpoch") : WF_vars(FollowerPersistCurrentEpoch(i))
  /\ \A i \in By("LeaderProcessACKNEWLEADER") : \A j \in With(i) :
       WF_vars(LeaderProcessACKNEWLEADER(i, j))
  /\ \A i \in By("FollowerProcessPROPOSALInSync") : \A j \in With(i) :
       WF_vars(FollowerProcessPROPOSALInSync(i, j))
  /\ \A i \in By("FollowerProcessCOMMITInSync") : \A j \in With(i) :
       WF_vars(FollowerProcessCOMMITInSync(i, j))
  /\ \A i \in By("FollowerProcessUPTODATE") : \A j \in With(i) :
       WF_vars(FollowerProcessUPTODATE(i, j))

FairBroadcast ==
  /\ \A i \in By("LeaderPersistLog") : WF_vars(LeaderPersistLog(i))
  /\ \A i \in By("FollowerProcessPROPOSAL") : \A j \in With(i) :
       WF_vars(FollowerProcessPROPOSAL(i, j))
  /\ \A i \in By("LeaderProcessACK") : \A j \in With(i) : WF_vars(LeaderProcessACK(i, j))
  /\ \A i \in By("FollowerProcessCOMMIT") : \A j \in With(i) :
       WF_vars(FollowerProcessCOMMIT(i, j))
  /\ \A i \in By("ObserverProcessINFORM") \cap Observers : \A j \in With(i) :
       WF_vars(ObserverProcessINFORM(i, j))

FairRecovery ==
  /\ \A i \in By("Restart") : WF_vars(Restart(i))
  /\ \A i \in By("LeaderGivesUp") : WF_vars(LeaderGivesUp(i))
  /\ \A i \in By("LeaderNoticesClose") : \A j \in With(i) : WF_vars(LeaderNoticesClose(i, j))
  /\ \A i \in By("FollowerNoticesClose") : WF_vars(FollowerNoticesClose(i))

FairSpec ==
  /\ Spec
  /\ FairElection
  /\ FairDiscovery
  /\ FairSynchronization
  /\ FairBroadcast
  /\ FairRecovery

-----------------------------------------------------------------------------
(* All of them together: much less is asked. Something that the protocol can do is done, whatever *)
(* it is, by whomever. What holds under it holds for every order in which the steps are taken: in *)
(* particular there is no way to go round for ever.                                              *)

Progress ==
  \/ \E l \in Voters, Q \in Quorums : ElectLeader(l, Q)
  \/ \E i, j \in Server :
       \/ JoinLeader(i, j)
       \/ ReceiveNotification(i, j)
       \/ FollowerConnect(i, j)
       \/ LeaderProcessFOLLOWERINFO(i, j)
       \/ FollowerProcessLEADERINFO(i, j)
       \/ LeaderProcessACKEPOCH(i, j)
       \/ FollowerProcessNEWLEADER(i, j)
       \/ LeaderProcessACKNEWLEADER(i, j)
       \/ FollowerProcessPROPOSALInSync(i, j)
       \/ FollowerProcessCOMMITInSync(i, j)
       \/ FollowerProcessUPTODATE(i, j)
       \/ FollowerProcessPROPOSAL(i, j)
       \/ LeaderProcessACK(i, j)
       \/ FollowerProcessCOMMIT(i, j)
       \/ ObserverProcessINFORM(i, j)
       \/ LeaderNoticesClose(i, j)
  \/ \E i \in Server :
       \/ DecideLeader(i)
       \/ LeaderPersistAcceptedEpoch(i)
       \/ LeaderPersistCurrentEpoch(i)
       \/ LeaderPersistLog(i)
       \/ FollowerPersistAcceptedEpoch(i)
       \/ FollowerPersistCurrentEpoch(i)
       \/ FollowerPersistLog(i)
       \/ Restart(i)
       \/ LeaderGivesUp(i)
       \/ FollowerNoticesClose(i)

FairTogetherSpec == Spec /\ WF_vars(Progress)

-----------------------------------------------------------------------------
\* L1. A quorum that is left alone has an established leader in the end, for good. (DSN section V.)
EventuallyEstablished == <>[](\E l \in Server : Established(l))

\* L2. Every server (all start again after a crash) reaches broadcast, for good.
EventuallyBroadcast == <>[](\A i \in Server : zabState[i] = "BROADCAST")

\* L3. Every proposal of a stable leader is delivered by all: in the end there is none that is not.
EventuallyDelivered ==
  <>[](\A i, j \in Server : /\ Up(i)
                            /\ history[i] = history[j]
                            /\ lastCommitted[i] = Len(history[i]))

\* L4. Recovery and election do not chase each other for ever: in the end nobody changes its role.
RecoveryEnds == <>[][\A i \in Server : state'[i] = state[i]]_state

\* L5. Election ends: a quorum has a leader, and it leads. (Its own model: election alone.)
EventuallyElected ==
  <>[](\E l \in Server : state[l] = "LEADING" /\ Majority({i \in Voters : leaderOf[i] = l}))

\* The bounds of a model are never what stops it: an epoch, or a round, is always left. Invariants
\* of models of liveness, where running out of them would look like the end of all trouble (or
\* like a fault of the protocol).
EpochsLeft(max) == issuedEpoch < max
RoundsLeft(max) == \A i \in Server : round[i] < max

=============================================================================
