------------------------- MODULE MCElectionRefinement -------------------------
(* The refinement of a leader oracle (R3), with MCElection's bounds: election alone.             *)
EXTENDS MCElection, ElectionRefinement

OracleVars == <<vars, electionHistory>>

RecordedSpec ==
  /\ Prepared
  /\ ElectionHistoryInit
  /\ [][ElectionNext /\ RecordElection]_OracleVars

=============================================================================
