------------------------------- MODULE History -------------------------------
(* History variables: what was ever done, by whom. Properties read them; no guard of the         *)
(* protocol does. Actions end with one of the Record… operators or UNCHANGED historyVars.        *)
EXTENDS ZabBase

VARIABLES
  established,    \* SUBSET [n, epoch, initial]: every establishment, the n-th of its epoch, with the
                  \* leader's log. (Not who it was: states that differ in that alone are alike.)
  broadcast,      \* SUBSET [n, txn, delivered]: every proposal made (not re-sent): the n-th of its
                  \* epoch, and what its leader had delivered by then
  committedLog,   \* Seq(Txn): the longest sequence that anybody ever delivered
  issuedEpoch,    \* Nat: the highest epoch that a leader ever chose
  count           \* [crash, disconnect]: failures so far, for bounds only

historyVars == <<established, broadcast, committedLog, issuedEpoch, count>>

HistoryInit ==
  /\ established = {}
  /\ broadcast = {}
  /\ committedLog = <<>>
  /\ issuedEpoch = 0
  /\ count = [crash |-> 0, disconnect |-> 0]

\* A server delivered the first n entries of h. A sequence that contradicts committedLog does not
\* replace it: the invariant Agreement then sees the two.
Delivered(h, n) ==
  IF n > Len(committedLog) /\ IsPrefix(committedLog, Prefix(h, n))
  THEN Prefix(h, n) ELSE committedLog

RecordDelivery(h, n) ==
  /\ committedLog' = Delivered(h, n)
  /\ UNCHANGED <<established, broadcast, issuedEpoch, count>>

RecordEstablished(l) ==
  /\ LET e == newEpoch[l]
         n == Cardinality({r \in established : r.epoch = e}) + 1
     IN established' = established \cup {[n |-> n, epoch |-> e, initial |-> history[l]]}
  /\ committedLog' = Delivered(history[l], Len(history[l]))
  /\ UNCHANGED <<broadcast, issuedEpoch, count>>

RecordBroadcast(l, t) ==
  LET n == Cardinality({b \in broadcast : b.txn.epoch = t.epoch}) + 1
  IN /\ broadcast' = broadcast \cup
          {[n |-> n, txn |-> t, delivered |-> Prefix(history[l], lastCommitted[l])]}
     /\ UNCHANGED <<established, committedLog, issuedEpoch, count>>

RecordIssued(e) ==
  /\ issuedEpoch' = IF e > issuedEpoch THEN e ELSE issuedEpoch
  /\ UNCHANGED <<established, broadcast, committedLog, count>>

RecordFault(kind) ==
  /\ count' = [count EXCEPT ![kind] = @ + 1]
  /\ UNCHANGED <<established, broadcast, committedLog, issuedEpoch>>

=============================================================================
