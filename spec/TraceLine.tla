------------------------------- MODULE TraceLine -------------------------------
(* One line of a trace, as conformance/trace/to-tla.ts writes it. conformance/mapping.md says what *)
(* each field stands for.                                                                        *)
EXTENDS Integers, Sequences, TLC

\* server, action, peer: who did what with whom. "Stutter": nothing that the model has.
\* what: what the action read: a packet, a notification, a transaction, a disk, or how many
\*   writes were done. Anything else has a number here.
\* place: where, among the packets under way, the one is that is kept aside; of a notification, 1
\*   if it is read again, or was sent before its receiver restarted. Else 0.
\* post: the server's variables that are not as after its line before (`pending` always).
\* history: how its log changed, as a sequence of none or one of [keep, append].
\* delivered, writes: zxids delivered, durable writes asked for, in order.
\* sent, notes: by receiver, what was sent to it; <<>>: nothing to anybody.
\* lost: the receivers of notes to whom none of those under way so far is read any more.
\* (No parameter may have the name of a variable of ZabTrace: TLC would take all lines for
\* expressions of states, and evaluate all of them again each time it looks at one.)
L(server, action, peer, what, place, post, change, delivered, writes, sent, mail, gone) ==
  [server |-> server, action |-> action, peer |-> peer, what |-> what, place |-> place,
   post |-> post, history |-> change, delivered |-> delivered, writes |-> writes,
   sent |-> sent, notes |-> mail, lost |-> gone]

T(e, c, v) == [epoch |-> e, counter |-> c, value |-> v]

=============================================================================
