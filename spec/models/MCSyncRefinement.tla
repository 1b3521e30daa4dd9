--------------------------- MODULE MCSyncRefinement ---------------------------
(* The refinement of atomic synchronization (R2), with MCZab's bounds. A crash may let any first   *)
(* part of the writes under way through.                                                         *)
EXTENDS MCZab, SyncRefinement

SettledSpec ==
  /\ Init
  /\ SettledInit
  /\ [][MCNext /\ RecordSettled]_<<vars, settledVars>>

=============================================================================
