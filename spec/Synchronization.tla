--------------------------- MODULE Synchronization ---------------------------
(* Phase 2: learners get the leader's history. Paper: NEWLEADER(e, I), ACK-LD, COMMIT-LD; on the *)
(* wire DIFF, TRUNC or SNAP, PROPOSALs and COMMITs, NEWLEADER; ACK; UPTODATE. Sources:            *)
(* LearnerHandler.syncFollower, Leader.startForwarding, Learner.syncWithLeader,                  *)
(* Leader.waitForNewLeaderAck.                                                                   *)
EXTENDS Election

-----------------------------------------------------------------------------
(* What a leader sends to synchronize f, whose last zxid is p.                                   *)

\* SNAP is due exactly where p is below what l holds in memory. (KNOB: a trace does not show what its
\* leader held.)
SnapChoices(l, p) == {ZxidLess(p, memoryLog[l].base)}

\* What l can send entry by entry: the committed log in memory, and all that is not delivered yet.
Held(l) ==
  memoryLog[l].txns \o SubSeq(history[l], SnapLength(l) + 1, Len(history[l]))

\* PROPOSAL of each of these entries, followed by COMMIT of the first c of them.
Proposals(txns, c) ==
  [n \in 1..(Len(txns) + c) |->
     IF n > 2 * c THEN Proposal(txns[n - c])
     ELSE IF n % 2 = 1 THEN Proposal(txns[(n + 1) \div 2]) ELSE Commit(ZxidOf(txns[n \div 2]))]

SyncPackets(l, f, p, snap) ==
  LET h == history[l]
      held == Held(l)
      point == LastZxid(Prefix(h, CommittedPoint(l)))
      known == CountUpTo(held, p)
      inHistory == p[2] = 0 \/ p = memoryLog[l].base \/ HasZxid(held, p)
                   \/ Mutant = "m30_diff_where_trunc_is_due"
      cut == IF Mutant = "m31_trunc_one_too_far" /\ known > 0 THEN known - 1 ELSE known
      image == Prefix(h, SnapLength(l))
      first == IF snap THEN Snap(image)
               ELSE IF inHistory THEN Diff(point)
               ELSE Trunc(IF cut = 0 THEN memoryLog[l].base ELSE ZxidOf(held[cut]))
      start == IF snap THEN CountUpTo(held, LastZxid(image)) ELSE known
      committed == CountUpTo(held, point)
      end == IF f \in Observers \/ Mutant = "m25_late_joiner_misses_proposals"
             THEN Max({committed, start}) ELSE Len(held)
  IN <<first>> \o Proposals(SubSeq(held, start + 1, end), Max({committed - start, 0}))
     \o <<NewLeader(newEpoch[l])>>

\* Choices of SNAP for each of these learners.
SnapChoicesFor(l, ends, fs) ==
  {s \in [fs -> BOOLEAN] : \A f \in fs : s[f] \in SnapChoices(l, ends[f].zxid)}

-----------------------------------------------------------------------------
(* The learner *)

\* History, then epoch, then this acknowledgement; after it those of entries still under way.
NewLeaderAcks(e, zxids) ==
  LET own == <<Ack(Zxid(e, 0))>>
  IN IF Mutant = "m27_ack_proposal_before_newleader"
     THEN Acks(zxids) \o own ELSE own \o Acks(zxids)

\* f reads everything from DIFF, TRUNC or SNAP through NEWLEADER (sent in one step, so all of it
\* is there): its history is the leader's now. Durable order: log, then currentEpoch.
FollowerProcessNEWLEADER(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "SYNCHRONIZATION"
  /\ syncCommitted[f] = -1
  /\ Arrives(l, f, SyncTypes)
  /\ LET q       == msgs[l][f]
         end     == CHOOSE n \in 1..Len(q) : /\ q[n].type = "NEWLEADER"
                                             /\ \A k \in 1..(n - 1) : q[k].type /= "NEWLEADER"
         e       == q[end].zxid[1]
         m       == Head(q)
         batch   == SubSeq(q, 2, end - 1)
         IsProposal(x) == x.type = "PROPOSAL"
         IsCommit(x) == x.type = "COMMIT"
         proposals == SelectSeq(batch, IsProposal)
         commits == SelectSeq(batch, IsCommit)
         txns    == [n \in 1..Len(proposals) |-> proposals[n].txn]
         base    == CASE m.type = "DIFF"  -> history[f]
                      [] m.type = "TRUNC" -> Prefix(history[f], CountUpTo(history[f], m.zxid))
                      [] m.type = "SNAP"  -> m.snapshot
         told    == IF m.type = "DIFF" THEN CountUpTo(history[f], m.zxid) ELSE Len(base)
         h       == base \o txns
         raised  == IF commits = <<>> THEN told
                    ELSE Max({told, CountUpTo(h, commits[Len(commits)].zxid)})
         pending == IF f \in Observers THEN <<>>
                    ELSE IF Mutant = "mA1_under_way_at_newleader_not_acked" THEN <<>>
                    ELSE [n \in 1..(Len(h) - raised) |-> ZxidOf(h[raised + n])]
         early   == Mutant = "m11_newleader_acked_before_persisting"
         kept    == IF Mutant = "m32_partial_snap" /\ m.type = "SNAP"
                    THEN Prefix(m.snapshot, Len(m.snapshot) - 1) ELSE base
         toLog   == (CASE m.type = "DIFF"  -> <<>>
                       [] m.type = "TRUNC" -> <<TruncateWrite(m.zxid)>>
                       [] m.type = "SNAP"  -> <<InstallWrite(kept)>>) \o Appends(txns, FALSE)
         toEpoch == <<[CurrentEpochWrite(e, pending) EXCEPT !.ack = ~early]>>
         writes  == IF Mutant = "m10_epoch_before_history"
                    THEN Forget(toEpoch) \o toLog \o toEpoch ELSE toLog \o toEpoch
         net     == [msgs EXCEPT ![l][f] = SubSeq(q, end + 1, Len(q))]
     IN /\ \/ e = AcceptedEpoch(f)
           \/ Mutant \in {"m05_no_newleader_check", "m06_accepted_epoch_not_stored"}
        /\ history' = [history EXCEPT ![f] = h]
        /\ syncCommitted' = [syncCommitted EXCEPT ![f] = raised]
        /\ Ask(f, writes)
        /\ msgs' = IF early THEN SendToLeader(net, f, <<Ack(Zxid(e, 0))>>)
                   ELSE SendWhenDurable(net, f, NewLeaderAcks(e, pending))
        /\ IF Mutant = "m39_delivers_before_uptodate"
           THEN /\ lastCommitted' = [lastCommitted EXCEPT ![f] = raised]
                /\ RecordDelivery(h, raised)
           ELSE UNCHANGED <<lastCommitted, historyVars>>
        /\ memoryLog' = IF m.type = "SNAP"
                        THEN [memoryLog EXCEPT ![f] = MemoryAfter(m.snapshot)] ELSE memoryLog
  /\ UNCHANGED <<serverVars, link, learners, quorumVars, live, electionVars>>

\* Also LOOKING or OBSERVING. Entries whose PROPOSAL came after NEWLEADER are acknowledged.
FollowerPersistLog(f) ==
  /\ diskQueue[f] /= <<>>
  /\ state[f] \notin {"LEADING", "DOWN"}
  /\ \E k \in PersistRuns(f) :
       LET run == SubSeq(diskQueue[f], 1, k)
           Announced(w) == w.op = "append" /\ w.ack
           done == SelectSeq(run, Announced)
       IN /\ diskQueue[f][k].op \in LogOps
          /\ Persist(f, k)
          /\ msgs' = SendToLeader(msgs, f, [n \in 1..Len(done) |-> Ack(ZxidOf(done[n].txn))])
  /\ UNCHANGED <<serverVars, logVars, learnerVars, learners, quorumVars, live, electionVars,
                 historyVars>>

FollowerPersistCurrentEpoch(f) ==
  /\ diskQueue[f] /= <<>>
  /\ state[f] \notin {"LEADING", "DOWN"}
  /\ \E k \in PersistRuns(f) :
       LET w == diskQueue[f][k]
       IN /\ w.op = "currentEpoch"
          /\ Persist(f, k)
          /\ msgs' = IF ~w.ack THEN msgs
                     ELSE SendToLeader(msgs, f, NewLeaderAcks(w.epoch, w.zxids))
  /\ UNCHANGED <<serverVars, logVars, learnerVars, learners, quorumVars, live, electionVars,
                 historyVars>>

FollowerProcessPROPOSALInSync(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "SYNCHRONIZATION"
  /\ syncCommitted[f] /= -1
  /\ Arrives(l, f, {"PROPOSAL"})
  /\ LET t == Head(msgs[l][f]).txn
     IN /\ history' = [history EXCEPT ![f] = Append(@, t)]
        /\ Ask(f, <<AppendWrite(t, TRUE)>>)
        /\ msgs' = SendWhenDurable(Receive(msgs, l, f), f, <<Ack(ZxidOf(t))>>)
  /\ UNCHANGED <<serverVars, committedVars, learnerVars, learners, quorumVars, live,
                 electionVars, historyVars>>

FollowerProcessCOMMITInSync(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "SYNCHRONIZATION"
  /\ syncCommitted[f] /= -1
  /\ Arrives(l, f, {"COMMIT"})
  /\ LET z == Head(msgs[l][f]).zxid
     IN syncCommitted' = [syncCommitted EXCEPT ![f] =
          IF Mutant \in {"m26_commit_in_sync_dropped", "m19_uptodate_commits_newleader_only"}
          THEN @
          ELSE Max({@, CountUpTo(history[f], z)})]
  /\ msgs' = Receive(msgs, l, f)
  /\ UNCHANGED <<serverVars, logVars, diskVars, link, learners, quorumVars, live, electionVars,
                 historyVars>>

FollowerProcessUPTODATE(f, l) ==
  /\ link[f] = l
  /\ zabState[f] = "SYNCHRONIZATION"
  /\ syncCommitted[f] /= -1
  /\ Arrives(l, f, {"UPTODATE"})
  /\ zabState' = [zabState EXCEPT ![f] = "BROADCAST"]
  /\ IF Mutant = "m33_hole_in_committed_log"
     THEN /\ lastCommitted' = [lastCommitted EXCEPT ![f] = syncCommitted[f]]
          /\ UNCHANGED memoryLog
     ELSE DeliverUpTo(f, history[f], syncCommitted[f])
  /\ msgs' = Receive(msgs, l, f)
  /\ RecordDelivery(history[f], syncCommitted[f])
  \* not needed any more: 0 rather than the value, so that states differ only where they matter
  /\ syncCommitted' = [syncCommitted EXCEPT ![f] = 0]
  /\ UNCHANGED <<state, leaderOf, history, diskVars, link, learners, quorumVars, live,
                 electionVars>>

-----------------------------------------------------------------------------
\* The first acknowledgement of NEWLEADER on a connection. The quorum establishes the epoch: the
\* whole history is committed and delivered.
LeaderProcessACKNEWLEADER(l, f) ==
  /\ state[l] = "LEADING"
  /\ learners[l][f].phase = "forwarding"
  /\ Arrives(f, l, {"ACK"})
  /\ MayGoOn(l)
  /\ Head(msgs[f][l]).zxid = Zxid(newEpoch[l], 0)
  /\ LET counts == f \in Voters \/ Mutant = "m41_observer_ack_counted"
         now == IF counts THEN ackNewLeader[l] \cup {f} ELSE ackNewLeader[l]
         quorum == IF Mutant = "m41_observer_ack_counted"
                   THEN Cardinality(now) * 2 > Cardinality(Voters) ELSE IsQuorum(now)
         establishes == zabState[l] = "SYNCHRONIZATION" /\ quorum
         phases == [learners EXCEPT ![l][f] = [@ EXCEPT !.phase = "synced"]]
         up == {g \in Server : phases[l][g].phase = "synced"}
         told == IF establishes THEN up ELSE IF zabState[l] = "BROADCAST" THEN {f} ELSE {}
     IN /\ ackNewLeader' = [ackNewLeader EXCEPT ![l] = now]
        /\ learners' = phases
        /\ msgs' = SendEach(Receive(msgs, f, l), live, l, [g \in Server |->
                     IF g \in told THEN <<UpToDate(newEpoch[l])>> ELSE <<>>])
        /\ IF establishes
           THEN /\ zabState' = [zabState EXCEPT ![l] = "BROADCAST"]
                /\ IF Mutant = "mB2_initial_history_not_delivered" THEN UNCHANGED committedVars
                   ELSE DeliverUpTo(l, history[l], Len(history[l]))
                /\ RecordEstablished(l)
           ELSE UNCHANGED <<zabState, committedVars, historyVars>>
  /\ UNCHANGED <<state, leaderOf, history, diskVars, learnerVars, newEpoch, epochInfos, ackEpochs,
                 acked, live, electionVars>>

=============================================================================
