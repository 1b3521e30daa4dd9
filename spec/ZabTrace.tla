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
(* never reached, the last one of the trace included. What is checked for each line costs at most *)
(* a walk over one log, so that the whole is linear in lines times log.                           *)
EXTENDS Zab, TLC

CONSTANTS
  Traces,        \* <<trace, …>>, a trace being <<line, …>>: see conformance/mapping.md
  InitialDisks,  \* for each trace, [Server -> disk]: what the servers found at their first start
  ExplainLine    \* print what happens at this line of the (only) trace; 0: nothing

VARIABLES trace, line

traceVars == <<trace, line>>
Line == Traces[trace][line]
AtEnd == line > Len(Traces[trace])

-----------------------------------------------------------------------------
(* What ZabTrace.cfg puts in place of the KNOBs                                                   *)

TraceInitialDisk(i) == InitialDisks[trace][i]
TracePersistRuns(i) == {Line.durable} \cap 1..Len(diskQueue[i])
TraceNewValues(l) == {Line.value}
TraceSnapshotPoints(i) == 1..lastCommitted[i]

\* What was on the disks at first counts as broadcast, and as epochs that were issued.
TraceHistoryInit ==
  LET disks == InitialDisks[trace]
      old == UNION {Range(disks[i].log) : i \in Server}
      epochs == {disks[i].acceptedEpoch : i \in Server}
  IN /\ established = {}
     /\ broadcast = {[n |-> 0, txn |-> t, delivered |-> <<>>] : t \in old}
     /\ committedLog = <<>>
     /\ issuedEpoch = Max(epochs)
     /\ count = [crash |-> 0, disconnect |-> 0]

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
Ends(s, suffix) == IF Len(suffix) > Len(s) THEN FALSE ELSE Last(s, Len(suffix)) = suffix
At(f, j) == IF j \in DOMAIN f THEN f[j] ELSE <<>>

-----------------------------------------------------------------------------
(* What a line says of the step                                                                  *)

\* The history of i after its change: up to `keep` as some server had it, then `append`.
HistoryMatches(i) ==
  IF ~Line.changed THEN UNCHANGED history
  ELSE LET h == history'[i]
           n == Len(h) - Len(Line.append)
       IN IF n < 0 THEN FALSE
          ELSE /\ Line.keep = (IF n = 0 THEN ZeroZxid ELSE ZxidOf(h[n]))
               /\ SubSeq(h, n + 1, Len(h)) = Line.append

DeliveryMatches(i) ==
  LET d == Line.delivered
      n == lastCommitted'[i]
  IN IF Len(d) > n THEN FALSE
     ELSE \A k \in 1..Len(d) : ZxidOf(history'[i][n - Len(d) + k]) = d[k]

WritesMatch(i) ==
  LET asked == Line.writes
      q == diskQueue'[i]
  IN /\ Len(q) = Len(diskQueue[i]) - Line.durable + Len(asked)
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
            ELSE ShownPackets(Last(new, Len(expected))) = expected
       ELSE TRUE

NotesMatch(i) ==
  \A j \in Server :
    LET expected == At(Line.notes, j)
    IN /\ Len(notes'[i][j]) = Len(notes[i][j]) + Len(expected)
       /\ Ends(notes'[i][j], expected)

Matches(i) ==
  /\ Shown(i)' = Line.post
  /\ HistoryMatches(i)
  /\ DeliveryMatches(i)
  /\ WritesMatch(i)
  /\ PacketsMatch(i)
  /\ NotesMatch(i)

-----------------------------------------------------------------------------
(* What a line says of the event: before the step                                                *)

Reads(j, i) == IF msgs[j][i] = <<>> THEN FALSE ELSE ShownPacket(Head(msgs[j][i])) = Line.packet
\* The end of a synchronization: DIFF, TRUNC or SNAP and what follows it were kept aside.
ReadsAll(j, i) ==
  LET q == msgs[j][i]
  IN \E n \in 1..Len(q) : /\ q[n] = Line.packet
                          /\ \A k \in 1..(n - 1) : q[k].type /= q[n].type
\* The message that the step took is the one of the line.
TookNote(j, i) ==
  LET n == Len(notes[j][i]) - Len(notes'[j][i])
  IN IF n < 1 THEN FALSE ELSE notes[j][i][n] = Line.note

FoundOnDisk(i) ==
  LET d == disk[i]
      found == Line.disk
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
(* Properties, each where a step of server i can break it, in the state after the step            *)

\* P1, as far as one server goes: indices are in range.
InRange(i) == lastCommitted[i] <= Len(history[i]) /\ disk[i].snapshot <= Len(disk[i].log)
\* P3
EpochsInOrder(i) == /\ disk[i].currentEpoch <= disk[i].acceptedEpoch
                    /\ disk[i].acceptedEpoch <= issuedEpoch
\* P4, of entries that are new
NewEntriesIncrease(i) ==
  LET old == Len(history[i])
      h == history'[i]
      from == IF Len(h) = old + 1 THEN old ELSE 1
  IN \A n \in {k \in from..(Len(h) - 1) : k > 0} : ZxidLess(ZxidOf(h[n]), ZxidOf(h[n + 1]))
\* P6, P8, P15: of what is committed, when it grows
CommittedIsSound ==
  /\ \A n \in (Len(committedLog) + 1)..Len(committedLog') :
       LET t == committedLog'[n]
       IN /\ \E b \in broadcast' : b.txn = t
          \* P10, P11: whoever broadcast in a later epoch had delivered it
          /\ \A b \in broadcast' : b.n > 0 /\ b.txn.epoch > t.epoch => n <= Len(b.delivered)
  /\ CommittedIsDurable'
DeliveredAgrees(i) == IsPrefix(DeliveredBy(i), committedLog)
\* P11 at the time of the broadcast, against all that anybody has delivered
BroadcastIsPrimary(i) ==
  \A n \in (lastCommitted[i] + 1)..Len(committedLog) : committedLog[n].epoch >= newEpoch[i]

LogGrows(i) ==
  LET old == disk[i].log
      new == disk'[i].log
  IN IF Len(new) < Len(old) THEN FALSE ELSE SubSeq(new, 1, Len(old)) = old

SafeStep(i) ==
  /\ InRange(i)'
  /\ EpochsInOrder(i)'
  /\ IF disk'[i] = disk[i] THEN TRUE
     ELSE /\ disk'[i].acceptedEpoch >= disk[i].acceptedEpoch        \* A1
          /\ disk'[i].currentEpoch >= disk[i].currentEpoch
          /\ LogGrows(i) \/ CommittedIsDurable'                     \* P15, A3
          /\ IF disk'[i].currentEpoch = disk[i].currentEpoch THEN TRUE
             ELSE \A r \in established' : disk'[i].currentEpoch = r.epoch =>
                    IsPrefix(r.initial, disk'[i].log)               \* A6
  /\ IF history'[i] = history[i] THEN TRUE ELSE NewEntriesIncrease(i)
  /\ IF lastCommitted'[i] = lastCommitted[i] THEN TRUE
     ELSE /\ DeliveredAgrees(i)'
          /\ lastCommitted'[i] > lastCommitted[i] \/ Line.action = "Restart"   \* A2
  /\ IF committedLog' = committedLog THEN TRUE ELSE CommittedIsSound
  /\ IF established' = established THEN TRUE
     ELSE Leadership' /\ InitialHistoriesExtend' /\ LeaderCompleteness' /\ OneLeaderCanCommit'
  /\ IF broadcast' = broadcast THEN TRUE ELSE BroadcastIsPrimary(i)

-----------------------------------------------------------------------------
(* Steps                                                                                          *)

\* A condition of an action, evaluated as a value: else TLC searches it for ways to assign
\* variables, one level of its stack deeper for each element of a quantifier.
Holds(condition) == IF condition THEN TRUE ELSE FALSE

\* Prints how far the trace is explained: `zab validate` shows it, and the line after the last.
Advance ==
  /\ line' = line + 1
  /\ UNCHANGED trace
  /\ IF TLCGet(trace) >= line THEN TRUE
     ELSE TLCSet(trace, line) /\ PrintT(<<"explained", trace, line>>)

\* A step that changes nothing here. A packet of a synchronization is kept aside: it is the
\* kept-th of those that are under way.
Unchanged(i, j) ==
  /\ Line.action = "Stutter"
  /\ state[i] /= "DOWN"
  /\ Holds(Line.kept > 0 => LET q == msgs[j][i]
                            IN Line.kept <= Len(q) /\ ShownPacket(q[Line.kept]) = Line.packet)
  /\ UNCHANGED vars
  /\ Holds(Matches(i))
  /\ Advance

Explained(i, j) ==
  /\ Line.action \in ActionNames
  /\ Holds(EventFits)
  /\ Action(Line.action, i, j)
  /\ Holds(Line.action = "ReceiveNotification" => TookNote(j, i))
  /\ Holds(Matches(i))
  /\ Holds(SafeStep(i))
  /\ Advance

\* A killed server leaves no line: this happened before its restart.
CrashBeforeRestart(i) ==
  /\ Line.action = "Restart"
  /\ Crash(i)
  /\ Holds(CommittedIsDurable')
  /\ UNCHANGED traceVars
SnapshotBeforeRestart(i) ==
  /\ Line.action = "Restart"
  /\ TakeSnapshot(i)
  /\ ZxidOf(disk'[i].log[disk'[i].snapshot]) = Line.disk.snapshotZxid
  /\ UNCHANGED traceVars

\* The election's connection carried a message once more, or held it while its receiver was down;
\* it may have been sent anew in the meantime, word for word.
NoteResent(i, j) ==
  /\ Line.resent
  /\ Cardinality({n \in 1..Len(notes[j][i]) : notes[j][i][n] = Line.note}) < 2
  /\ notes' = [notes EXCEPT ![j][i] = <<Line.note>> \o @]
  /\ UNCHANGED <<round, vote, recvset, outOfElection, phaseVars, traceVars>>

-----------------------------------------------------------------------------
(* Explanation of a line that nothing explains                                                    *)

Possible(i) == {name \in ActionNames : \E j \in Server : ENABLED Action(name, i, j)}
Explain(i, j) ==
  /\ line = ExplainLine
  /\ PrintT(<<"before", Shown(i)>>)
  /\ PrintT(<<"enabled", Possible(i)>>)
  /\ Line.action \in ActionNames => PrintT(<<"event", EventFits>>)
  /\ IF Line.action = "Stutter" THEN UNCHANGED vars
     ELSE IF Line.action \in ActionNames THEN Action(Line.action, i, j)
     ELSE FALSE
  /\ PrintT(<<"after", Shown(i)', HistoryMatches(i), DeliveryMatches(i), WritesMatch(i),
              PacketsMatch(i), NotesMatch(i)>>)
  /\ PrintT(<<"safe", SafeStep(i)>>)
  /\ FALSE
  /\ UNCHANGED traceVars

TraceInit ==
  /\ trace \in 1..Len(Traces)
  /\ line = 1
  /\ InitDown
  /\ TLCSet(trace, 0)

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

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, traceVars>>

\* Violated: accepted. (With several traces in one run the first accepted one must not end it;
\* each is accepted then if its last line was explained.)
TraceNotAccepted == Len(Traces) > 1 \/ ~AtEnd

\* Logs are told apart by their length and last entry: of one line, all else in them follows from
\* the trace. (Fingerprinting whole logs would make the run quadratic. What is in the view is
\* also what TLC evaluates for good: values that stayed lazy would grow chains, so the first view
\* has the logs, too.)
LogMark(h) == <<Len(h), LastZxid(h)>>
TraceView ==
  <<trace, line, IF line = 1 THEN <<history, disk>> ELSE <<>>,
    [i \in Server |-> <<LogMark(history[i]), LogMark(disk[i].log), disk[i].snapshot,
                        disk[i].acceptedEpoch, disk[i].currentEpoch>>],
    lastCommitted, serverVars, diskQueue, learnerVars, learners, quorumVars, netVars, electionVars>>

=============================================================================
