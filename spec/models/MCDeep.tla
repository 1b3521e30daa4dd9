-------------------------------- MODULE MCDeep --------------------------------
(* For the largest models: MCZab!MCNext again, written so that TLC asks as little as it can. Most  *)
(* of its time goes into guards that are false: here a server's state, a learner's link and the    *)
(* type of the next packet are looked at once, and choose the actions that are left to ask. In      *)
(* models with MCAtOnce, whether everybody may go on is asked once for each state.                *)
(*                                                                                               *)
(* The steps are the same: StepsAreDeep (model SameDeepSteps) says that none is missing, and each  *)
(* disjunct is one of MCNext's for some of its parameters. But TLC names an action only if it      *)
(* finds it without looking at a state: a counterexample has no names here. `zab check` runs the   *)
(* model again with MCNext to tell its story.                                                     *)
EXTENDS MCZab


\* At once, fine-grained: a learner's writes are done before anybody acts on; it goes on to read, and
\* servers and connections fail, between any two of them. (A leader's own writes take any time.) The
\* orders that are left out: a learner's disk is so slow that others act meanwhile, and then it fails.
MCWritesAtOnce(i) ==
  /\ \A j \in Server : IF diskQueue[j] = <<>> THEN TRUE ELSE state[j] = "LEADING"
  /\ MCAtOnce(i)

-----------------------------------------------------------------------------
\* f reads the next packet of its leader l.
LearnerReads(f, l) ==
  LET m == Head(msgs[l][f])
  IN CASE m.type \in SyncTypes  -> FollowerProcessNEWLEADER(f, l)
       [] m.type = "LEADERINFO" -> FollowerProcessLEADERINFO(f, l)
       [] m.type = "UPTODATE"   -> FollowerProcessUPTODATE(f, l)
       [] m.type = "PROPOSAL"   -> IF zabState[f] = "BROADCAST" THEN FollowerProcessPROPOSAL(f, l)
                                   ELSE FollowerProcessPROPOSALInSync(f, l)
       [] m.type = "COMMIT"     -> IF zabState[f] = "BROADCAST" THEN FollowerProcessCOMMIT(f, l)
                                   ELSE FollowerProcessCOMMITInSync(f, l)
       [] m.type = "INFORM"     -> ObserverProcessINFORM(f, l)
       [] OTHER                 -> FALSE

\* l reads the next packet of f, FOLLOWERINFO or another.
LeaderReads(l, f) ==
  LET m == Head(msgs[f][l])
  IN CASE m.type \in InfoTypes -> LeaderProcessFOLLOWERINFO(l, f)
       [] m.type = "ACKEPOCH"  -> LeaderProcessACKEPOCH(l, f)
       [] m.type = "ACK"       -> IF m.zxid[2] = 0 THEN LeaderProcessACKNEWLEADER(l, f)
                                  ELSE LeaderProcessACK(l, f)
       [] OTHER                -> FALSE

\* The next write of i becomes durable.
Persists(i) ==
  LET op == Head(diskQueue[i]).op
  IN IF state[i] = "LEADING"
     THEN CASE op = "acceptedEpoch" -> LeaderPersistAcceptedEpoch(i)
            [] op = "currentEpoch"  -> LeaderPersistCurrentEpoch(i)
            [] OTHER                -> LeaderPersistLog(i)
     ELSE CASE op = "acceptedEpoch" -> FollowerPersistAcceptedEpoch(i)
            [] op = "currentEpoch"  -> FollowerPersistCurrentEpoch(i)
            [] OTHER                -> FollowerPersistLog(i)

\* What a server does in the state that it is in.
Steps(i) ==
  CASE state[i] = "LEADING" ->
         \/ \E f \in OthersThan(i) :
              \/ IF msgs[f][i] = <<>> THEN FALSE ELSE LeaderReads(i, f)
              \/ IF learners[i][f].phase = "none" THEN FALSE ELSE LeaderCloseConnection(i, f)
         \/ LeaderPropose(i)
         \/ LeaderShutdown(i)
         \/ Crash(i)
    [] state[i] = "LOOKING" ->
         \/ \E Q \in Quorums : ElectLeader(i, Q)
         \/ \E l \in OthersThan(i) : JoinLeader(i, l)
         \/ Crash(i)
    [] state[i] = "DOWN" -> Restart(i)
    [] OTHER ->
         \/ LET l == link[i]
            IN IF l = NoServer THEN FALSE
               ELSE IF msgs[l][i] = <<>> THEN FALSE ELSE LearnerReads(i, l)
         \/ FollowerConnect(i, leaderOf[i])
         \/ FollowerShutdown(i)
         \/ Crash(i)

DeepNext ==
  \E i \in Server :
    \/ Steps(i)
    \/ IF diskQueue[i] = <<>> THEN FALSE ELSE Persists(i)
    \/ IF SnapshotSync THEN TakeSnapshot(i) ELSE FALSE

DeepSpec == Init /\ [][DeepNext]_vars

\* Each step of MCNext's, and so of Zab's, is one of these (a property of MCSpec).
StepsAreDeep == [][DeepNext]_vars

=============================================================================
