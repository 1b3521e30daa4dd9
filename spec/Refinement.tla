------------------------------ MODULE Refinement ------------------------------
(* R1: ZAB refines one committed log. The mapping reads the history variables and what each       *)
(* server has delivered; nothing of how they talk.                                               *)
EXTENDS Zab

\* The n-th proposal of each epoch (RecordBroadcast numbers them from 1).
ProposalsOf(e) ==
  LET mine == {b \in broadcast : b.txn.epoch = e}
  IN [n \in 1..Cardinality(mine) |-> (CHOOSE b \in mine : b.n = n).txn]

Log == INSTANCE CommittedLog WITH
  proposed  <- [e \in {b.txn.epoch : b \in broadcast} |-> ProposalsOf(e)],
  log       <- committedLog,
  up        <- [i \in Server |-> Up(i)],
  \* Min: a mutant may count as delivered what it does not have
  delivered <- [i \in Server |-> Prefix(history[i], Min(lastCommitted[i], Len(history[i])))]

\* R1, the beginning. Source of all three: DSN 2011, section III.
StartsAsCommittedLog == Log!Init
\* R1. Each step of ZAB is a step of the committed log, or none.
RefinesCommittedLog == [][Log!Next]_Log!logSpecVars
\* R1, its liveness: nobody is behind the log, or down, for ever.
DeliversCommittedLog == Log!Progress

=============================================================================
