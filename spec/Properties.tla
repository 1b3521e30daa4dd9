------------------------------ MODULE Properties ------------------------------
(* What must hold. Each property: its number in the project's list, and its source. "DSN" is      *)
(* Junqueira, Reed, Serafini, DSN 2011; "tech report" its longer version, YL-2010-007.            *)
EXTENDS Faults

Up(i) == state[i] /= "DOWN"
DeliveredBy(i) == Prefix(history[i], lastCommitted[i])
Range(s) == {s[n] : n \in 1..Len(s)}
\* Every sequence of deliveries: those of each server now, and the longest that anybody ever made.
Deliveries == {DeliveredBy(i) : i \in Server} \cup {committedLog}
Comparable(s, t) == IsPrefix(s, t) \/ IsPrefix(t, s)
\* All of them are first parts of one sequence, which has nothing twice. So it is unless Agreement or
\* Integrity is violated; what is said of all deliveries, and of what comes before what in them, then
\* holds if it holds of that one sequence.
OneSequence ==
  /\ \A i \in Server : IsPrefix(DeliveredBy(i), committedLog)
  /\ Cardinality(Range(committedLog)) = Len(committedLog)
LongestDeliveries == IF OneSequence THEN {committedLog} ELSE Deliveries
OfEpoch(s, e) == LET Is(t) == t.epoch = e IN SelectSeq(s, Is)
Established(l) == state[l] = "LEADING" /\ zabState[l] = "BROADCAST"
\* What a quorum really is, whatever a mutant makes of IsQuorum.
Majority(S) == Cardinality(S \cap Voters) * 2 > Cardinality(Voters)

-----------------------------------------------------------------------------
(* P1 TypeOK                                                                                     *)

IsZxid(z) == DOMAIN z = {1, 2} /\ z[1] \in Int /\ z[2] \in Int
IsTxn(t) == t.epoch \in Nat /\ t.counter \in Nat \ {0}
IsLog(h) == \A n \in 1..Len(h) : IsTxn(h[n])

TypeOK ==
  /\ state \in [Server -> ServerState]
  /\ zabState \in [Server -> ZabState]
  /\ leaderOf \in [Server -> Server \cup {NoServer}]
  /\ \A i \in Server :
       /\ IsLog(history[i])
       /\ IF disk[i].log = history[i] THEN TRUE ELSE IsLog(disk[i].log)
       /\ lastCommitted[i] \in 0..Len(history[i])
       /\ IF memoryLog[i] = NothingInMemory THEN TRUE
          ELSE IsZxid(memoryLog[i].base) /\ IsLog(memoryLog[i].txns)
       /\ disk[i].snapshot \in 0..Len(disk[i].log)
       /\ disk[i].acceptedEpoch \in Nat /\ disk[i].currentEpoch \in Nat
       /\ \A n \in 1..Len(diskQueue[i]) :
            diskQueue[i][n].op \in LogOps \cup {"acceptedEpoch", "currentEpoch"}
       /\ state[i] \in {"LOOKING", "DOWN"} <=> leaderOf[i] = NoServer
       /\ state[i] \in {"LOOKING", "DOWN"} <=> zabState[i] = "ELECTION"
       /\ state[i] = "LEADING" <=> leaderOf[i] = i
       /\ state[i] = "OBSERVING" => i \in Observers
       /\ IF learners[i] = NoLearners THEN TRUE
          ELSE \A j \in Server : /\ learners[i][j].phase \in LearnerPhase
                                 /\ IsZxid(learners[i][j].zxid)
       /\ IF acked[i] = NothingAcked THEN TRUE ELSE \A j \in Server : IsZxid(acked[i][j])
  /\ link \in [Server -> Server \cup {NoServer}]
  /\ \A f \in Server : link[f] \in {NoServer, leaderOf[f]} /\ link[f] /= f
  /\ syncCommitted \in [Server -> Nat \cup {-1}]
  /\ newEpoch \in [Server -> Nat]
  /\ ackEpochs \in [Server -> SUBSET Voters]
  /\ ackNewLeader \in [Server -> SUBSET Voters]
  /\ live \subseteq Server \X Server
  /\ \A p \in live : link[p[1]] = p[2] /\ learners[p[2]][p[1]].phase /= "none"

-----------------------------------------------------------------------------
(* State properties                                                                              *)

\* P2. One established leader per epoch, ever, with one initial history (DSN: "primary"): no epoch is
\* established twice, not even by the same server.
Leadership == \A a, b \in established : a.epoch = b.epoch => a = b

\* P3. currentEpoch <= acceptedEpoch <= the highest epoch ever issued, on every disk.
EpochOrder ==
  \A i \in Server : /\ disk[i].currentEpoch <= disk[i].acceptedEpoch
                    /\ disk[i].acceptedEpoch <= issuedEpoch

\* P4. Zxids in a log strictly increase.
Increasing(h) == \A n \in 1..(Len(h) - 1) : ZxidLess(ZxidOf(h[n]), ZxidOf(h[n + 1]))
LogsIncrease ==
  \A i \in Server : /\ Increasing(history[i])
                    /\ IF disk[i].log = history[i] THEN TRUE ELSE Increasing(disk[i].log)

\* P5. Equal zxid: equal transaction, and equal logs before it.
\* (IF: of two logs one of which is a prefix of the other nothing else need be looked at.)
MatchesLog(h, other) ==
  IF IsPrefix(h, other) THEN TRUE
  ELSE \A n \in 1..Len(h) : HasZxid(other, ZxidOf(h[n])) => IsPrefix(Prefix(h, n), other)
LogMatching ==
  LET logs == {history[i] : i \in Server} \cup {disk[i].log : i \in Server}
  IN IF Cardinality(logs) = 1 THEN TRUE ELSE \A h, other \in logs : MatchesLog(h, other)

\* P6. Integrity (DSN): what is delivered was broadcast, and is delivered once.
Integrity ==
  LET made == {b.txn : b \in broadcast}
  IN \A d \in LongestDeliveries :
       IF d = <<>> THEN TRUE ELSE Range(d) \subseteq made /\ Cardinality(Range(d)) = Len(d)

\* P8. Agreement (DSN): whatever two servers, or incarnations of them, ever delivered, one is a
\* prefix of the other. committedLog is the longest that was ever delivered.
Agreement == \A i \in Server : IsPrefix(DeliveredBy(i), committedLog)
PrefixConsistency == LET all == LongestDeliveries IN \A d, other \in all : Comparable(d, other)

\* P7. Total order (DSN): if somebody, the leader too, delivers a before b, then whoever delivers
\* b delivers a before b. For all pairs, and logs of every length.
Before(d, a, b) == \E m, n \in 1..Len(d) : m < n /\ d[m] = a /\ d[n] = b
OrderedAs(d, other) ==
  \A m, n \in 1..Len(d) : m < n /\ d[n] \in Range(other) => Before(other, d[m], d[n])
TotalOrder ==
  LET all == LongestDeliveries
      pairs == {d \in all : Len(d) >= 2}   \* these have an a before a b
  IN \A d \in pairs : \A other \in all : OrderedAs(d, other)

\* P9. Local primary order (DSN): if a leader broadcasts a before b, whoever delivers b delivers
\* a before b. For all pairs (Apache's Zab.tla says "exists").
LocalPrimaryOrder ==
  LET all == LongestDeliveries
      later == {b \in broadcast : b.n > 1}
  IN \A b \in later : \A a \in broadcast : a.txn.epoch = b.txn.epoch /\ a.n < b.n =>
       \A d \in all : b.txn \in Range(d) => Before(d, a.txn, b.txn)

\* P10. Global primary order (DSN): of two leaders, what the earlier broadcast comes first.
GlobalPrimaryOrder ==
  \A d \in LongestDeliveries : \A n \in 2..Len(d) : d[n - 1].epoch <= d[n].epoch

\* P11. Primary integrity (DSN), for each broadcast: whatever of an earlier epoch is delivered by
\* anybody, ever, the leader had delivered before it broadcast.
PrimaryIntegrity ==
  \A b \in broadcast : \A n \in 1..Len(committedLog) :
    committedLog[n].epoch < b.txn.epoch => committedLog[n] \in Range(b.delivered)

\* P12. The initial history of an established epoch is a prefix of every later one's.
InitialHistoriesExtend ==
  \A a, b \in established : a.epoch < b.epoch => IsPrefix(a.initial, b.initial)

\* P13. A leader delivers its initial history before it broadcasts: so it is when it is established,
\* and so it was at each broadcast.
DeliversBeforeBroadcast ==
  \A r \in established :
    /\ \A l \in Server :
         Established(l) /\ newEpoch[l] = r.epoch => lastCommitted[l] >= Len(r.initial)
    /\ \A b \in broadcast : b.txn.epoch = r.epoch => IsPrefix(r.initial, b.delivered)

\* P14. What two servers hold of one epoch: one is a prefix of the other, of what was broadcast.
\* (Where one is a prefix of the other, so are their parts.)
EpochsMatch ==
  LET all == {history[i] : i \in Server}
  IN IF Cardinality(all) = 1 THEN TRUE
     ELSE \A h, other \in all :
       IF Comparable(h, other) THEN TRUE
       ELSE \A e \in {t.epoch : t \in Range(h) \cup Range(other)} :
              Comparable(OfEpoch(h, e), OfEpoch(other, e))

\* P15. Durability: what was ever committed is on the disks of a quorum.
CommittedIsDurable ==
  IF committedLog = <<>> THEN TRUE
  ELSE Majority({i \in Server : IsPrefix(committedLog, disk[i].log)})

\* P16. Leader completeness: an established leader has what was committed in earlier epochs.
LeaderCompleteness ==
  \A r \in established : LET Earlier(t) == t.epoch < r.epoch
                         IN IsPrefix(SelectSeq(committedLog, Earlier), r.initial)

\* P17. Delivered is in the log. A COMMIT may reach a follower before its own write is durable
\* (a quorum without it has the entry), so the log here is the disk's with what is under way.
MemoryIsDiskToBe ==
  \A i \in Server : Up(i) => ApplyWrites(disk[i], diskQueue[i]).log = history[i]
\* ... which is the disk's where a write is done with the step that asks for it (coarse).
DeliveredIsOnDisk == \A i \in Server : Up(i) => IsPrefix(DeliveredBy(i), disk[i].log)
\* ... and a snapshot holds committed state only.
SnapshotsAreCommitted ==
  \A i \in Server : IF disk[i].snapshot = 0 THEN TRUE
                    ELSE IsPrefix(Prefix(disk[i].log, disk[i].snapshot), committedLog)

\* P18. A synchronized learner's log is a prefix of its leader's.
FollowsLeader ==
  \A p \in live : syncCommitted[p[1]] /= -1 => IsPrefix(history[p[1]], history[p[2]])

\* P19. The committed log in memory is contiguous: from its base, which is an entry (or nothing), to
\* what was delivered last none is missing (ZOOKEEPER-4925); and it is on disk, with what is under
\* way to it.
MemoryLogContiguous ==
  \A i \in Server : Up(i) =>
    LET m == memoryLog[i]
        below == IF m.base = ZeroZxid THEN 0 ELSE CountUpTo(history[i], m.base)
    IN IF m = NothingInMemory /\ lastCommitted[i] = 0 THEN TRUE ELSE
       /\ m.base = LastZxid(Prefix(history[i], below))
       /\ m.txns = SubSeq(history[i], below + 1, lastCommitted[i])
       /\ Range(m.txns) \subseteq Range(ApplyWrites(disk[i], diskQueue[i]).log)

\* P20. Nothing is acknowledged before it is durable. Read on a live connection, where the learner
\* is still in the leader's epoch.
AcksAreDurable ==
  \A p \in live : LET f == p[1] l == p[2] IN \A n \in 1..Len(msgs[f][l]) :
    LET m == msgs[f][l][n]
    IN CASE m.type = "ACK" -> IF m.zxid[2] = 0 THEN disk[f].currentEpoch >= m.zxid[1]
                              ELSE HasZxid(disk[f].log, m.zxid)
         \* (-1 acknowledges nothing)
         [] m.type = "ACKEPOCH" -> m.currentEpoch = -1 \/ disk[f].acceptedEpoch >= newEpoch[l]
         [] OTHER -> TRUE
CountedAcksAreDurable ==
  \A l \in Server : state[l] = "LEADING" =>
    /\ IF acked[l] = NothingAcked THEN TRUE
       ELSE \A f \in Voters : acked[l][f] /= ZeroZxid /\ disk[f].acceptedEpoch <= newEpoch[l] =>
              HasZxid(disk[f].log, acked[l][f])
    /\ \A f \in ackNewLeader[l] : disk[f].currentEpoch >= newEpoch[l]
    /\ \A f \in ackEpochs[l] : disk[f].acceptedEpoch >= newEpoch[l]

\* P21. Once a later epoch is established, an earlier leader can gain no quorum any more.
OneLeaderCanCommit ==
  \A l \in Server : Established(l) => \A r \in established : newEpoch[l] < r.epoch =>
    ~Majority({f \in Voters : disk[f].acceptedEpoch <= newEpoch[l]})

\* P22. No packet in an impossible role.
PacketsFitRoles ==
  \A p \in live : LET f == p[1] l == p[2] IN
    /\ state[l] = "LEADING" /\ state[f] \in {"FOLLOWING", "OBSERVING"} /\ leaderOf[f] = l
    /\ \A n \in 1..Len(msgs[f][l]) : LET m == msgs[f][l][n] IN
         /\ m.type \in {"ACKEPOCH", "ACK"}
         /\ m.type = "ACKEPOCH" => learners[l][f].phase = "info"
         \* NEWLEADER is acknowledged before any proposal
         /\ m.type = "ACK" /\ m.zxid[2] /= 0 /\ learners[l][f].phase /= "synced" =>
              \E k \in 1..(n - 1) : msgs[f][l][k] = Ack(Zxid(newEpoch[l], 0))
    /\ \A n \in 1..Len(msgs[l][f]) :
         LET m == msgs[l][f][n] IN
         CASE m.type \in {"COMMIT"} -> HasZxid(history[l], m.zxid)
           [] m.type \in {"NEWLEADER", "UPTODATE"} -> m.zxid = Zxid(newEpoch[l], 0)
           [] m.type = "LEADERINFO" -> m.epoch = newEpoch[l]
           [] m.type = "INFORM" -> f \in Observers
           [] OTHER -> TRUE

\* A6. Who is in an established epoch has its initial history on disk (ZOOKEEPER-4643, 4646).
EpochImpliesHistory ==
  \A i \in Server : \A r \in established :
    disk[i].currentEpoch = r.epoch => IsPrefix(r.initial, disk[i].log)

\* The observers' part: they are counted nowhere.
ObserversNeverCount ==
  \A l \in Server : /\ ackEpochs[l] \subseteq Voters /\ ackNewLeader[l] \subseteq Voters
                    /\ \A o \in Observers : acked[l][o] = ZeroZxid
                    /\ state[l] \in {"LEADING", "FOLLOWING"} => l \in Voters

\* A server that leads is as good as each of a majority: nobody better was needed to elect it.
\* Where logs and epochs stand still (models of election alone); the order is written out again.
VotedBefore(i, j) ==
  IF CurrentEpoch(i) /= CurrentEpoch(j) THEN CurrentEpoch(i) < CurrentEpoch(j)
  ELSE IF LastZxid(history[i]) /= LastZxid(history[j])
  THEN ZxidLess(LastZxid(history[i]), LastZxid(history[j]))
  ELSE SidAbove(j, i)
LeadersAreBestOfQuorum ==
  \A l \in Server : state[l] = "LEADING" =>
    Majority({i \in Voters : i = l \/ VotedBefore(i, l) \/ ~Up(i)})

\* What election's variables may be (ElectionMode "fle").
ElectionTypeOK ==
  /\ round \in [Server -> Nat]
  /\ \A i \in Server :
       /\ leaderOf[i] \in {NoServer, vote[i].leader}
       /\ vote[i].leader \in Voters \cup {NoServer}
       /\ \A o \in Observers : recvset[i][o] = NoVote /\ outOfElection[i][o] = NoDecision
       /\ \A j \in Server : \A n \in 1..Len(notes[i][j]) : notes[i][j][n].state \in ServerState

-----------------------------------------------------------------------------
(* Action properties. Each asks first whether what it speaks of changed at all: in most steps it  *)
(* does not, and TLC would look at the action before it looks at the subscript.                   *)

\* A1. acceptedEpoch and currentEpoch on disk never decrease.
MonotoneEpochs ==
  [][IF disk' = disk THEN TRUE
     ELSE \A i \in Server : /\ disk'[i].acceptedEpoch >= disk[i].acceptedEpoch
                            /\ disk'[i].currentEpoch >= disk[i].currentEpoch]_disk

\* A2. lastCommitted never decreases within an incarnation.
MonotoneCommit ==
  [][IF lastCommitted' = lastCommitted THEN TRUE
     ELSE \A i \in Server : Up(i) /\ state'[i] /= "DOWN" => lastCommitted'[i] >= lastCommitted[i]
    ]_lastCommitted

\* A3. No disk ever loses an entry that was committed.
RECURSIVE CommonLength(_, _)
CommonLength(s, t) ==
  IF s = <<>> \/ t = <<>> THEN 0
  ELSE IF Head(s) = Head(t) THEN 1 + CommonLength(Tail(s), Tail(t)) ELSE 0
CommittedStaysOnDisk ==
  [][IF disk' = disk THEN TRUE ELSE \A i \in Server :
       IF IsPrefix(disk[i].log, disk'[i].log) THEN TRUE
       ELSE CommonLength(disk'[i].log, committedLog) >= CommonLength(disk[i].log, committedLog)]_disk

\* A4. An established leader's log is append-only.
LeaderAppendOnly ==
  [][IF history' = history THEN TRUE
     ELSE \A l \in Server : Established(l) /\ state'[l] = "LEADING" =>
            IsPrefix(history[l], history'[l])]_history

\* A5. A disk changes only by the writes asked for, in their order (or by a snapshot taken). (Of
\* fine-grained models: coarse, there is no queue of writes.)
DisksChangeByWrites ==
  [][IF disk' = disk THEN TRUE ELSE \A i \in Server : disk'[i] /= disk[i] =>
       \/ \E k \in 1..Len(diskQueue[i]) :
            disk'[i] = ApplyWrites(disk[i], SubSeq(diskQueue[i], 1, k))
       \/ disk'[i] = [disk[i] EXCEPT !.snapshot = lastCommitted[i]]]_disk

\* A6. currentEpoch changes only when the log is what the leader of that epoch had for a start.
EpochAfterHistory ==
  [][IF disk' = disk THEN TRUE ELSE \A i \in Server :
       IF disk'[i].currentEpoch = disk[i].currentEpoch THEN TRUE
       ELSE LET e == disk'[i].currentEpoch
            IN /\ \A r \in established : r.epoch = e => IsPrefix(r.initial, disk'[i].log)
               /\ \A l \in Server : state[l] = "LEADING" /\ newEpoch[l] = e
                                     /\ zabState[l] = "SYNCHRONIZATION" =>
                    IsPrefix(history[l], disk'[i].log)]_disk

\* A7. What was ever committed is append-only: no step delivers what contradicts it.
CommittedLogAppendOnly ==
  [][IF lastCommitted' = lastCommitted /\ committedLog' = committedLog THEN TRUE ELSE
     /\ IsPrefix(committedLog, committedLog')
     /\ \A i \in Server : IF lastCommitted'[i] = lastCommitted[i] THEN TRUE
                          ELSE Comparable(DeliveredBy(i)', committedLog)
    ]_<<lastCommitted, committedLog>>

\* A8. A crash changes nothing durable, but that any first part of the writes under way may get
\* through; while a server is down, and when it starts, its disk stays as it is.
RestartKeepsDisk ==
  [][IF disk' = disk THEN TRUE ELSE \A i \in Server :
       IF ~Up(i) THEN disk'[i] = disk[i]
       ELSE IF state'[i] = "DOWN"
       THEN \E k \in 0..Len(diskQueue[i]) :
              disk'[i] = ApplyWrites(disk[i], SubSeq(diskQueue[i], 1, k))
       ELSE TRUE]_disk

-----------------------------------------------------------------------------
(* Reachability: each of these must be violated, or the model cannot do what it should.          *)

DebugTwoLeadersOverlap ==
  ~\E a, b \in Server : a /= b /\ Established(a) /\ Established(b)
\* (fine-grained: the writes are seen under way)
DebugTruncTaken == \A i \in Server : \A n \in 1..Len(diskQueue[i]) :
  diskQueue[i][n].op /= "truncate"
DebugSnapTaken == \A i \in Server : \A n \in 1..Len(diskQueue[i]) :
  diskQueue[i][n].op /= "install"
\* a follower joins when the leader is established and has proposed something
DebugLateJoiner ==
  ~\E f, l \in Server : /\ Established(l) /\ IsLive(f, l) /\ f \in Voters
                        /\ learners[l][f].phase = "info"
                        /\ \E t \in Range(history[l]) : t.epoch = newEpoch[l]
DebugEpochSkipped ==
  ~\E r \in established : r.epoch > 1 /\ \A q \in established : q.epoch /= r.epoch - 1
DebugCommittedShorterThanLog ==
  \A i \in Server : Established(i) => lastCommitted[i] = Len(history[i])
DebugObserverInformed == ~\E o \in Observers, l \in Server : Arrives(l, o, {"INFORM"})
\* a server delivers an entry that its own disk does not have yet (fine-grained)
DebugDeliveredAheadOfDisk ==
  \A i \in Server : Up(i) => IsPrefix(DeliveredBy(i), disk[i].log)
\* two transactions of one epoch are committed; transactions of two epochs are
DebugTwoOfOneEpoch ==
  ~\E n \in 2..Len(committedLog) : committedLog[n].epoch = committedLog[n - 1].epoch
DebugTwoEpochsCommitted ==
  ~\E n \in 2..Len(committedLog) : committedLog[n].epoch > committedLog[n - 1].epoch
\* an epoch begins with a history, and its leader broadcasts
DebugBroadcastAfterHistory ==
  ~\E r \in established : r.initial /= <<>> /\ \E b \in broadcast : b.txn.epoch = r.epoch
\* two logs neither of which is a prefix of the other
DebugLogsDiffer == \A i, j \in Server : Comparable(disk[i].log, disk[j].log)
\* committed entries have left the memory of a leader, others are in it
DebugMemoryTrimmed ==
  ~\E l \in Server : Established(l) /\ memoryLog[l].base /= ZeroZxid /\ memoryLog[l].txns /= <<>>
\* a server is up again after a crash and found a log and both epochs
DebugRestartedWithLog ==
  ~\E i \in Server : Up(i) /\ count.crash > 0 /\ lastCommitted[i] < Len(history[i])
                      /\ state[i] = "LOOKING" /\ disk[i].currentEpoch > 0
\* a snapshot was taken; an observer is in broadcast; a learner dialled anew while its leader still
\* holds its older connection
DebugSnapshotTaken == \A i \in Server : disk[i].snapshot = 0
DebugObserverServes == ~\E o \in Observers : zabState[o] = "BROADCAST"
DebugRedialled ==
  ~\E f, l \in Server : IsDialled(f, l) /\ learners[l][f].phase \in {"forwarding", "synced"}
DebugEstablished == established = {}
DebugCommitted == committedLog = <<>>

=============================================================================
