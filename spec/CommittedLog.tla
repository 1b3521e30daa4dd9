----------------------------- MODULE CommittedLog -----------------------------
(* What ZAB is for, without servers that talk: one committed log. Primaries follow one another;   *)
(* each proposes in its own order; the log takes up a first part of what a primary proposed, and  *)
(* nothing of it once something of a later primary is in; servers deliver first parts of the log. *)
(*                                                                                               *)
(* Source: "primary order atomic broadcast", Junqueira, Reed, Serafini, DSN 2011, section III:    *)
(* integrity, total order, agreement, local and global primary order in one machine. Zab refines  *)
(* it (R1, Refinement.tla).                                                                      *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANT Server

VARIABLES
  proposed,       \* [primaries so far -> Seq(Txn)]: what each has proposed, in its order
  log,            \* Seq(Txn): what is committed
  up,             \* [Server -> BOOLEAN]: it runs
  delivered       \* [Server -> Seq(Txn)]: what each has delivered since it was started

logSpecVars == <<proposed, log, up, delivered>>

\* A primary is named by the field epoch of its transactions; later primaries have greater names.
Extends(s, t) == IF Len(s) <= Len(t) THEN s = SubSeq(t, 1, Len(s)) ELSE FALSE
ProposedBy(p, e) == IF e \in DOMAIN p THEN p[e] ELSE <<>>

\* s takes primaries in their order, and of each what it proposed, in order, from the first.
InPrimaryOrder(s, p) ==
  \A n \in 1..Len(s) :
    LET e == s[n].epoch
        k == Cardinality({m \in 1..n : s[m].epoch = e})
    IN /\ k <= Len(ProposedBy(p, e))
       /\ s[n] = ProposedBy(p, e)[k]
       /\ n > 1 => s[n - 1].epoch <= e

-----------------------------------------------------------------------------
Init ==
  /\ proposed = [e \in {} |-> <<>>]
  /\ log = <<>>
  /\ up \in [Server -> BOOLEAN]
  /\ delivered = [i \in Server |-> <<>>]

\* A primary proposes, perhaps one that has long been replaced and does not know.
Propose ==
  /\ \E e \in DOMAIN proposed' :
       /\ Len(proposed'[e]) = Len(ProposedBy(proposed, e)) + 1
       /\ Extends(ProposedBy(proposed, e), proposed'[e])
       /\ DOMAIN proposed' = DOMAIN proposed \cup {e}
       /\ \A d \in DOMAIN proposed \ {e} : proposed'[d] = proposed[d]
  /\ UNCHANGED <<log, up, delivered>>

\* i delivers what is committed, or commits more by being the first to deliver it.
Deliver(i) ==
  /\ up[i]
  /\ delivered'[i] /= delivered[i]
  /\ Extends(delivered[i], delivered'[i])
  /\ \A j \in Server \ {i} : delivered'[j] = delivered[j]
  /\ IF Len(delivered'[i]) <= Len(log)
     THEN /\ Extends(delivered'[i], log)
          /\ UNCHANGED log
     ELSE /\ Extends(log, delivered'[i])
          /\ InPrimaryOrder(delivered'[i], proposed)
          /\ log' = delivered'[i]
  /\ UNCHANGED <<proposed, up>>

\* The log does not go away with a server that stops.
Stop(i) ==
  /\ up[i]
  /\ up' = [up EXCEPT ![i] = FALSE]
  /\ delivered' = [delivered EXCEPT ![i] = <<>>]
  /\ UNCHANGED <<proposed, log>>

\* A server that starts may know at once that some of the log is committed (a snapshot of it).
Start(i) ==
  /\ ~up[i]
  /\ up' = [up EXCEPT ![i] = TRUE]
  /\ Extends(delivered'[i], log)
  /\ \A j \in Server \ {i} : delivered'[j] = delivered[j]
  /\ UNCHANGED <<proposed, log>>

Next ==
  \/ Propose
  \/ \E i \in Server : Deliver(i)
  \/ \E i \in Server : Stop(i)
  \/ \E i \in Server : Start(i)

Spec == Init /\ [][Next]_logSpecVars

\* Weak fairness of delivering what is in the log already, said without ENABLED (which a
\* refinement mapping does not go through): nobody is behind, or down, for ever.
Progress == \A i \in Server : []<>(up[i] /\ delivered[i] = log)

FairSpec == Spec /\ Progress

=============================================================================
