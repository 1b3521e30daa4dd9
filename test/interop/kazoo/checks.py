"""kazoo against a running server or ensemble.

Usage: checks.py CONNECT_STRING [--failover]
       checks.py --hold CONNECT_STRING PATH TIMEOUT_S
           (a session with an ephemeral, until it is killed; writes `held SESSION PASSWORD`)

One line a check on standard output: `ok NAME` or `not ok NAME reason`; exit code 1 if one failed.
With --failover it asks whoever started it to kill and restart members: it writes `ask kill HOST:PORT` or
`ask restart HOST:PORT` and waits for a line on standard input.
"""

import logging
import subprocess
import sys
import threading
import traceback
import uuid

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.protocol.states import EventType
from kazoo.retry import KazooRetry
from kazoo.security import make_acl, make_digest_acl

logging.disable(logging.CRITICAL)
PATIENCE = 60  # seconds: how long anything may take before it counts as not happening
EXPIRY = 2  # seconds: session timeout of a client that is going to be killed

connect_string = ""
root = "/kazoo-" + uuid.uuid4().hex[:8]
failed = False


def open_client(hosts=None, timeout=15.0, **options):
    client = KazooClient(
        hosts=hosts or connect_string,
        timeout=timeout,
        connection_retry=KazooRetry(max_tries=-1, delay=0.1, max_delay=1.0),
        **options,
    )
    client.start(timeout=PATIENCE)
    return client


def close_client(client):
    client.stop()
    client.close()


def raises(kind, call, *args, **options):
    try:
        call(*args, **options)
    except kind:
        return
    raise AssertionError("%s expected, and the call succeeded" % kind.__name__)


class Watch:
    """Collects the events of one watch."""

    def __init__(self):
        self.events = []
        self.arrived = threading.Condition()

    def __call__(self, event):
        with self.arrived:
            self.events.append(event)
            self.arrived.notify_all()

    def expect(self, kind, path):
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.events, PATIENCE):
                raise AssertionError("no %s event for %s" % (kind, path))
        event = self.events[0]
        assert (event.type, event.path) == (kind, path), event


def expect_gone(zk, path):
    """Soon: a closing kazoo client does not wait for the answer to its closeSession."""
    watch = Watch()
    if zk.exists(path, watch=watch) is not None:
        watch.expect(EventType.DELETED, path)


def check_connect(zk):
    assert zk.state == KazooState.CONNECTED
    session, password = zk.client_id
    assert session != 0 and len(password) == 16
    assert "zookeeper" in zk.get_children("/")


def check_create_persistent(zk):
    path = root + "/persistent"
    assert zk.create(path, b"a") == path
    data, stat = zk.get(path)
    assert data == b"a" and stat.ephemeralOwner == 0 and stat.version == 0
    created, stat = zk.create(path + "/child", b"bc", include_data=True)
    assert created == path + "/child" and stat.dataLength == 2
    assert stat.czxid == stat.mzxid == stat.pzxid


def check_create_ephemeral(zk):
    path = root + "/ephemeral"
    assert zk.create(path, b"", ephemeral=True) == path
    assert zk.exists(path).ephemeralOwner == zk.client_id[0]


def check_create_sequential(zk):
    parent = root + "/sequential"
    zk.create(parent)
    names = [zk.create(parent + "/n-", sequence=True) for _ in range(3)]
    assert names == ["%s/n-%010d" % (parent, i) for i in range(3)], names
    zk.delete(names[2])
    assert zk.create(parent + "/m-", sequence=True) == "%s/m-%010d" % (parent, 3)
    assert zk.exists(names[0]).ephemeralOwner == 0


def check_create_ephemeral_sequential(zk):
    parent = root + "/ephemeral-sequential"
    zk.create(parent)
    names = [zk.create(parent + "/e-", ephemeral=True, sequence=True) for _ in range(2)]
    assert names == ["%s/e-%010d" % (parent, i) for i in range(2)], names
    assert zk.exists(names[1]).ephemeralOwner == zk.client_id[0]


def check_get_set(zk):
    path = root + "/data"
    zk.create(path, b"0")
    stat = zk.set(path, b"one")
    assert stat.version == 1 and stat.dataLength == 3 and stat.mzxid > stat.czxid
    stat = zk.set(path, b"two", version=1)
    assert zk.get(path) == (b"two", stat) and stat.version == 2
    big = bytes(range(256)) * 2048
    zk.set(path, big)
    assert zk.get(path)[0] == big
    zk.set(path, b"")
    assert zk.get(path)[0] == b""


def check_delete(zk):
    path = root + "/deleted"
    zk.create(path)
    zk.set(path, b"x")
    zk.delete(path, version=1)
    assert zk.exists(path) is None


def check_bad_version(zk):
    path = root + "/versions"
    zk.create(path)
    raises(BadVersionError, zk.set, path, b"x", version=7)
    raises(BadVersionError, zk.delete, path, version=7)
    assert zk.exists(path).version == 0


def check_no_node(zk):
    gone = root + "/gone"
    raises(NoNodeError, zk.get, gone)
    raises(NoNodeError, zk.set, gone, b"")
    raises(NoNodeError, zk.delete, gone)
    raises(NoNodeError, zk.get_children, gone)
    raises(NoNodeError, zk.create, gone + "/child")
    assert zk.exists(gone) is None


def check_node_exists(zk):
    raises(NodeExistsError, zk.create, root)


def check_not_empty(zk):
    raises(NotEmptyError, zk.delete, root)


def check_no_children_for_ephemerals(zk):
    path = root + "/ephemeral-parent"
    zk.create(path, ephemeral=True)
    raises(NoChildrenForEphemeralsError, zk.create, path + "/child")


def check_children(zk):
    path = root + "/children"
    zk.create(path)
    assert zk.get_children(path) == []
    for name in "abc":
        zk.create(path + "/" + name)
    children, stat = zk.get_children(path, include_data=True)
    assert sorted(children) == ["a", "b", "c"]
    assert stat.numChildren == 3 and stat.cversion == 3
    zk.delete(path + "/b")
    stat = zk.exists(path)
    assert stat.numChildren == 2 and stat.cversion == 4 and stat.version == 0


def check_watch_data(zk):
    path = root + "/watch-data"
    zk.create(path)
    changed, deleted = Watch(), Watch()
    zk.get(path, watch=changed)
    zk.set(path, b"1")
    changed.expect(EventType.CHANGED, path)
    zk.get(path, watch=deleted)
    zk.delete(path)
    deleted.expect(EventType.DELETED, path)


def check_watch_exists(zk):
    path = root + "/watch-exists"
    created = Watch()
    assert zk.exists(path, watch=created) is None
    zk.create(path)
    created.expect(EventType.CREATED, path)


def check_watch_children(zk):
    path = root + "/watch-children"
    zk.create(path)
    child, deleted = Watch(), Watch()
    zk.get_children(path, watch=child)
    zk.create(path + "/a")
    child.expect(EventType.CHILD, path)
    zk.delete(path + "/a")
    zk.get_children(path, watch=deleted)
    zk.delete(path)
    deleted.expect(EventType.DELETED, path)


def check_watch_one_shot(zk):
    path = root + "/watch-one-shot"
    zk.create(path)
    first, last = Watch(), Watch()
    zk.get(path, watch=first)
    zk.set(path, b"1")
    first.expect(EventType.CHANGED, path)
    zk.set(path, b"2")
    zk.get(path, watch=last)
    zk.set(path, b"3")
    last.expect(EventType.CHANGED, path)  # events come in order: a second one of `first` would be here
    assert len(first.events) == 1, first.events


def check_watch_other_client(zk):
    path = root + "/watch-other"
    zk.create(path)
    watch = Watch()
    zk.get(path, watch=watch)
    other = open_client()
    try:
        other.set(path, b"by another")
        watch.expect(EventType.CHANGED, path)
        assert zk.get(path)[0] == b"by another"
    finally:
        close_client(other)


def check_multi(zk):
    path = root + "/multi"
    t = zk.transaction()
    t.create(path, b"a")
    t.create(path + "/s-", sequence=True)
    t.set_data(path, b"b")
    t.check(path, 1)
    t.create(path + "/x")
    t.delete(path + "/x")
    results = t.commit()
    assert results[0] == path and results[1] == path + "/s-0000000000", results
    assert results[2].version == 1 and results[3] is True, results
    assert zk.get(path)[0] == b"b"
    assert zk.get_children(path) == ["s-0000000000"]


def check_multi_rollback(zk):
    path = root + "/rollback"
    zk.create(path, b"before")
    t = zk.transaction()
    t.set_data(path, b"after")
    t.create(path + "/child")
    t.check(path, 77)
    t.delete(path)
    results = t.commit()
    kinds = [type(r) for r in results]
    assert kinds == [RolledBackError, RolledBackError, BadVersionError, RuntimeInconsistency], kinds
    data, stat = zk.get(path)
    assert data == b"before" and stat.version == 0 and stat.cversion == 0 and stat.numChildren == 0
    assert stat.pzxid == stat.czxid


def check_sync(zk):
    path = root + "/sync"
    zk.create(path, b"0")
    readers = [open_client(hosts=h) for h in connect_string.split(",")]
    try:
        for i in range(5):
            value = b"%d" % i
            zk.set(path, value)
            for reader in readers:
                assert reader.sync(path) == path
                assert reader.get(path)[0] == value
    finally:
        for reader in readers:
            close_client(reader)


def check_acl_world(zk):
    path = root + "/acl-world"
    zk.create(path, acl=[make_acl("world", "anyone", read=True, admin=True)])
    acls, stat = zk.get_acls(path)
    assert [(a.perms, a.id.scheme, a.id.id) for a in acls] == [(17, "world", "anyone")], acls
    assert stat.aversion == 0
    raises(NoAuthError, zk.set, path, b"")
    raises(NoAuthError, zk.create, path + "/child")
    stat = zk.set_acls(path, [make_acl("world", "anyone", all=True)], version=0)
    assert stat.aversion == 1
    raises(BadVersionError, zk.set_acls, path, [make_acl("world", "anyone", all=True)], version=0)
    zk.set(path, b"")


def check_acl_digest(zk):
    path = root + "/acl-digest"
    owner = open_client()
    try:
        owner.add_auth("digest", "someone:secret")
        owner.create(path, b"private", acl=[make_digest_acl("someone", "secret", all=True)])
        assert owner.get(path)[0] == b"private"
        raises(NoAuthError, zk.get, path)
        zk.add_auth("digest", "someone:secret")
        assert zk.get(path)[0] == b"private"
        acls, _ = zk.get_acls(path)
        assert acls[0].id.scheme == "digest" and acls[0].id.id.startswith("someone:"), acls
    finally:
        close_client(owner)


def check_close_removes_ephemerals(zk):
    path = root + "/closing"
    other = open_client()
    other.create(path, ephemeral=True)
    zk.sync(path)
    watch = Watch()
    assert zk.exists(path, watch=watch) is not None
    close_client(other)
    watch.expect(EventType.DELETED, path)
    assert zk.exists(path) is None


class Holder:
    """A session in another process, with an ephemeral at `path`. Killed, its connection ends and its session does not."""

    def __init__(self, hosts, path, timeout):
        command = [sys.executable, __file__, "--hold", hosts, path, str(timeout)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        word, session, password = self.process.stdout.readline().decode().split()
        assert word == "held"
        self.client_id = (int(session), bytes.fromhex(password))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def check_expiry_removes_ephemerals(zk):
    path = root + "/expiring"
    with Holder(connect_string, path, EXPIRY):
        zk.sync(path)
        watch = Watch()
        assert zk.exists(path, watch=watch) is not None
    watch.expect(EventType.DELETED, path)
    assert zk.exists(path) is None


def check_session_handover(zk):
    """A new connection takes over the session of a client that died, on another server if there is one."""
    path = root + "/handover"
    hosts = connect_string.split(",")
    with Holder(hosts[0], path, 30) as holder:
        session = holder.client_id
    heir = open_client(hosts=hosts[-1], timeout=30.0, client_id=session)
    try:
        assert heir.client_id == session
        heir.sync(path)
        assert heir.exists(path).ephemeralOwner == session[0]
        heir.set(path, b"moved")
        assert heir.get(path)[0] == b"moved"
    finally:
        close_client(heir)
    expect_gone(zk, path)


def check_chroot(zk):
    zk.create(root + "/chroot")
    other = open_client(hosts=connect_string + root + "/chroot")
    try:
        assert other.create("/inside", b"x") == "/inside"
        watch = Watch()
        other.get("/inside", watch=watch)
        zk.set(root + "/chroot/inside", b"y")
        watch.expect(EventType.CHANGED, "/inside")
        assert other.create("/seq-", sequence=True) == "/seq-0000000001"
        assert sorted(other.get_children("/")) == ["inside", "seq-0000000001"]
    finally:
        close_client(other)


def ask(what):
    print("ask " + what, flush=True)
    answer = sys.stdin.readline().strip()
    assert answer == "done", "asked to %s: %s" % (what, answer or "no answer")


def check_failover(zk):
    """The server under a session is killed: the session goes on elsewhere, or there after its restart."""
    path = root + "/failover"
    client = open_client(timeout=30.0)
    session = client.client_id
    client.create(path, b"before", ephemeral=True)
    lost = threading.Event()
    client.add_listener(lambda state: state == KazooState.LOST and lost.set())
    host, port = client._connection._socket.getpeername()[:2]
    server = "%s:%d" % (host, port)
    alone = "," not in connect_string
    ask("kill " + server)
    try:
        if alone:
            ask("restart " + server)
        retry = KazooRetry(max_tries=-1, delay=0.1, max_delay=0.5, deadline=PATIENCE)
        data, stat = retry(client.get, path)
        assert data == b"before" and stat.ephemeralOwner == session[0]
        assert client.client_id == session and not lost.is_set()
        assert alone or "%s:%d" % client._connection._socket.getpeername()[:2] != server
        retry(client.set, path, b"after")
        retry(zk.sync, path)
        assert retry(zk.get, path)[0] == b"after"
    finally:
        if not alone:
            ask("restart " + server)
        close_client(client)
    retry(expect_gone, zk, path)


CHECKS = [
    check_connect,
    check_create_persistent,
    check_create_ephemeral,
    check_create_sequential,
    check_create_ephemeral_sequential,
    check_get_set,
    check_delete,
    check_bad_version,
    check_no_node,
    check_node_exists,
    check_not_empty,
    check_no_children_for_ephemerals,
    check_children,
    check_watch_data,
    check_watch_exists,
    check_watch_children,
    check_watch_one_shot,
    check_watch_other_client,
    check_multi,
    check_multi_rollback,
    check_sync,
    check_acl_world,
    check_acl_digest,
    check_close_removes_ephemerals,
    check_expiry_removes_ephemerals,
    check_session_handover,
    check_chroot,
]


def run(check, zk):
    global failed
    name = check.__name__[len("check_") :].replace("_", "-")
    try:
        check(zk)
        print("ok " + name, flush=True)
    except Exception:
        failed = True
        reason = " | ".join(traceback.format_exc().strip().split("\n")[1:])
        print("not ok %s %s" % (name, reason), flush=True)


def hold(path, timeout):
    client = open_client(timeout=timeout)
    client.create(path, ephemeral=True)
    session, password = client.client_id
    print("held %d %s" % (session, password.hex()), flush=True)
    threading.Event().wait()


def main(arguments):
    global connect_string
    if arguments[0] == "--hold":
        connect_string = arguments[1]
        hold(arguments[2], float(arguments[3]))
        return
    connect_string = arguments[0]
    zk = open_client()
    zk.create(root)
    for check in CHECKS:
        run(check, zk)
    if "--failover" in arguments:
        run(check_failover, zk)
    KazooRetry(max_tries=10)(zk.delete, root, recursive=True)
    close_client(zk)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
