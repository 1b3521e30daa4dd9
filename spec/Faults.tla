-------------------------------- MODULE Faults --------------------------------
(* What goes wrong: crashes, restarts, connections that end at one side first, timeouts.          *)
(*                                                                                               *)
(* A failure of a connection whose two ends live (or a timeout without a reason) needs leave of   *)
(* MayDisconnect or MayTimeOut and is counted; noticing that the other end is gone does not.      *)
(* A partition is the same as ends that close while packets are under way, so it needs no step.   *)
EXTENDS Broadcast

\* The process dies: memory is gone; any prefix of the writes under way may have got through.
Crash(i) ==
  /\ state[i] /= "DOWN"
  /\ MayCrash(i)
  /\ \E k \in CrashPrefixes(i) :
       disk' = [disk EXCEPT ![i] = ApplyWrites(@, SubSeq(diskQueue[i], 1, k))]
  /\ state' = [state EXCEPT ![i] = "DOWN"]
  /\ zabState' = [zabState EXCEPT ![i] = "ELECTION"]
  /\ leaderOf' = [leaderOf EXCEPT ![i] = NoServer]
  /\ diskQueue' = [diskQueue EXCEPT ![i] = <<>>]
  /\ history' = [history EXCEPT ![i] = <<>>]
  /\ lastCommitted' = [lastCommitted EXCEPT ![i] = 0]
  /\ memoryLog' = [memoryLog EXCEPT ![i] = NothingInMemory]
  /\ LeaveRole(i)
  /\ msgs' = ClearTo(msgs, i)
  /\ ForgetElection(i)
  /\ RecordFault("crash")

\* The log on disk is history again; only what the snapshot holds is known to be committed.
Restart(i) ==
  /\ state[i] = "DOWN"
  /\ LET kept == IF Mutant = "m13_log_lost_at_restart"
                 THEN Prefix(disk[i].log, disk[i].snapshot) ELSE disk[i].log
         known == IF Mutant = "m28_log_taken_as_committed" THEN Len(kept) ELSE disk[i].snapshot
         accepted == IF Mutant = "m07_accepted_epoch_lost_at_restart"
                     THEN disk[i].currentEpoch ELSE disk[i].acceptedEpoch
     IN /\ disk' = [disk EXCEPT ![i].log = kept, ![i].acceptedEpoch = accepted]
        /\ history' = [history EXCEPT ![i] = kept]
        /\ lastCommitted' = [lastCommitted EXCEPT ![i] = known]
        /\ memoryLog' = [memoryLog EXCEPT ![i] = MemoryAfter(Prefix(kept, known))]
        /\ RecordDelivery(kept, known)
        /\ state' = [state EXCEPT ![i] = "LOOKING"]
        /\ LookForLeader(i, kept)
  /\ UNCHANGED <<zabState, leaderOf, diskQueue, learnerVars, learners, quorumVars, netVars>>

-----------------------------------------------------------------------------
\* The leader's end closes: the other end is gone (closed, or silent for syncLimit).
LeaderCloseConnection(l, f) ==
  /\ state[l] = "LEADING"
  /\ learners[l][f].phase /= "none"
  /\ IF IsLive(f, l) THEN MayDisconnect(f, l) /\ RecordFault("disconnect")
     ELSE UNCHANGED historyVars
  /\ CloseAtLeader(l, f)
  /\ history' = IF Mutant = "mB4_leader_takes_back"
                THEN [history EXCEPT ![l] = Prefix(@, lastCommitted[l])] ELSE history
  /\ UNCHANGED <<serverVars, committedVars, diskVars, learnerVars, quorumVars, electionVars>>

\* Who may still make up l's quorum: connected, or on the way to be.
Backers(l) ==
  {l} \cup {f \in Voters : /\ state[f] = "FOLLOWING"
                           /\ leaderOf[f] = l
                           /\ zabState[f] = "DISCOVERY" \/ IsLive(f, l)}

\* Nothing is under way between l and its followers, and l is not established: initLimit passes.
IsStuck(l) ==
  /\ zabState[l] /= "BROADCAST"
  /\ diskQueue[l] = <<>>
  /\ \A f \in Server : leaderOf[f] = l /\ f /= l =>
       IsLive(f, l) /\ msgs[f][l] = <<>> /\ msgs[l][f] = <<>> /\ diskQueue[f] = <<>>

LeaderShutdown(l) ==
  /\ state[l] = "LEADING"
  /\ IF IsQuorum(Backers(l)) /\ ~IsStuck(l) THEN MayTimeOut(l) /\ RecordFault("disconnect")
     ELSE UNCHANGED historyVars
  /\ BecomeLooking(l)

\* f's leader is gone for it: its end of the connection closed, or it could not be reached.
LeaderIsGone(f) ==
  LET l == leaderOf[f]
  IN IF link[f] = NoServer THEN state[l] /= "LEADING"
     ELSE ~IsLive(f, l) /\ ~(IsDialled(f, l) /\ state[l] = "LEADING")

FollowerShutdown(f) ==
  /\ state[f] \in {"FOLLOWING", "OBSERVING"}
  /\ MayGoOn(f)
  /\ IF LeaderIsGone(f) THEN UNCHANGED historyVars
     ELSE MayDisconnect(f, leaderOf[f]) /\ RecordFault("disconnect")
  /\ BecomeLooking(f)

-----------------------------------------------------------------------------
\* The shell's: a snapshot of a committed state, once the log has reached it.
TakeSnapshot(i) ==
  /\ state[i] /= "DOWN"
  /\ MayTakeSnapshot(i)
  /\ MayGoOn(i)
  /\ \E n \in (IF Mutant = "mB3_snapshot_of_the_log" THEN {Len(history[i])}
               ELSE SnapshotPoints(i)) :
       /\ n > disk[i].snapshot
       /\ IsPrefix(Prefix(history[i], n), disk[i].log)
       /\ disk' = [disk EXCEPT ![i].snapshot = n]
  /\ UNCHANGED <<serverVars, logVars, diskQueue, learnerVars, learners, quorumVars, netVars,
                 electionVars, historyVars>>

=============================================================================
