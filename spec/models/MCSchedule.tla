------------------------------ MODULE MCSchedule ------------------------------
(* One order of events instead of all: a model whose behaviours follow a schedule, a sequence of  *)
(* steps of the unchanged protocol. From Zab!Init and by Zab's own actions only, so every state   *)
(* is one that the protocol (with its mutant, if one is planted) reaches.                         *)
(*                                                                                               *)
(* A step of a schedule is one of                                                                *)
(*   Do(action, i, j)     this action of i (and j), now                                          *)
(*   Maybe(action, i, j)  the same if it is enabled; else the schedule goes on                   *)
(*   Run(S)               everything that the servers S, among themselves, read, write and send, *)
(*                        in every order, until nothing is left                                  *)
(*   RunOnly(S, names)    the same with these actions alone                                      *)
(* Failures, elections and proposals happen only where a schedule says so.                       *)
EXTENDS Liveness, TLC

CONSTANT Schedule   \* Seq of the steps above

VARIABLE at         \* [next: place in Schedule; did: the step that led here]

Do(name, i, j)      == [how |-> "do", name |-> name, i |-> i, j |-> j]
Maybe(name, i, j)   == [how |-> "maybe", name |-> name, i |-> i, j |-> j]
RunOnly(S, names)   == [how |-> "run", servers |-> S, names |-> names]

\* What needs no decision from outside: reading, persisting, connecting.
Routine ==
  {"FollowerConnect", "LeaderProcessFOLLOWERINFO", "LeaderPersistAcceptedEpoch",
   "FollowerProcessLEADERINFO", "FollowerPersistAcceptedEpoch", "LeaderProcessACKEPOCH",
   "LeaderPersistCurrentEpoch", "FollowerProcessNEWLEADER", "FollowerPersistLog",
   "FollowerPersistCurrentEpoch", "LeaderProcessACKNEWLEADER", "FollowerProcessPROPOSALInSync",
   "FollowerProcessCOMMITInSync", "FollowerProcessUPTODATE", "LeaderPersistLog",
   "FollowerProcessPROPOSAL", "LeaderProcessACK", "FollowerProcessCOMMIT", "ObserverProcessINFORM"}
Run(S) == RunOnly(S, Routine)

\* The action of that name; j is a peer, or the quorum that elects i, or not used.
Take(name, i, j) ==
  CASE name = "ElectLeader"                   -> ElectLeader(i, j)
    [] name = "JoinLeader"                    -> JoinLeader(i, j)
    [] name = "ReceiveNotification"           -> ReceiveNotification(i, j)
    [] name = "DecideLeader"                  -> DecideLeader(i)
    [] name = "FollowerConnect"               -> FollowerConnect(i, j)
    [] name = "LeaderProcessFOLLOWERINFO"     -> LeaderProcessFOLLOWERINFO(i, j)
    [] name = "LeaderPersistAcceptedEpoch"    -> LeaderPersistAcceptedEpoch(i)
    [] name = "FollowerProcessLEADERINFO"     -> FollowerProcessLEADERINFO(i, j)
    [] name = "FollowerPersistAcceptedEpoch"  -> FollowerPersistAcceptedEpoch(i)
    [] name = "LeaderProcessACKEPOCH"         -> LeaderProcessACKEPOCH(i, j)
    [] name = "LeaderPersistCurrentEpoch"     -> LeaderPersistCurrentEpoch(i)
    [] name = "FollowerProcessNEWLEADER"      -> FollowerProcessNEWLEADER(i, j)
    [] name = "FollowerPersistLog"            -> FollowerPersistLog(i)
    [] name = "FollowerPersistCurrentEpoch"   -> FollowerPersistCurrentEpoch(i)
    [] name = "LeaderProcessACKNEWLEADER"     -> LeaderProcessACKNEWLEADER(i, j)
    [] name = "FollowerProcessPROPOSALInSync" -> FollowerProcessPROPOSALInSync(i, j)
    [] name = "FollowerProcessCOMMITInSync"   -> FollowerProcessCOMMITInSync(i, j)
    [] name = "FollowerProcessUPTODATE"       -> FollowerProcessUPTODATE(i, j)
    [] name = "LeaderPropose"                 -> LeaderPropose(i)
    [] name = "LeaderPersistLog"              -> LeaderPersistLog(i)
    [] name = "FollowerProcessPROPOSAL"       -> FollowerProcessPROPOSAL(i, j)
    [] name = "LeaderProcessACK"              -> LeaderProcessACK(i, j)
    [] name = "FollowerProcessCOMMIT"         -> FollowerProcessCOMMIT(i, j)
    [] name = "ObserverProcessINFORM"         -> ObserverProcessINFORM(i, j)
    [] name = "Crash"                         -> Crash(i)
    [] name = "Restart"                       -> Restart(i)
    [] name = "LeaderCloseConnection"         -> LeaderCloseConnection(i, j)
    [] name = "LeaderShutdown"                -> LeaderShutdown(i)
    [] name = "FollowerShutdown"              -> FollowerShutdown(i)
    [] name = "TakeSnapshot"                  -> TakeSnapshot(i)

Unary == {"LeaderPersistAcceptedEpoch", "FollowerPersistAcceptedEpoch", "LeaderPersistCurrentEpoch",
          "FollowerPersistLog", "FollowerPersistCurrentEpoch", "LeaderPersistLog"}

Step == Schedule[at.next]

TakeStep ==
  /\ Step.how \in {"do", "maybe"}
  /\ Take(Step.name, Step.i, Step.j)
  /\ at' = [next |-> at.next + 1, did |-> <<Step.name, Step.i, Step.j>>]
RunStep ==
  /\ Step.how = "run"
  /\ \E name \in Step.names, i, j \in Step.servers :
       /\ (name \in Unary) = (i = j)
       /\ Take(name, i, j)
       /\ count' = count   \* no failure: a connection that is well is not dialled again
       /\ at' = [at EXCEPT !.did = <<name, i, j>>]
\* Nothing left to run, or a step that may be left out cannot be taken.
GoOn ==
  /\ IF Step.how = "run" THEN ~ENABLED RunStep ELSE Step.how = "maybe" /\ ~ENABLED TakeStep
  /\ at' = [at EXCEPT !.next = @ + 1]
  /\ UNCHANGED vars

\* A write that gets through before a crash is a step of its own.
CrashWritesNothing(i) == {0}

Unfinished == at.next <= Len(Schedule)
ScheduleInit == Init /\ at = [next |-> 1, did |-> <<>>]
ScheduleNext == Unfinished /\ (TakeStep \/ RunStep \/ GoOn)
ScheduleSpec == ScheduleInit /\ [][ScheduleNext]_<<vars, at>> /\ WF_<<vars, at>>(ScheduleNext)

\* Every behaviour gets to the end of the schedule: no step of it is impossible.
ScheduleEnds == <>(at.next > Len(Schedule))

=============================================================================
