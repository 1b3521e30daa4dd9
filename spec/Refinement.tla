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

\* R1. Source: DSN 2011, section III. Safety, and that nobody is behind the log for ever.
StartsAsCommittedLog == Log!Init
RefinesCommittedLog == [][Log!Next]_Log!logSpecVars
DeliversCommittedLog == Log!Progress

=============================================================================
