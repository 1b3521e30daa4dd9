------------------------------ MODULE MCRefinement ------------------------------
(* The refinement of one committed log (R1), with MCZab's bounds.                                *)
EXTENDS MCZab, Refinement

=============================================================================
