------------------------------- MODULE ZabTrace -------------------------------
(* Is a recorded trace a behaviour of Zab? Each line of the trace is one action of the protocol,  *)
(* with its parameters; the state that the line shows, and what it sent and asked to be written,  *)
(* must be what the action leads to. The trace is accepted if some behaviour matches all lines,   *)
(* that is, if TLC finds TraceNotAccepted violated. `zab validate` writes the module that defines *)
(* the traces (conformance/trace/to-tla.ts) and runs this one.                                    *)
(*                                                                                               *)
(* What no line shows is composed with the next line: a server that was killed has crashed right  *)
(* before its Restart, and taken its last snapshot before that.                                   *)
(* A message of the election may be repeated, or arrive after its receiver has restarted: lines   *)
(* that read such a one are marked (`resent`).                                                    *)
(*                                                                                               *)
(* Safety is part of the step, read in the state after it: a state that breaks a property is      *)
(* never reached, the last one of the trace included (TraceSafety.tla).                           *)
EXTENDS TraceSafety

CONSTANTS
  Nodes,         \* lines, as TraceLine.tla has them: of all traces, what they share only once
  Roots,         \* <<[disks, first], …>>: what the servers found on their disks at first, and the
                 \* nodes that may be a trace's first line then
  Forks,         \* node -> the nodes that may come next, besides the one with the next number
  Ends,          \* the nodes after which the next number is not what comes
  OnlyOne,       \* there is one trace only
  Open,          \* the fields that no line of these traces has: they may be anything
  ExplainLine    \* print what happens at this line of the (only) trace; 0: nothing

VARIABLES
  root,          \* which of Roots
  at,            \* the node whose line is explained next; 0: the trace is over
  shown,         \* [Server -> record]: the variables of each server as its last line has them
  resent         \* the message of this line was under way once more, and has been put there

traceVars == <<root, at, shown, resent>>
AtEnd == at = 0
Line == Nodes[at]
After(n) == (IF n \in Ends THEN {} ELSE {n + 1}) \cup (IF n \in DOMAIN Forks THEN Forks[n] ELSE {})

-----------------------------------------------------------------------------
PersistingActions == {
  "LeaderPersistAcceptedEpoch", "LeaderPersistCurrentEpoch", "LeaderPersistLog",
  "FollowerPersistAcceptedEpoch", "FollowerPersistCurrentEpoch", "FollowerPersistLog"}

\* How many writes the line says are done.
Done == IF Line.action \in PersistingActions THEN Line.what ELSE 0

-----------------------------------------------------------------------------
(* What ZabTrace.cfg puts in place of the KNOBs                                                   *)

TraceInitialDisk(i) == Roots[root].disks[i]
\* (Of another action the line tells nothing: what could have happened instead is asked, too.)
TracePersistRuns(i) == IF Done = 0 THEN {} ELSE {Done} \cap 1..Len(diskQueue[i])
TraceNewValues(l) == IF Line.action = "LeaderPropose" THEN {Line.what.value} ELSE {"another"}
TraceSnapshotPoints(i) ==
  {PlaceOf(history[i], Line.what.snapshotZxid)} \cap 1..lastCommitted[i]
\* A trace does not show how much its leader holds in memory: SNAP may be for anybody behind what it
\* has delivered, DIFF and TRUNC for anybody whom its snapshot does not hide.
TraceSnapChoices(l, p) ==
  IF ZxidLess(p, memoryLog[l].base) THEN {TRUE}
  ELSE IF ZxidLess(p, LastZxid(Prefix(history[l], SnapLength(l)))) THEN BOOLEAN ELSE {FALSE}

\* Messages that are under way and that no line reads are lost, if the line says so, as they may be:
\* else those that a server never reads would be more and more. (One alone stays: a queue of one is
\* seen to have become longer, or shorter, by what NotesMatch wants.)
TraceNotLost(i, j, q) == IF Len(q) > 1 /\ j \in Line.lost THEN <<>> ELSE q

\* What was on the disks at first counts as broadcast, and as epochs that were issued.
TraceHistoryInit ==
  LET disks == Roots[root].disks
      epochs == {disks[i].acceptedEpoch : i \in Server}
  IN SafetyInit(UNION {Range(disks[i].log) : i \in Server}, Max(epochs))

-----------------------------------------------------------------------------
(* The state of server i as a line shows it                                                      *)

CommittedZxid(i) == IF lastCommitted[i] = 0 THEN ZeroZxid ELSE ZxidOf(history[i][lastCommitted[i]])
Shown(i) ==
  [state |-> state[i], zabState |-> zabState[i], leader |-> leaderOf[i], round |-> round[i],
   vote |-> vote[i], acceptedEpoch |-> disk[i].acceptedEpoch,
   currentEpoch |-> disk[i].currentEpoch, lastZxid |-> LastZxid(history[i]),
   lastCommitted |-> CommittedZxid(i), pending |-> Len(diskQueue[i]), newEpoch |-> newEpoch[i],
   ackEpochs |-> ackEpochs[i], ackNewLeader |-> ackNewLeader[i]]

ShownPacket(m) ==
  IF m.type = "SNAP" THEN [type |-> "SNAP", zxid |-> LastZxid(m.snapshot)] ELSE m
ShownPackets(ms) == [n \in 1..Len(ms) |-> ShownPacket(ms[n])]
ShownWrite(w) ==
  CASE w.op = "append"   -> [op |-> w.op, txn |-> w.txn]
    [] w.op = "truncate" -> [op |-> w.op, zxid |-> w.zxid]
    [] w.op = "install"  -> [op |-> w.op, zxid |-> LastZxid(w.snapshot)]
    [] OTHER             -> [op |-> w.op, epoch |-> w.epoch]

\* The last n elements of s.
Last(s, n) == SubSeq(s, Len(s) - n + 1, Len(s))
EndsWith(s, suffix) == IF Len(suffix) > Len(s) THEN FALSE ELSE Last(s, Len(suffix)) = suffix
At(f, j) == IF f = <<>> THEN <<>> ELSE IF j \in DOMAIN f THEN f[j] ELSE <<>>

-----------------------------------------------------------------------------
(* What a line says of the step                                                                  *)

\* The variables that the line shows: those that it names changed, the others did not.
Told(i) == Line.post @@ shown[i]

\* The history of i after its change: up to `keep` as some server had it, then `append`. Without
\* one it is of the same length with the same last entry: no action puts another in its place.
HistoryMatches(i) ==
  LET h == history'[i]
  IN IF "history" \in Open THEN TRUE
     ELSE IF Line.history = <<>>
     THEN Len(h) = Len(history[i]) /\ LastZxid(h) = LastZxid(history[i])
     ELSE LET change == Line.history[1]
              n == Len(h) - Len(change.append)
          IN IF n < 0 THEN FALSE
             ELSE /\ change.keep = (IF n = 0 THEN ZeroZxid ELSE ZxidOf(h[n]))
                  /\ SubSeq(h, n + 1, Len(h)) = change.append

DeliveryMatches(i) ==
  LET d == Line.delivered
      n == lastCommitted'[i]
      \* of an installed snapshot nothing is delivered
      from == {lastCommitted[i], Max({lastCommitted[i], disk[i].snapshot})}
  IN IF n - Len(d) \notin from THEN FALSE
     ELSE \A k \in 1..Len(d) : ZxidOf(history'[i][n - Len(d) + k]) = d[k]

WritesMatch(i) ==
  LET asked == Line.writes
      q == diskQueue'[i]
  IN /\ Len(q) = Len(diskQueue[i]) - Done + Len(asked)
     /\ \A k \in 1..Len(asked) : ShownWrite(q[Len(q) - Len(asked) + k]) = asked[k]

\* On connections that carry anything; what is sent on others is lost and leaves no mark.
PacketsMatch(i) ==
  \A j \in Server :
    LET old == msgs[i][j]
        new == msgs'[i][j]
        expected == At(Line.sent, j)
    IN IF Line.action = "FollowerConnect" /\ j = Line.peer
       THEN ShownPackets(new) = expected
       ELSE IF <<i, j>> \in live' \/ <<j, i>> \in live'
       THEN IF Len(new) /= Len(old) + Len(expected) THEN FALSE
            ELSE IF expected = <<>> THEN TRUE
            ELSE ShownPackets(Last(new, Len(expected))) = expected
       ELSE TRUE

NotesMatch(i) ==
  \A j \in Server :
    LET expected == At(Line.notes, j)
        old == IF expected = <<>> THEN notes[i][j] ELSE TraceNotLost(i, j, notes[i][j])
    IN /\ Len(notes'[i][j]) = Len(old) + Len(expected)
       /\ IF expected = <<>> THEN TRUE ELSE EndsWith(notes'[i][j], expected)

PostMatches(i, told) ==
  IF Open = {} THEN Shown(i)' = told
  ELSE LET is == Shown(i)'
       IN \A f \in DOMAIN told : is[f] = told[f]

\* told: Told(i)
Matches(i, told) ==
  /\ PostMatches(i, told)
  /\ HistoryMatches(i)
  /\ IF "delivered" \in Open THEN TRUE ELSE DeliveryMatches(i)
  /\ WritesMatch(i)
  /\ IF "sent" \in Open THEN TRUE ELSE PacketsMatch(i) /\ NotesMatch(i)

-----------------------------------------------------------------------------
(* What a line says of the event: before the step                                                *)

Reads(j, i) == IF msgs[j][i] = <<>> THEN FALSE ELSE ShownPacket(Head(msgs[j][i])) = Line.what
\* The end of a synchronization: DIFF, TRUNC or SNAP and what follows it were kept aside.
ReadsAll(j, i) ==
  LET q == msgs[j][i]
  IN \E n \in 1..Len(q) : /\ q[n] = Line.what
                          /\ \A k \in 1..(n - 1) : q[k].type /= q[n].type
\* The message that the step took is the one of the line.
\* Of equal ones it is the first: the others may still be read, or lost, so nothing is missed.
TookNote(j, i) ==
  LET n == Len(notes[j][i]) - Len(notes'[j][i])
  IN /\ resent <=> Line.place = 1
     /\ IF n < 1 THEN FALSE
        ELSE notes[j][i][n] = Line.what /\ \A k \in 1..(n - 1) : notes[j][i][k] /= Line.what

FoundOnDisk(i) ==
  LET d == disk[i]
      found == Line.what
      n == d.snapshot
  IN /\ d.acceptedEpoch = found.acceptedEpoch
     /\ d.currentEpoch = found.currentEpoch
     /\ found.snapshotZxid = (IF n = 0 THEN ZeroZxid ELSE ZxidOf(d.log[n]))
     /\ SubSeq(d.log, n + 1, Len(d.log)) = found.log

\* The action that the line names, with its parameters.
Action(name, i, j) ==
  CASE name = "ReceiveNotification"       -> ReceiveNotification(i, j)
    [] name = "DecideLeader"              -> DecideLeader(i)
    [] name = "ResendNotifications"       -> ResendNotifications(i)
    [] name = "FollowerConnect"           -> FollowerConnect(i, j)
    [] name = "LeaderProcessFOLLOWERINFO" -> LeaderProcessFOLLOWERINFO(i, j)
    [] name = "LeaderPersistAcceptedEpoch" -> LeaderPersistAcceptedEpoch(i)
    [] name = "FollowerProcessLEADERINFO" -> FollowerProcessLEADERINFO(i, j)
    [] name = "FollowerPersistAcceptedEpoch" -> FollowerPersistAcceptedEpoch(i)
    [] name = "LeaderProcessACKEPOCH"     -> LeaderProcessACKEPOCH(i, j)
    [] name = "LeaderPersistCurrentEpoch" -> LeaderPersistCurrentEpoch(i)
    [] name = "FollowerProcessNEWLEADER"  -> FollowerProcessNEWLEADER(i, j)
    [] name = "FollowerPersistLog"        -> FollowerPersistLog(i)
    [] name = "FollowerPersistCurrentEpoch" -> FollowerPersistCurrentEpoch(i)
    [] name = "LeaderProcessACKNEWLEADER" -> LeaderProcessACKNEWLEADER(i, j)
    [] name = "FollowerProcessPROPOSALInSync" -> FollowerProcessPROPOSALInSync(i, j)
    [] name = "FollowerProcessCOMMITInSync" -> FollowerProcessCOMMITInSync(i, j)
    [] name = "FollowerProcessUPTODATE"   -> FollowerProcessUPTODATE(i, j)
    [] name = "LeaderPropose"             -> LeaderPropose(i)
    [] name = "LeaderPersistLog"          -> LeaderPersistLog(i)
    [] name = "FollowerProcessPROPOSAL"   -> FollowerProcessPROPOSAL(i, j)
    [] name = "LeaderProcessACK"          -> LeaderProcessACK(i, j)
    [] name = "FollowerProcessCOMMIT"     -> FollowerProcessCOMMIT(i, j)
    [] name = "ObserverProcessINFORM"     -> ObserverProcessINFORM(i, j)
    [] name = "Restart"                   -> Restart(i)
    [] name = "LeaderCloseConnection"     -> LeaderCloseConnection(i, j)
    [] name = "LeaderShutdown"            -> LeaderShutdown(i)
    [] name = "FollowerShutdown"          -> FollowerShutdown(i)

ActionNames == {
  "ReceiveNotification", "DecideLeader", "ResendNotifications",
  "FollowerConnect", "LeaderProcessFOLLOWERINFO", "LeaderPersistAcceptedEpoch",
  "FollowerProcessLEADERINFO", "FollowerPersistAcceptedEpoch", "LeaderProcessACKEPOCH",
  "LeaderPersistCurrentEpoch",
  "FollowerProcessNEWLEADER", "FollowerPersistLog", "FollowerPersistCurrentEpoch",
  "LeaderProcessACKNEWLEADER", "FollowerProcessPROPOSALInSync", "FollowerProcessCOMMITInSync",
  "FollowerProcessUPTODATE",
  "LeaderPropose", "LeaderPersistLog", "FollowerProcessPROPOSAL", "LeaderProcessACK",
  "FollowerProcessCOMMIT", "ObserverProcessINFORM",
  "Restart", "LeaderCloseConnection", "LeaderShutdown", "FollowerShutdown"}

ReadingActions == {
  "LeaderProcessFOLLOWERINFO", "FollowerProcessLEADERINFO", "LeaderProcessACKEPOCH",
  "LeaderProcessACKNEWLEADER", "FollowerProcessPROPOSALInSync", "FollowerProcessCOMMITInSync",
  "FollowerProcessUPTODATE", "FollowerProcessPROPOSAL", "LeaderProcessACK",
  "FollowerProcessCOMMIT", "ObserverProcessINFORM"}

EventFits ==
  CASE Line.action \in ReadingActions             -> Reads(Line.peer, Line.server)
    [] Line.action = "FollowerProcessNEWLEADER"   -> ReadsAll(Line.peer, Line.server)
    [] Line.action = "Restart"                    -> FoundOnDisk(Line.server)
    [] OTHER                                      -> TRUE

-----------------------------------------------------------------------------
(* Steps                                                                                          *)

\* A condition of an action, evaluated as a value: else TLC searches it for ways to assign
\* variables, one level of its stack deeper for each element of a quantifier.
Holds(condition) == IF condition THEN TRUE ELSE FALSE

Safely(i, action, done) ==
  /\ held' = HeldAfter(i, action, done)
  /\ Holds(SafeStep(i, action, done))

\* Prints how far the trace is explained: `zab validate` shows it, and the line after the last.
Advance ==
  /\ at' \in (LET next == After(at) IN IF next = {} THEN {0} ELSE next)
  /\ resent' = FALSE
  /\ UNCHANGED root
  /\ PrintT(<<"explained", at>>)

\* A step that changes nothing here. A packet of a synchronization is kept aside: it is the
\* kept-th of those that are under way.
Unchanged(i, j) ==
  /\ Line.action = "Stutter"
  /\ state[i] /= "DOWN"
  /\ Holds(Line.place > 0 => LET q == msgs[j][i]
                            IN Line.place <= Len(q) /\ ShownPacket(q[Line.place]) = Line.what)
  /\ UNCHANGED <<vars, held>>
  /\ \E told \in {Told(i)} : Holds(Matches(i, told)) /\ shown' = [shown EXCEPT ![i] = told]
  /\ Advance

Explained(i, j) ==
  /\ Line.action \in ActionNames
  /\ Holds(EventFits)
  /\ Action(Line.action, i, j)
  /\ Holds(Line.action = "ReceiveNotification" => TookNote(j, i))
  /\ Holds(Line.action = "LeaderPropose" => history'[i][Len(history'[i])] = Line.what)
  /\ \E told \in {Told(i)} : Holds(Matches(i, told)) /\ shown' = [shown EXCEPT ![i] = told]
  /\ Safely(i, Line.action, Done)
  /\ Advance

\* A killed server leaves no line: this happened before its restart.
CrashBeforeRestart(i) ==
  /\ Line.action = "Restart"
  /\ Crash(i)
  /\ Safely(i, "Crash", 0)
  /\ UNCHANGED traceVars
SnapshotBeforeRestart(i) ==
  /\ Line.action = "Restart"
  /\ TakeSnapshot(i)
  /\ disk'[i].snapshot <= held[i]
  /\ UNCHANGED <<held, traceVars>>

\* The election's connection carried a message once more, or held it while its receiver was down.
\* It may have been sent anew in the meantime, word for word: so this is one more, always. (Once
\* for each such line, and not only where it must be: a choice would double the states for good.)
NoteResent(i, j) ==
  /\ Line.action = "ReceiveNotification"
  /\ Line.place = 1
  /\ ~resent
  /\ resent' = TRUE
  /\ notes' = [notes EXCEPT ![j][i] = <<Line.what>> \o @]
  /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars, held, root, at, shown>>

-----------------------------------------------------------------------------
(* Explanation of a line that nothing explains                                                    *)

Possible(i) == {name \in ActionNames : \E j \in Server : ENABLED Action(name, i, j)}
Explain(i, j) ==
  /\ at = ExplainLine
  /\ PrintT(<<"before", Shown(i)>>)
  /\ PrintT(<<"enabled", Possible(i)>>)
  /\ Line.action \in ActionNames => PrintT(<<"event", EventFits>>)
  /\ IF Line.action = "Stutter" THEN UNCHANGED vars
     ELSE IF Line.action \in ActionNames THEN Action(Line.action, i, j)
     ELSE FALSE
  /\ PrintT(<<"after", Shown(i)', HistoryMatches(i), DeliveryMatches(i), WritesMatch(i),
              PacketsMatch(i), NotesMatch(i)>>)
  /\ held' = HeldAfter(i, Line.action, Done)
  /\ PrintT(<<"safe", SafeStep(i, Line.action, Done)>>)
  /\ FALSE
  /\ UNCHANGED traceVars

TraceInit ==
  /\ root \in 1..Len(Roots)
  /\ at \in Roots[root].first
  /\ InitDown
  /\ shown = [i \in Server |-> [state |-> "DOWN"]]
  /\ held = [i \in Server |-> 0]
  /\ resent = FALSE

TraceNext ==
  /\ ~AtEnd
  \* (Values, not the expressions: what is primed must not mean the next line.)
  /\ \E i \in {Line.server}, j \in {Line.peer} :
       \/ Explained(i, j)
       \/ Unchanged(i, j)
       \/ CrashBeforeRestart(i)
       \/ SnapshotBeforeRestart(i)
       \/ NoteResent(i, j)
       \/ Explain(i, j)

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, held, traceVars>>

\* Violated: accepted. (With several traces in one run the first accepted one must not end it;
\* each is accepted then if its last line was explained.)
TraceNotAccepted == OnlyOne => ~AtEnd

\* Logs are told apart by their length and last entry: of one line, all else in them follows from
\* the trace. (Fingerprinting whole logs would make the run quadratic. What is in the view is
\* also what TLC evaluates for good: values that stayed lazy would grow chains, so the first view
\* has the others, too.)
LogMark(h) == <<Len(h), LastZxid(h)>>
TraceView ==
  <<root, at, resent, IF at \in Roots[root].first THEN <<history, disk, held, shown>> ELSE <<>>,
    [i \in Server |-> <<LogMark(history[i]), LogMark(disk[i].log), disk[i].snapshot,
                        disk[i].acceptedEpoch, disk[i].currentEpoch>>],
    lastCommitted, serverVars, diskQueue, learnerVars, learners, quorumVars, netVars, electionVars>>

=============================================================================
