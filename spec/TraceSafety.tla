------------------------------ MODULE TraceSafety ------------------------------
(* The properties of Properties.tla along one behaviour, step by step, each at a cost that does   *)
(* not grow with the logs: a state that breaks one is never reached. What each check rests on is  *)
(* said beside it; all rest on the state before the step having passed.                           *)
(*                                                                                               *)
(* The history variables hold the same as in History.tla in another form (the operators that     *)
(* change them are replaced in ZabTrace.cfg):                                                    *)
(*   established  epoch -> [leader, initial]: initial is the length of its initial history, which *)
(*                is committed as a whole with it: so it is that first part of committedLog       *)
(*   broadcast    epoch -> [after, txns]: what its leader proposed, in order, and how much it had *)
(*                delivered when it began to; 0 -> the entries that were on the disks at first    *)
(* A log is taken to be rewritten by FollowerProcessNEWLEADER, Restart and Crash, and on disk by  *)
(* a truncate or an install; every other action leaves a log as it is or appends to it, which is  *)
(* to be read off the actions. Where a log is rewritten it is looked at as a whole: that costs a  *)
(* walk over it, once for each synchronization.                                                  *)
EXTENDS Zab, TLC

VARIABLE
  held            \* [Server -> Nat]: how many entries of committedLog disk[i].log begins with

-----------------------------------------------------------------------------
(* History variables *)

SafetyInit(old, epoch) ==
  /\ established = <<>>
  /\ broadcast = (0 :> [after |-> 0, txns |-> old])
  /\ committedLog = <<>>
  /\ issuedEpoch = epoch
  /\ count = [crash |-> 0, disconnect |-> 0]

\* (That what was delivered before is the same is checked below: DeliveredAgrees.)
Longer(h, n) ==
  IF n <= Len(committedLog) THEN committedLog
  ELSE committedLog \o SubSeq(h, Len(committedLog) + 1, n)

TraceRecordDelivery(h, n) ==
  /\ committedLog' = Longer(h, n)
  /\ UNCHANGED <<established, broadcast, issuedEpoch, count>>

TraceRecordEstablished(l) ==
  /\ established' = (newEpoch[l] :> [leader |-> l, initial |-> Len(history[l])]) @@ established
  /\ committedLog' = Longer(history[l], Len(history[l]))
  /\ UNCHANGED <<broadcast, issuedEpoch, count>>

TraceRecordBroadcast(l, t) ==
  /\ broadcast' = IF t.epoch \in DOMAIN broadcast
                  THEN [broadcast EXCEPT ![t.epoch].txns = Append(@, t)]
                  ELSE (t.epoch :> [after |-> lastCommitted[l], txns |-> <<t>>]) @@ broadcast
  /\ UNCHANGED <<established, committedLog, issuedEpoch, count>>

-----------------------------------------------------------------------------
(* Logs. In a log zxids increase (P4), so an entry is found by halving.                           *)

RECURSIVE Seek(_, _, _, _)
\* The place of zxid z in h, between from and to; 0: it is not there.
Seek(h, z, from, to) ==
  IF from > to THEN 0
  ELSE LET n == (from + to) \div 2
           y == ZxidOf(h[n])
       IN IF y = z THEN n
          ELSE IF ZxidLess(y, z) THEN Seek(h, z, n + 1, to) ELSE Seek(h, z, from, n - 1)
PlaceOf(h, z) == IF LastZxid(h) = z THEN Len(h) ELSE Seek(h, z, 1, Len(h))
HasEntry(h, z) == IF z = ZeroZxid THEN FALSE ELSE PlaceOf(h, z) /= 0

\* How long the common beginning of s and t is, of which n entries are known to be equal.
CommonFrom(s, t, n) ==
  LET end == Min(Len(s), Len(t))
      differ == {k \in (n + 1)..end : s[k] /= t[k]}
  IN IF differ = {} THEN end ELSE (CHOOSE k \in differ : \A m \in differ : k <= m) - 1

EpochsFrom(h, n) == {h[k].epoch : k \in n..Len(h)}

\* P5 and P14 for two logs: behind what they have in common they have no epoch in common. (If both
\* have entries of epoch e there, the first ones are different, and both are e's first or follow
\* on the same one: either one zxid is two entries, or neither epoch is a prefix of the other.)
PairMatches(g, h) ==
  LET n == CommonFrom(g, h, 0)
  IN EpochsFrom(g, n + 1) \cap EpochsFrom(h, n + 1) = {}

\* The same after an entry was appended to g and became its n-th, if the two matched before.
AppendMatches(g, n, h) ==
  LET t == g[n]
      m == Len(h)
      \* by P5 before the step: where one entry is equal, all before it are
      follows(k) == IF k = 0 THEN TRUE ELSE h[k] = g[k]
  IN IF m >= n
     THEN IF h[n] = t THEN follows(n - 1)
          ELSE IF h[m].epoch < t.epoch THEN TRUE ELSE PairMatches(g, h)
     ELSE IF follows(m) THEN TRUE
          ELSE IF h[m].epoch < t.epoch THEN TRUE ELSE PairMatches(g, h)

Increases(h, from) ==
  \A n \in from..(Len(h) - 1) : ZxidLess(ZxidOf(h[n]), ZxidOf(h[n + 1]))

-----------------------------------------------------------------------------
(* The step of server i under `action`, which made the first `done` writes durable.               *)

Rewrites(action) == action \in {"FollowerProcessNEWLEADER", "Restart", "Crash"}
RewritesDisk(i, action, done) ==
  IF action = "Crash" THEN TRUE
  ELSE \E k \in 1..done : diskQueue[i][k].op \in {"truncate", "install"}

\* P1 of server i.
TypeOKOf(i) ==
  /\ lastCommitted[i] \in 0..Len(history[i])
  /\ disk[i].snapshot \in 0..Len(disk[i].log)
  /\ state[i] \in {"LOOKING", "DOWN"} <=> leaderOf[i] = NoServer
  /\ state[i] \in {"LOOKING", "DOWN"} <=> zabState[i] = "ELECTION"
  /\ state[i] = "LEADING" <=> leaderOf[i] = i
  /\ state[i] = "OBSERVING" => i \in Observers
  /\ link[i] \in {NoServer, leaderOf[i]} /\ link[i] /= i
  \* observers count nowhere
  /\ state[i] \in {"LEADING", "FOLLOWING"} => i \in Voters
  /\ ackEpochs[i] \subseteq Voters /\ ackNewLeader[i] \subseteq Voters
  /\ \A o \in Observers : acked[i][o] = ZeroZxid

\* P3, A1
EpochsInOrder(i) ==
  /\ disk'[i].currentEpoch <= disk'[i].acceptedEpoch
  /\ disk'[i].acceptedEpoch <= issuedEpoch'
  /\ disk'[i].acceptedEpoch >= disk[i].acceptedEpoch
  /\ disk'[i].currentEpoch >= disk[i].currentEpoch

\* P4, P5, P14, P17, P18, A4 of i's history.
HistoryIsSound(i, action) ==
  LET h == history'[i]
      n == Len(h)
      old == Len(history[i])
      l == link'[i]
  IN IF Rewrites(action)
     THEN /\ Increases(h, 1)
          /\ \A j \in Server \ {i} : PairMatches(h, history[j])
          /\ state'[i] /= "DOWN" => ApplyWrites(disk'[i], diskQueue'[i]).log = h
          /\ l /= NoServer /\ <<i, l>> \in live' => IsPrefix(h, history[l])
          /\ action = "FollowerProcessNEWLEADER" => ~Established(i)                 \* A4
     ELSE IF n = old THEN TRUE
     ELSE /\ n = old + 1
          /\ IF old = 0 THEN TRUE ELSE ZxidLess(ZxidOf(h[old]), ZxidOf(h[n]))
          /\ \A j \in Server \ {i} : AppendMatches(h, n, history[j])
          /\ LET q == diskQueue'[i]
             IN IF q = <<>> THEN FALSE
                ELSE q[Len(q)].op = "append" /\ q[Len(q)].txn = h[n]
          /\ IF l /= NoServer /\ <<i, l>> \in live'
             THEN IF n > Len(history[l]) THEN FALSE ELSE history[l][n] = h[n]
             ELSE TRUE

\* A3, A5, A6, A8, P17 of i's disk: its log was appended to by the writes that were done; or it is
\* looked at as a whole.
DiskIsSound(i, action, done) ==
  /\ held'[i] >= held[i]
  /\ state'[i] /= "DOWN" => disk'[i].snapshot <= held'[i]
  /\ IF action = "Restart" THEN disk'[i] = disk[i]
     ELSE IF action = "Crash"
     THEN \E k \in 0..Len(diskQueue[i]) :
            disk'[i] = ApplyWrites(disk[i], SubSeq(diskQueue[i], 1, k))
     ELSE IF done = 0
     THEN Len(disk'[i].log) = Len(disk[i].log) /\ disk'[i].snapshot = disk[i].snapshot
     ELSE TRUE
  /\ IF disk'[i].currentEpoch = disk[i].currentEpoch /\ ~RewritesDisk(i, action, done) THEN TRUE
     ELSE IF disk'[i].currentEpoch \in DOMAIN established'
     THEN held'[i] >= established'[disk'[i].currentEpoch].initial
     ELSE TRUE

\* How much of committedLog each disk holds: only i's was changed. What was found to differ before
\* differs still.
HeldAfter(i, action, done) ==
  IF Len(committedLog') = Len(committedLog) /\ done = 0 /\ action /= "Crash" THEN held
  ELSE [j \in Server |->
         CommonFrom(disk'[j].log, committedLog',
                    IF j = i /\ RewritesDisk(i, action, done) THEN 0 ELSE held[j])]

\* P8 (and so P7: of prefixes of one sequence without repetition none orders two entries in
\* another way), A2, P13. What i had delivered is as it was, unless its log was rewritten.
DeliveredIsSound(i, action) ==
  LET from == IF Rewrites(action) THEN 0 ELSE lastCommitted[i]
      to == lastCommitted'[i]
  IN /\ to <= Len(committedLog')
     /\ \A n \in (from + 1)..to : history'[i][n] = committedLog'[n]
     /\ action \in {"Restart", "Crash"} \/ to >= lastCommitted[i]

\* P6, P9: the entry at n was broadcast, and so was what comes before it, in this order.
WasBroadcast(log, n) ==
  LET t == log[n]
  IN IF t \in broadcast[0].txns THEN TRUE
     ELSE IF t.epoch \notin DOMAIN broadcast THEN FALSE
     ELSE LET txns == broadcast[t.epoch].txns
          IN IF t.counter \notin 1..Len(txns) THEN FALSE
             ELSE /\ txns[t.counter] = t
                  /\ IF t.counter = 1 THEN TRUE
                     ELSE IF n = 1 THEN FALSE
                     ELSE log[n - 1] = txns[t.counter - 1]

\* P4, P6, P9, P10, P11, P15, P16, A7 of what is delivered for the first time.
CommittedIsSound ==
  LET log == committedLog'
      old == Len(committedLog)
  IN /\ Increases(log, IF old = 0 THEN 1 ELSE old)
     /\ \A n \in (old + 1)..Len(log) :
          LET t == log[n]
          IN /\ WasBroadcast(log, n)
             /\ IF t.epoch = issuedEpoch' THEN TRUE
                ELSE /\ \A e \in DOMAIN broadcast : e > t.epoch => n <= broadcast[e].after
                     /\ \A e \in DOMAIN established' :
                          e > t.epoch => n <= established'[e].initial
     /\ Majority({i \in Server : held'[i] = Len(log)})

\* P2, P12, P13, P16, P21, A6: i has established its epoch.
EstablishedIsSound(i) ==
  LET e == newEpoch[i]
      n == established'[e].initial
  IN /\ e \notin DOMAIN established
     /\ n = Len(history'[i])
     /\ \A d \in DOMAIN established :
          IF d < e THEN established[d].initial <= n ELSE n <= established[d].initial
     \* all of it is delivered, and so (DeliveredIsSound) the first part of committedLog
     /\ lastCommitted'[i] >= n
     /\ \A k \in (n + 1)..Len(committedLog) : committedLog[k].epoch >= e
     /\ \A j \in Server : disk[j].currentEpoch = e => held'[j] >= n
     /\ \A l \in Server : (Established(l)' /\ \E d \in DOMAIN established' : d > newEpoch[l]) =>
          ~Majority({f \in Voters : disk[f].acceptedEpoch <= newEpoch[l]})

\* P11, P13 and the order that P9 is about: i proposes.
BroadcastIsSound(i) ==
  LET e == newEpoch[i]
      txns == broadcast'[e].txns
  IN /\ txns[Len(txns)].counter = Len(txns)
     /\ e \in DOMAIN established
     /\ established[e].leader = i /\ lastCommitted[i] >= established[e].initial
     /\ \A n \in (lastCommitted[i] + 1)..Len(committedLog) : committedLog[n].epoch >= e

\* P20, of what i sends to its leader l. It stays true while i's log on disk is not rewritten.
AckIsDurable(i, l, m) ==
  CASE m.type = "ACK"      -> IF m.zxid[2] = 0 THEN disk'[i].currentEpoch >= m.zxid[1]
                              ELSE HasEntry(disk'[i].log, m.zxid)
    [] m.type = "ACKEPOCH" -> m.currentEpoch = -1 \/ disk'[i].acceptedEpoch >= newEpoch'[l]
    [] OTHER               -> TRUE

\* P22, of a packet that i sends on a live connection: the n-th now under way to j.
PacketFits(i, j, n) ==
  LET q == msgs'[i][j]
      m == q[n]
  IN IF <<i, j>> \in live'
     THEN /\ m.type \in {"ACKEPOCH", "ACK"}
          /\ m.type = "ACKEPOCH" => learners'[j][i].phase = "info"
          \* NEWLEADER is acknowledged before any proposal
          /\ m.type = "ACK" /\ m.zxid[2] /= 0 /\ learners'[j][i].phase /= "synced" =>
               \E k \in 1..(n - 1) : q[k] = Ack(Zxid(newEpoch'[j], 0))
          /\ AckIsDurable(i, j, m)
     ELSE CASE m.type = "COMMIT" -> HasEntry(history'[i], m.zxid)
            [] m.type \in {"NEWLEADER", "UPTODATE"} -> m.zxid = Zxid(newEpoch'[i], 0)
            [] m.type = "LEADERINFO" -> m.epoch = newEpoch'[i]
            [] m.type = "INFORM" -> j \in Observers
            [] OTHER -> m.type \notin {"ACKEPOCH", "ACK", "FOLLOWERINFO", "OBSERVERINFO"}
\* Packets are appended to what is under way: those behind as many as there were before.
PacketsAreSound(i) ==
  /\ \A p \in live' : i \in {p[1], p[2]} =>
       /\ state'[p[2]] = "LEADING"
       /\ state'[p[1]] \in {"FOLLOWING", "OBSERVING"}
       /\ leaderOf'[p[1]] = p[2]
  /\ \A j \in Server :
       IF <<i, j>> \in live' \/ <<j, i>> \in live'
       THEN \A n \in (Len(msgs[i][j]) + 1)..Len(msgs'[i][j]) : PacketFits(i, j, n)
       ELSE TRUE

\* P20, of what leader l has counted: acknowledgements that are new, or all of a server whose log
\* on disk was rewritten.
CountedOf(l, f) ==
  /\ disk'[f].acceptedEpoch <= newEpoch'[l] /\ acked'[l][f] /= ZeroZxid =>
       HasEntry(disk'[f].log, acked'[l][f])
  /\ f \in ackNewLeader'[l] => disk'[f].currentEpoch >= newEpoch'[l]
  /\ f \in ackEpochs'[l] => disk'[f].acceptedEpoch >= newEpoch'[l]
CountedAreSound(i, action, done) ==
  /\ IF state'[i] = "LEADING"
     THEN /\ \A f \in Voters : acked'[i][f] /= acked[i][f] => CountedOf(i, f)
          /\ IF ackEpochs'[i] = ackEpochs[i] /\ ackNewLeader'[i] = ackNewLeader[i] THEN TRUE
             ELSE \A f \in Voters : CountedOf(i, f)
     ELSE TRUE
  /\ IF RewritesDisk(i, action, done)
     THEN /\ \A l \in Server : state'[l] = "LEADING" /\ i \in Voters => CountedOf(l, i)
          /\ \A l \in Server : <<i, l>> \in live' =>
               \A n \in 1..Len(msgs'[i][l]) : AckIsDurable(i, l, msgs'[i][l][n])
     ELSE TRUE

SafeStep(i, action, done) ==
  /\ TypeOKOf(i)'
  /\ EpochsInOrder(i)
  /\ HistoryIsSound(i, action)
  /\ DiskIsSound(i, action, done)
  /\ DeliveredIsSound(i, action)
  /\ IF Len(committedLog') = Len(committedLog) THEN TRUE ELSE CommittedIsSound
  /\ IF RewritesDisk(i, action, done)
     THEN Majority({j \in Server : held'[j] = Len(committedLog')}) ELSE TRUE       \* P15
  /\ IF DOMAIN established' = DOMAIN established THEN TRUE ELSE EstablishedIsSound(i)
  /\ IF action = "LeaderPropose" THEN BroadcastIsSound(i) ELSE TRUE
  /\ PacketsAreSound(i)
  /\ CountedAreSound(i, action, done)

=============================================================================
