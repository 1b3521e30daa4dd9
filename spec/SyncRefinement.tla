---------------------------- MODULE SyncRefinement ----------------------------
(* R2: with one durable write a step, ZAB refines ZAB with atomic synchronization (Granularity    *)
(* "atomic"): there history, epoch and acknowledgement are one step of the learner, and no write   *)
(* that nobody waits for is seen on its own. A crash alone may come in between: it lets any first  *)
(* part of the writes through, in both.                                                          *)
(*                                                                                               *)
(* The mapping: writes that are done, but belong to a step of the atomic specification that is    *)
(* not complete, are still under way there. `settled` is the disk without them, `half` are they;   *)
(* both are history variables. All other variables are the same, the packets too: so no           *)
(* acknowledgement is sent that the atomic specification does not send at the same point.         *)
(* TakeSnapshot, the shell's, looks at the disk itself and is left out (MayTakeSnapshot).         *)
(*                                                                                               *)
(* Source: Learner.syncWithLeader (log, then epoch, then ACK); ZOOKEEPER-4643, 4646, 4685; multi-  *)
(* grained specifications of ZooKeeper (Ouyang et al., EuroSys 2025).                            *)
EXTENDS Zab

VARIABLES
  settled,        \* [Server -> disk]: the disk as the last complete atomic step left it
  half            \* [Server -> Seq(Write)]: done since then

settledVars == <<settled, half>>

SettledInit ==
  /\ settled = disk
  /\ half = [i \in Server |-> <<>>]

\* A step of the fine specification makes one write durable at most (a crash: any number).
Wrote(i) == Len(diskQueue'[i]) < Len(diskQueue[i])
CompletesStep(i) ==
  IF state'[i] = "DOWN" THEN TRUE
  ELSE diskQueue'[i] = <<>> \/ EndsRun(Head(diskQueue[i]))

RecordSettled ==
  /\ settled' = [i \in Server |->
       IF state'[i] = "DOWN" THEN disk'[i]
       ELSE IF Wrote(i) /\ CompletesStep(i) THEN disk'[i] ELSE settled[i]]
  /\ half' = [i \in Server |->
       IF state'[i] = "DOWN" THEN <<>>
       ELSE IF ~Wrote(i) THEN half[i]
       ELSE IF CompletesStep(i) THEN <<>> ELSE Append(half[i], Head(diskQueue[i]))]

\* The same specification, without planted faults, with the other grain.
Atomic == INSTANCE Zab WITH
  Granularity <- "atomic",
  Mutant      <- "none",
  disk        <- settled,
  diskQueue   <- [i \in Server |-> half[i] \o diskQueue[i]]

\* R2, the beginning.
StartsAsAtomic == Atomic!Init
\* R2. Each step is a step of the atomic specification, or none.
RefinesAtomic == [][Atomic!Next]_Atomic!vars

\* Of use: a write that is done and not settled (must be reachable).
DebugHalfDone == \A i \in Server : half[i] = <<>>

=============================================================================
