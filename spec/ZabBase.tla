------------------------------- MODULE ZabBase -------------------------------
(* ZAB 1.0 as Apache ZooKeeper 3.9 runs it: what all phases share.                               *)
(*                                                                                               *)
(* Sources: Junqueira, Reed, Serafini, "Zab: High-performance broadcast for primary-backup       *)
(* systems" (DSN 2011); Apache's Leader, Follower, Learner, LearnerHandler, QuorumPeer and       *)
(* FastLeaderElection. docs/architecture.md has the table of steps: an action here is one row    *)
(* of it, and one step of the reducers in src/core.                                              *)
(*                                                                                               *)
(* Four things are kept apart, as a server can lose them one by one: the log in memory (history), *)
(* the log on disk, the snapshot on disk, and the committed entries still held in memory, which   *)
(* are what a leader synchronizes from (memoryLog).                                               *)
(*                                                                                               *)
(* Abstractions: a history is kept whole, also what is below memoryLog, as what a server has      *)
(* applied is a function of it; a snapshot is the length of a prefix of the log; time is          *)
(* nondeterminism; sessions, requests and pings are left out. Nothing here is bounded: bounds,   *)
(* symmetry and views belong in models/MC*.tla, which replace the operators marked KNOB.         *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Server,         \* every member: sids, or model values where symmetry is wanted
  Observers,      \* the members that never vote and never acknowledge; the others are voters
  NoServer,       \* "nobody": not an element of Server
  ElectionMode,   \* "fle": fast leader election, by notifications; "oracle": one step elects
  Granularity,    \* "fine": one durable write a step; "coarse": with the step that asks for it;
                  \* "atomic": all through the next write that somebody waits for
  SnapshotSync,   \* are committed entries dropped from memory, so that SNAP may be due?
  Mutant          \* "none", or the name of a planted fault (mutants/README.md)

ASSUME Observers \subseteq Server /\ NoServer \notin Server
ASSUME ElectionMode \in {"fle", "oracle"} /\ Granularity \in {"fine", "coarse", "atomic"}
\* (One voter writes both epochs on its own: coarse, the whole of discovery would be one step.)
ASSUME Cardinality(Server \ Observers) = 1 => Granularity /= "coarse"

VARIABLES
  \* ---- one server, volatile
  state,          \* [Server -> ServerState]: LOOKING, FOLLOWING, LEADING, OBSERVING; DOWN = crashed
  zabState,       \* [Server -> ZabState]: the phase
  leaderOf,       \* [Server -> Server or NoServer]: whom it leads or follows; NoServer if LOOKING
  history,        \* [Server -> Seq(Txn)]: the log in memory, also what is not durable yet
  lastCommitted,  \* [Server -> Nat]: how much of history this incarnation delivered (a length)
  memoryLog,      \* [Server -> [base (a zxid), txns]]: committed entries in memory: those after base
  \* ---- one server, durable
  disk,           \* [Server -> [acceptedEpoch, currentEpoch, snapshot (a length), log]]
  diskQueue,      \* [Server -> Seq(Write)]: durable writes asked for and not done; FIFO, volatile
  \* ---- a learner, volatile
  link,           \* [Server -> Server or NoServer]: the learner's end of its connection
  syncCommitted,  \* [Server -> -1..]: committed as the leader told; -1 before NEWLEADER was read
  \* ---- a leader, volatile
  learners,       \* [Server -> [Server -> [phase, zxid]]]: the leader's ends of its connections
  newEpoch,       \* [Server -> Nat]: the epoch it chose; 0: none yet
  epochInfos,     \* [Server -> SUBSET [sid, acceptedEpoch]]: FOLLOWERINFOs read, until it chose
  ackEpochs,      \* [Server -> SUBSET Server]: voters whose ACKEPOCH counts
  ackNewLeader,   \* [Server -> SUBSET Server]: voters that acknowledged NEWLEADER
  acked,          \* [Server -> [Server -> Zxid]]: the newest zxid that each acknowledged
  \* ---- the quorum connections
  live,           \* SUBSET (learner \X leader): both ends open, and ends of one connection
  msgs            \* [Server -> [Server -> Seq(Packet)]]: sent by the first, unread by the second

serverVars  == <<state, zabState, leaderOf>>
committedVars == <<lastCommitted, memoryLog>>
logVars     == <<history, committedVars>>
diskVars    == <<disk, diskQueue>>
learnerVars == <<link, syncCommitted>>
quorumVars  == <<newEpoch, epochInfos, ackEpochs, ackNewLeader, acked>>
netVars     == <<live, msgs>>
baseVars    == <<serverVars, logVars, diskVars, learnerVars, learners, quorumVars, netVars>>

-----------------------------------------------------------------------------
(* Constants of the protocol *)

Voters      == Server \ Observers
ServerState == {"LOOKING", "FOLLOWING", "LEADING", "OBSERVING", "DOWN"}
ZabState    == {"ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"}
\* What a leader knows of a learner: nothing; FOLLOWERINFO read; ACKEPOCH read; synchronized up
\* to NEWLEADER and forwarded to since; NEWLEADER acknowledged on this connection.
LearnerPhase == {"none", "info", "ackepoch", "forwarding", "synced"}

IsQuorum(S) ==
  IF Mutant = "m15_quorum_is_no_majority"
  THEN S \cap Voters /= {}
  ELSE Cardinality(S \cap Voters) * 2 > Cardinality(Voters)

Quorums == {Q \in SUBSET Voters : IsQuorum(Q)}

\* The only voter: a quorum that needs nobody's word. (Not by IsQuorum, which mutants change.)
IsOnlyVoter(l) == Voters = {l}

Max(S) == CHOOSE x \in S : \A y \in S : y <= x
Min(a, b) == IF a < b THEN a ELSE b

-----------------------------------------------------------------------------
(* KNOBs: models and the trace specification replace these; by default nothing is bounded.       *)

MayCrash(i)         == TRUE
MayDisconnect(f, l) == TRUE   \* the connection, or a timeout on it, fails though both ends live
MayTimeOut(l)       == TRUE   \* a leader gives up though a quorum follows it
MayElect(l, Q)      == TRUE   \* the oracle may elect
MayChooseEpoch(e)   == TRUE
MayPropose(l)       == TRUE
MayStartRound(r)    == TRUE
MayGoOn(i)          == TRUE   \* i acts though somebody has to dial, to read or to start again
MayResend(i)        == TRUE
MayTakeSnapshot(i)  == TRUE
SnapshotPoints(i)   == {lastCommitted[i]}   \* how much of history a snapshot may hold
NewValues(l)        == {l}    \* what a proposal may carry
KeptCommitted       == 0      \* how many committed entries stay in memory (Apache: commitLogCount)
Enqueue(q, m)       == Append(q, m)   \* an election message is sent
NotLost(i, j, q)    == q      \* of those under way from i to j, when i sends j another one

-----------------------------------------------------------------------------
(* Transactions, zxids, logs *)

Txn(e, c, v) == [epoch |-> e, counter |-> c, value |-> v]
Zxid(e, c) == <<e, c>>
ZeroZxid == <<0, 0>>
ZxidOf(t) == <<t.epoch, t.counter>>
\* IF, not \/: in an action TLC would try both sides of a disjunction.
ZxidLess(a, b) == IF a[1] = b[1] THEN a[2] < b[2] ELSE a[1] < b[1]
ZxidAtMost(a, b) == IF a[1] = b[1] THEN a[2] <= b[2] ELSE a[1] < b[1]

LastZxid(h) == IF h = <<>> THEN ZeroZxid ELSE ZxidOf(h[Len(h)])
IsPrefix(s, t) == IF Len(s) <= Len(t) THEN s = SubSeq(t, 1, Len(s)) ELSE FALSE
Prefix(h, n) == SubSeq(h, 1, n)
\* How many entries of a log have a zxid of at most z (zxids increase along a log).
CountUpTo(h, z) == Cardinality({n \in 1..Len(h) : ZxidAtMost(ZxidOf(h[n]), z)})
HasZxid(h, z) == \E n \in 1..Len(h) : ZxidOf(h[n]) = z
RECURSIVE Flatten(_)
Flatten(ss) == IF ss = <<>> THEN <<>> ELSE Head(ss) \o Flatten(Tail(ss))

-----------------------------------------------------------------------------
(* The committed log in memory (Apache: ZKDatabase.committedLog, minCommittedLog).               *)

NothingInMemory == [base |-> ZeroZxid, txns |-> <<>>]
\* Nothing of what is in the snapshot s (a sequence) is held, and nothing after it is committed.
MemoryAfter(s) == [base |-> LastZxid(s), txns |-> <<>>]

\* How much of i's history a snapshot of it holds now: what it has delivered, or the snapshot that it
\* was sent as a learner and has not delivered yet.
SnapLength(i) ==
  IF memoryLog[i].txns /= <<>> THEN lastCommitted[i]
  ELSE Max({lastCommitted[i], CountUpTo(history[i], memoryLog[i].base)})

Dropped(n) == IF ~SnapshotSync THEN 0 ELSE IF n > KeptCommitted THEN n - KeptCommitted ELSE 0

\* i, whose history is h, has delivered the first n entries of it: the new ones join the others.
WithDelivered(i, h, n) ==
  LET m == memoryLog[i]
      txns == m.txns \o SubSeq(h, SnapLength(i) + 1, n)
      d == Dropped(Len(txns))
  IN [base |-> IF d = 0 THEN m.base ELSE ZxidOf(txns[d]), txns |-> SubSeq(txns, d + 1, Len(txns))]
DeliverUpTo(i, h, n) ==
  /\ lastCommitted' = [lastCommitted EXCEPT ![i] = n]
  /\ memoryLog' = [memoryLog EXCEPT ![i] = WithDelivered(i, h, n)]

-----------------------------------------------------------------------------
(* Durable writes. `ack`: the server waits for this write, to announce it (see Forget).          *)

AppendWrite(t, ack)         == [op |-> "append", txn |-> t, ack |-> ack]
TruncateWrite(z)            == [op |-> "truncate", zxid |-> z, ack |-> FALSE]
InstallWrite(s)             == [op |-> "install", snapshot |-> s, ack |-> FALSE]
AcceptedEpochWrite(e)       == [op |-> "acceptedEpoch", epoch |-> e, ack |-> TRUE]
\* zxids: acknowledged after NEWLEADER itself, in this order
CurrentEpochWrite(e, zs)    == [op |-> "currentEpoch", epoch |-> e, ack |-> TRUE, zxids |-> zs]
Appends(txns, ack) == [n \in 1..Len(txns) |-> AppendWrite(txns[n], ack)]

EmptyDisk == [acceptedEpoch |-> 0, currentEpoch |-> 0, snapshot |-> 0, log |-> <<>>]
InitiallyDown(i) == FALSE     \* KNOB: who was not started yet
InitialDisk(i) == EmptyDisk   \* KNOB: what the disks hold at first

ApplyWrite(d, w) ==
  CASE w.op = "append"        -> [d EXCEPT !.log = Append(@, w.txn)]
    [] w.op = "truncate"      -> IF Mutant = "m34_truncate_in_memory_only" THEN d
                                 ELSE LET n == CountUpTo(d.log, w.zxid)
                                      IN [d EXCEPT !.log = Prefix(@, n), !.snapshot = Min(@, n)]
    [] w.op = "install"       -> [d EXCEPT !.log = w.snapshot, !.snapshot = Len(w.snapshot)]
    [] w.op = "acceptedEpoch" -> IF Mutant = "m22_one_epoch_variable"
                                 THEN [d EXCEPT !.acceptedEpoch = w.epoch,
                                                !.currentEpoch = w.epoch]
                                 ELSE [d EXCEPT !.acceptedEpoch = w.epoch]
    [] w.op = "currentEpoch"  -> IF Mutant = "m09_current_epoch_not_updated" THEN d
                                 ELSE [d EXCEPT !.currentEpoch = w.epoch]

RECURSIVE ApplyWrites(_, _)
ApplyWrites(d, ws) == IF ws = <<>> THEN d ELSE ApplyWrites(ApplyWrite(d, Head(ws)), Tail(ws))

\* The epochs of i as guards, votes and packets use them: as last asked for.
LastAsked(i, op, stored) ==
  LET asked == {n \in 1..Len(diskQueue[i]) : diskQueue[i][n].op = op}
  IN IF asked = {} \/ Mutant = "mA2_epochs_compared_when_durable" THEN stored
     ELSE diskQueue[i][Max(asked)].epoch
AcceptedEpoch(i) == LastAsked(i, "acceptedEpoch", disk[i].acceptedEpoch)
CurrentEpoch(i)  == LastAsked(i, "currentEpoch", disk[i].currentEpoch)

\* What is still under way to the disk is announced to nobody any more.
Forget(ws) == [n \in 1..Len(ws) |-> [ws[n] EXCEPT !.ack = FALSE]]

LogOps == {"append", "truncate", "install"}

\* Atomic: all through the first write that somebody waits for, or of an epoch; or simply all.
EndsRun(w) == w.ack \/ w.op \notin LogOps
AtomicRun(q) ==
  LET ends == {n \in 1..Len(q) : EndsRun(q[n])}
  IN IF ends = {} THEN Len(q) ELSE CHOOSE n \in ends : \A m \in ends : n <= m

\* KNOB. How many writes one step makes durable.
PersistRuns(i) == IF Granularity = "atomic" THEN {AtomicRun(diskQueue[i])} ELSE {1}

\* KNOB. How many of the writes under way a crash lets through.
CrashPrefixes(i) == 0..Len(diskQueue[i])

\* i asks for durable writes, in this order. Coarse: they are done in the same step, so that
\* diskQueue is always empty, and what is announced when they are durable is announced at once.
Coarse == Granularity = "coarse"
Ask(i, writes) ==
  IF Coarse
  THEN disk' = [disk EXCEPT ![i] = ApplyWrites(@, writes)] /\ UNCHANGED diskQueue
  ELSE diskQueue' = [diskQueue EXCEPT ![i] = @ \o writes] /\ UNCHANGED disk

\* The first k writes of i become durable.
Persist(i, k) ==
  /\ disk' = [disk EXCEPT ![i] = ApplyWrites(@, SubSeq(diskQueue[i], 1, k))]
  /\ diskQueue' = [diskQueue EXCEPT ![i] = SubSeq(@, k + 1, Len(@))]
\* ... and i asks for these. (Not coarse: then nothing is ever under way.)
PersistThenAsk(i, k, writes) ==
  /\ disk' = [disk EXCEPT ![i] = ApplyWrites(@, SubSeq(diskQueue[i], 1, k))]
  /\ diskQueue' = [diskQueue EXCEPT ![i] = SubSeq(@, k + 1, Len(@)) \o writes]

-----------------------------------------------------------------------------
(* Packets, as on the wire (sources: Leader's constants, LearnerHandler).                        *)

InfoTypes == {"FOLLOWERINFO", "OBSERVERINFO"}
SyncTypes == {"DIFF", "TRUNC", "SNAP"}
LearnerInfo(f) == [type |-> IF f \in Observers THEN "OBSERVERINFO" ELSE "FOLLOWERINFO",
                   acceptedEpoch |-> AcceptedEpoch(f)]
LeaderInfo(e)         == [type |-> "LEADERINFO", epoch |-> e]
AckEpoch(e, z)        == [type |-> "ACKEPOCH", currentEpoch |-> e, lastZxid |-> z]
Diff(z)               == [type |-> "DIFF", zxid |-> z]
Trunc(z)              == [type |-> "TRUNC", zxid |-> z]
Snap(s)               == [type |-> "SNAP", snapshot |-> s]
Proposal(t)           == [type |-> "PROPOSAL", txn |-> t]
Commit(z)             == [type |-> "COMMIT", zxid |-> z]
Inform(t)             == [type |-> "INFORM", txn |-> t]
NewLeader(e)          == [type |-> "NEWLEADER", zxid |-> Zxid(e, 0)]
UpToDate(e)           == [type |-> "UPTODATE", zxid |-> Zxid(e, 0)]
Ack(z)                == [type |-> "ACK", zxid |-> z]
Acks(zs) == [n \in 1..Len(zs) |-> Ack(zs[n])]

\* The next unread packet from j to i is of one of these types.
Arrives(j, i, types) ==
  LET q == msgs[j][i] IN IF q = <<>> THEN FALSE ELSE Head(q).type \in types

-----------------------------------------------------------------------------
(* Connections. A learner has one end (link), a leader one for each learner (learners). `live`   *)
(* says that two open ends are the ends of one connection; what is sent while it does not hold   *)
(* is lost. When one side closes, what was under way to it is lost; the other side may read on   *)
(* until it notices. The operators below map a value of msgs or live to the next one.            *)

NoLearner == [phase |-> "none", zxid |-> ZeroZxid]
NoLearners == [f \in Server |-> NoLearner]
IsLive(f, l) == <<f, l>> \in live
\* f dialled l, which has not yet read its FOLLOWERINFO.
IsDialled(f, l) == link[f] = l /\ ~IsLive(f, l) /\ Arrives(f, l, InfoTypes)

Receive(net, j, i) == [net EXCEPT ![j][i] = Tail(@)]
Clear(net, j, i)   == [net EXCEPT ![j][i] = <<>>]
ClearTo(net, i)    == [j \in Server |-> [net[j] EXCEPT ![i] = <<>>]]
\* ms: a function from learners to sequences of packets; only live connections carry them.
SendEach(net, pairs, l, ms) ==
  [net EXCEPT ![l] = [f \in Server |-> IF <<f, l>> \in pairs THEN @[f] \o ms[f] ELSE @[f]]]
SendToLearner(net, l, f, ms) == IF IsLive(f, l) THEN [net EXCEPT ![l][f] = @ \o ms] ELSE net
SendToLeader(net, f, ms) ==
  LET l == link[f]
  IN IF l = NoServer THEN net
     ELSE IF IsLive(f, l) THEN [net EXCEPT ![f][l] = @ \o ms] ELSE net
\* What f sends when the writes that it asks for in this step are durable.
SendWhenDurable(net, f, ms) == IF Coarse THEN SendToLeader(net, f, ms) ELSE net
DeadWith(i) == {p \in live : p[1] = i \/ p[2] = i}

-----------------------------------------------------------------------------
(* A leader's view *)

Learners(l, phases) == {f \in Server : learners[l][f].phase \in phases}
Forwarding(l) == Learners(l, {"forwarding", "synced"})
\* How much of its history a leader tells a learner is committed, while it synchronizes it.
CommittedPoint(l) == IF zabState[l] = "BROADCAST" THEN lastCommitted[l] ELSE Len(history[l])
NothingAcked == [f \in Server |-> ZeroZxid]

\* What i forgets when it leaves its role, except history, disk and delivered state.
LeaveRole(i) ==
  /\ link' = [link EXCEPT ![i] = NoServer]
  /\ syncCommitted' = [syncCommitted EXCEPT ![i] = -1]
  /\ learners' = [learners EXCEPT ![i] = NoLearners]
  /\ newEpoch' = [newEpoch EXCEPT ![i] = 0]
  /\ epochInfos' = [epochInfos EXCEPT ![i] = {}]
  /\ ackEpochs' = [ackEpochs EXCEPT ![i] = {}]
  /\ ackNewLeader' = [ackNewLeader EXCEPT ![i] = {}]
  /\ acked' = IF Mutant = "m23_old_acks_counted" THEN acked
              ELSE [acked EXCEPT ![i] = NothingAcked]
  /\ live' = live \ DeadWith(i)

-----------------------------------------------------------------------------
BaseInit(initial) ==
  /\ state = [i \in Server |-> IF InitiallyDown(i) THEN "DOWN" ELSE initial]
  /\ zabState = [i \in Server |-> "ELECTION"]
  /\ leaderOf = [i \in Server |-> NoServer]
  /\ history = [i \in Server |-> <<>>]
  /\ lastCommitted = [i \in Server |-> 0]
  /\ memoryLog = [i \in Server |-> NothingInMemory]
  /\ disk = [i \in Server |-> InitialDisk(i)]
  /\ diskQueue = [i \in Server |-> <<>>]
  /\ link = [i \in Server |-> NoServer]
  /\ syncCommitted = [i \in Server |-> -1]
  /\ learners = [i \in Server |-> NoLearners]
  /\ newEpoch = [i \in Server |-> 0]
  /\ epochInfos = [i \in Server |-> {}]
  /\ ackEpochs = [i \in Server |-> {}]
  /\ ackNewLeader = [i \in Server |-> {}]
  /\ acked = [i \in Server |-> NothingAcked]
  /\ live = {}
  /\ msgs = [i \in Server |-> [j \in Server |-> <<>>]]

=============================================================================
