#!/usr/bin/env python3
"""A trace of an imaginary ZAB: what `zab validate` needs to know of servers that are not ours.

    python3 other_zab.py > accepted.ndjson
    python3 other_zab.py --early-commit > refused.ndjson

Two servers elect server 2, synchronize and commit two transactions. `step` is what an implementation
calls at the end of each step of a server, or before it sends what the step leads to. With
--early-commit the leader delivers a transaction that its follower does not have. docs/traces.md
describes the fields; the optional ones are left out here.
"""
import json
import sys

EARLY = "--early-commit" in sys.argv
ZERO = [0, 0]
CONN = "1>2"
seq = 0
shown = {}  # by server: what its last line showed
tickets = {1: 0, 2: 0}  # by server: how many durable writes it has asked for since it started


def step(server, action, event, *writes, **changes):
    """One line: `writes` are asked of the server's disk, `changes` are what it shows now."""
    global seq
    seq += 1
    shown[server] = {**shown.get(server, {}), **changes}
    persisted = []
    for write in writes:
        tickets[server] += 1
        persisted.append({"ticket": tickets[server], "write": write})
    line = {"v": 1, "seq": seq, "server": server, "action": action, "event": event}
    line.update(post=shown[server], persisted=persisted)
    print(json.dumps(line, separators=(",", ":")))


def reads(kind, **fields):
    return {"type": "packet", "conn": CONN, "packet": {"type": kind, **fields}}


def hears(sender, leader):
    vote = {"leader": leader, "zxid": ZERO, "peerEpoch": 0}
    content = {"state": "LOOKING", "round": 1, "vote": vote}
    return {"type": "notification", "from": sender, "notification": content}


def saved(server):
    """Every write that it has asked for is on disk."""
    return {"type": "persisted", "ticket": tickets[server]}


def start(server):
    disk = {"acceptedEpoch": 0, "currentEpoch": 0, "snapshotZxid": ZERO, "log": []}
    event = {"type": "start", "voters": [1, 2], "observers": [], "disk": disk}
    nothing = {"acceptedEpoch": 0, "currentEpoch": 0, "lastZxid": ZERO, "lastCommitted": ZERO}
    step(server, "Restart", event, state="LOOKING", zabState="ELECTION", leader=None, **nothing)


# Election: each votes for itself, 1 changes its vote to 2, and then everybody agrees.
start(1)
start(2)
step(1, "ReceiveNotification", hears(2, 2), state="FOLLOWING", zabState="DISCOVERY", leader=2)
step(2, "ReceiveNotification", hears(1, 2), state="LEADING", zabState="DISCOVERY", leader=2)

# Discovery: epoch 1.
step(1, "FollowerConnect", {"type": "opened", "conn": CONN, "as": "learner"})
step(2, None, {"type": "opened", "conn": CONN, "as": "leader"})
info = reads("FOLLOWERINFO", sid=1, acceptedEpoch=0)
step(2, "LeaderProcessFOLLOWERINFO", info, {"op": "acceptedEpoch", "epoch": 1})
step(2, "LeaderPersistAcceptedEpoch", saved(2), acceptedEpoch=1)
step(1, "FollowerProcessLEADERINFO", reads("LEADERINFO", epoch=1),
     {"op": "acceptedEpoch", "epoch": 1}, zabState="SYNCHRONIZATION")
step(1, "FollowerPersistAcceptedEpoch", saved(1), acceptedEpoch=1)
step(2, "LeaderProcessACKEPOCH", reads("ACKEPOCH", currentEpoch=0, lastZxid=ZERO),
     {"op": "currentEpoch", "epoch": 1})

# Synchronization: nothing is missing.
step(2, "LeaderPersistCurrentEpoch", saved(2), currentEpoch=1, zabState="SYNCHRONIZATION")
step(1, None, reads("DIFF", zxid=ZERO))
step(1, "FollowerProcessNEWLEADER", reads("NEWLEADER", zxid=[1, 0]),
     {"op": "currentEpoch", "epoch": 1})
step(1, "FollowerPersistCurrentEpoch", saved(1), currentEpoch=1)
step(2, "LeaderProcessACKNEWLEADER", reads("ACK", zxid=[1, 0]), zabState="BROADCAST")
step(1, "FollowerProcessUPTODATE", reads("UPTODATE", zxid=[1, 0]), zabState="BROADCAST")

# Broadcast: both must have a transaction on disk before it is delivered.
for counter, digest in [(1, "aa"), (2, "bb")]:
    txn, zxid = [1, counter, digest], [1, counter]
    append = {"op": "append", "txn": txn}
    step(2, "LeaderPropose", {"type": "propose", "txn": txn}, append, lastZxid=zxid)
    early = {"lastCommitted": zxid} if EARLY and counter == 2 else {}
    step(2, "LeaderPersistLog", saved(2), **early)
    step(1, "FollowerProcessPROPOSAL", reads("PROPOSAL", txn=txn), append, lastZxid=zxid)
    step(1, "FollowerPersistLog", saved(1))
    step(2, "LeaderProcessACK", reads("ACK", zxid=zxid), lastCommitted=zxid)
    step(1, "FollowerProcessCOMMIT", reads("COMMIT", zxid=zxid), lastCommitted=zxid)
