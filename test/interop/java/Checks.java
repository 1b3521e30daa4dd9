/*
 * The Java client against a running server or ensemble.
 *
 * Usage: Checks CONNECT_STRING [--failover]
 *        Checks --hold CONNECT_STRING PATH TIMEOUT_MS
 *            (a session with an ephemeral, until it is killed; writes `held SESSION PASSWORD`)
 *
 * One line a check on standard output: `ok NAME` or `not ok NAME reason`; exit code 1 if one failed. With
 * --failover it asks whoever started it to kill and restart members: it writes `ask kill HOST:PORT` or
 * `ask restart HOST:PORT` and waits for a line on standard input.
 */
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

public final class Checks {
    static final int PATIENCE_S = 60;
    static final int TIMEOUT_MS = 15_000;
    /** Session timeout of a client that is going to be killed. */
    static final int EXPIRY_MS = 2_000;

    static String connectString;
    static String root = "/java-" + UUID.randomUUID().toString().substring(0, 8);
    static boolean failed;
    static BufferedReader answers = new BufferedReader(new InputStreamReader(System.in));

    interface Check {
        void run(Client zk) throws Exception;
    }

    interface Call {
        void run() throws Exception;
    }

    /** The client, with its address and its states open to see. */
    static final class Client extends ZooKeeper {
        final Session states;

        Client(String hosts, int timeout, Session states) throws Exception {
            super(hosts, timeout, states);
            this.states = states;
        }

        Client(String hosts, int timeout, Session states, long id, byte[] password) throws Exception {
            super(hosts, timeout, states, id, password);
            this.states = states;
        }

        String server() {
            InetSocketAddress remote = (InetSocketAddress) testableRemoteSocketAddress();
            return remote.getAddress().getHostAddress() + ":" + remote.getPort();
        }
    }

    /** The default watcher: what became of the session. */
    static final class Session implements Watcher {
        final CountDownLatch connected = new CountDownLatch(1);
        final CountDownLatch over = new CountDownLatch(1);

        @Override
        public void process(WatchedEvent event) {
            if (event.getState() == KeeperState.SyncConnected) connected.countDown();
            if (event.getState() == KeeperState.Expired) over.countDown();
        }
    }

    static Client open(String hosts, int timeout) throws Exception {
        Session states = new Session();
        return ready(new Client(hosts, timeout, states));
    }

    static Client ready(Client client) throws Exception {
        check(client.states.connected.await(PATIENCE_S, TimeUnit.SECONDS), "not connected");
        return client;
    }

    static void check(boolean holds, Object message) {
        if (!holds) throw new AssertionError(message);
    }

    static void same(Object actual, Object expected) {
        check(expected.equals(actual), actual + " instead of " + expected);
    }

    static void raises(Code code, Call call) throws Exception {
        try {
            call.run();
        } catch (KeeperException e) {
            same(e.code(), code);
            return;
        }
        throw new AssertionError(code + " expected, and the call succeeded");
    }

    /** A watch: node events only, as the default watcher's state changes reach every watch too. */
    static final class Watch implements Watcher {
        final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() != EventType.None) events.add(event);
        }

        void expect(EventType type, String path) throws Exception {
            WatchedEvent event = events.poll(PATIENCE_S, TimeUnit.SECONDS);
            check(event != null, "no " + type + " event for " + path);
            same(event.getType() + " " + event.getPath(), type + " " + path);
        }
    }

    static String make(ZooKeeper zk, String path, String data, CreateMode mode) throws Exception {
        return zk.create(path, data.getBytes(UTF_8), Ids.OPEN_ACL_UNSAFE, mode);
    }

    static String make(ZooKeeper zk, String path) throws Exception {
        return make(zk, path, "", CreateMode.PERSISTENT);
    }

    static String read(ZooKeeper zk, String path) throws Exception {
        return new String(zk.getData(path, false, null), UTF_8);
    }

    static void sync(ZooKeeper zk, String path) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        int[] code = {1};
        AsyncCallback.VoidCallback callback =
                (rc, p, context) -> {
                    code[0] = rc;
                    done.countDown();
                };
        zk.sync(path, callback, null);
        check(done.await(PATIENCE_S, TimeUnit.SECONDS), "no answer to sync");
        if (code[0] != 0) throw KeeperException.create(Code.get(code[0]), path);
    }

    static void connect(Client zk) throws Exception {
        check(zk.getSessionId() != 0 && zk.getSessionPasswd().length == 16, "no session");
        same(zk.getSessionTimeout(), TIMEOUT_MS);
        check(zk.getChildren("/", false).contains("zookeeper"), "no /zookeeper");
    }

    static void createPersistent(Client zk) throws Exception {
        String path = root + "/persistent";
        same(make(zk, path, "a", CreateMode.PERSISTENT), path);
        Stat stat = new Stat();
        same(new String(zk.getData(path, false, stat), UTF_8), "a");
        check(stat.getEphemeralOwner() == 0 && stat.getVersion() == 0 && stat.getDataLength() == 1, stat);
        String child = zk.create(path + "/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, stat);
        same(child, path + "/child");
        check(stat.getCzxid() == stat.getMzxid() && stat.getCzxid() == stat.getPzxid(), stat);
        check(zk.getData(child, false, stat) == null && stat.getDataLength() == 0, "null data was not kept");
    }

    static void createEphemeral(Client zk) throws Exception {
        String path = make(zk, root + "/ephemeral", "", CreateMode.EPHEMERAL);
        same(zk.exists(path, false).getEphemeralOwner(), zk.getSessionId());
    }

    static void createSequential(Client zk) throws Exception {
        String parent = make(zk, root + "/sequential");
        for (int i = 0; i < 3; i++) {
            String made = make(zk, parent + "/n-", "", CreateMode.PERSISTENT_SEQUENTIAL);
            same(made, String.format("%s/n-%010d", parent, i));
        }
        zk.delete(parent + "/n-0000000002", -1);
        same(make(zk, parent + "/", "", CreateMode.PERSISTENT_SEQUENTIAL), parent + "/0000000003");
    }

    static void createEphemeralSequential(Client zk) throws Exception {
        String parent = make(zk, root + "/ephemeral-sequential");
        for (int i = 0; i < 2; i++) {
            String made = make(zk, parent + "/e-", "", CreateMode.EPHEMERAL_SEQUENTIAL);
            same(made, String.format("%s/e-%010d", parent, i));
            same(zk.exists(made, false).getEphemeralOwner(), zk.getSessionId());
        }
    }

    static void getSet(Client zk) throws Exception {
        String path = make(zk, root + "/data");
        Stat stat = zk.setData(path, "one".getBytes(UTF_8), -1);
        check(stat.getVersion() == 1 && stat.getDataLength() == 3 && stat.getMzxid() > stat.getCzxid(), stat);
        stat = zk.setData(path, "two".getBytes(UTF_8), 1);
        Stat again = new Stat();
        same(new String(zk.getData(path, false, again), UTF_8), "two");
        same(again, stat);
        byte[] big = new byte[700_000];
        for (int i = 0; i < big.length; i++) big[i] = (byte) i;
        zk.setData(path, big, 2);
        check(Arrays.equals(zk.getData(path, false, null), big), "700,000 bytes came back changed");
        zk.setData(path, new byte[0], 3);
        same(zk.getData(path, false, null).length, 0);
        zk.setData(path, null, 4);
        check(zk.getData(path, false, null) == null, "null data was not kept");
    }

    static void delete(Client zk) throws Exception {
        String path = make(zk, root + "/deleted");
        zk.setData(path, null, -1);
        zk.delete(path, 1);
        check(zk.exists(path, false) == null, "still there");
    }

    static void badVersion(Client zk) throws Exception {
        String path = make(zk, root + "/versions");
        raises(Code.BADVERSION, () -> zk.setData(path, null, 7));
        raises(Code.BADVERSION, () -> zk.delete(path, 7));
        same(zk.exists(path, false).getVersion(), 0);
    }

    static void noNode(Client zk) throws Exception {
        String gone = root + "/gone";
        raises(Code.NONODE, () -> zk.getData(gone, false, null));
        raises(Code.NONODE, () -> zk.setData(gone, null, -1));
        raises(Code.NONODE, () -> zk.delete(gone, -1));
        raises(Code.NONODE, () -> zk.getChildren(gone, false));
        raises(Code.NONODE, () -> zk.getACL(gone, new Stat()));
        raises(Code.NONODE, () -> make(zk, gone + "/child"));
        check(zk.exists(gone, false) == null, "exists");
    }

    static void nodeExists(Client zk) throws Exception {
        raises(Code.NODEEXISTS, () -> make(zk, root));
    }

    static void notEmpty(Client zk) throws Exception {
        raises(Code.NOTEMPTY, () -> zk.delete(root, -1));
    }

    static void noChildrenForEphemerals(Client zk) throws Exception {
        String path = make(zk, root + "/ephemeral-parent", "", CreateMode.EPHEMERAL);
        raises(Code.NOCHILDRENFOREPHEMERALS, () -> make(zk, path + "/child"));
    }

    static void children(Client zk) throws Exception {
        String path = make(zk, root + "/children");
        same(zk.getChildren(path, false), List.of());
        for (String name : List.of("a", "b", "c")) make(zk, path + "/" + name);
        Stat stat = new Stat();
        same(new TreeSet<>(zk.getChildren(path, false, stat)), new TreeSet<>(List.of("a", "b", "c")));
        check(stat.getNumChildren() == 3 && stat.getCversion() == 3, stat);
        zk.delete(path + "/b", -1);
        stat = zk.exists(path, false);
        check(stat.getNumChildren() == 2 && stat.getCversion() == 4 && stat.getVersion() == 0, stat);
    }

    static void watchData(Client zk) throws Exception {
        String path = make(zk, root + "/watch-data");
        Watch watch = new Watch();
        zk.getData(path, watch, null);
        zk.setData(path, null, -1);
        watch.expect(EventType.NodeDataChanged, path);
        zk.getData(path, watch, null);
        zk.delete(path, -1);
        watch.expect(EventType.NodeDeleted, path);
    }

    static void watchExists(Client zk) throws Exception {
        String path = root + "/watch-exists";
        Watch watch = new Watch();
        check(zk.exists(path, watch) == null, "exists");
        make(zk, path);
        watch.expect(EventType.NodeCreated, path);
        check(zk.exists(path, watch) != null, "gone");
        zk.delete(path, -1);
        watch.expect(EventType.NodeDeleted, path);
    }

    static void watchChildren(Client zk) throws Exception {
        String path = make(zk, root + "/watch-children");
        Watch watch = new Watch();
        zk.getChildren(path, watch);
        make(zk, path + "/a");
        watch.expect(EventType.NodeChildrenChanged, path);
        zk.getChildren(path, watch);
        zk.delete(path + "/a", -1);
        watch.expect(EventType.NodeChildrenChanged, path);
        zk.getChildren(path, watch);
        zk.delete(path, -1);
        watch.expect(EventType.NodeDeleted, path);
    }

    static void watchOneShot(Client zk) throws Exception {
        String path = make(zk, root + "/watch-one-shot");
        Watch first = new Watch();
        Watch last = new Watch();
        zk.getData(path, first, null);
        zk.setData(path, null, -1);
        first.expect(EventType.NodeDataChanged, path);
        zk.setData(path, null, -1);
        zk.getData(path, last, null);
        zk.setData(path, null, -1);
        last.expect(EventType.NodeDataChanged, path); // events come in order: a second one of `first` would be here
        check(first.events.isEmpty(), first.events);
    }

    static void watchOtherClient(Client zk) throws Exception {
        String path = make(zk, root + "/watch-other");
        Watch watch = new Watch();
        zk.getData(path, watch, null);
        try (Client other = open(connectString, TIMEOUT_MS)) {
            other.setData(path, "other".getBytes(UTF_8), -1);
            watch.expect(EventType.NodeDataChanged, path);
            same(read(zk, path), "other");
        }
    }

    static void multi(Client zk) throws Exception {
        String path = root + "/multi";
        List<OpResult> results =
                zk.multi(
                        List.of(
                                Op.create(path, "a".getBytes(UTF_8), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                                Op.create(path + "/s-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL),
                                Op.setData(path, "b".getBytes(UTF_8), 0),
                                Op.check(path, 1),
                                Op.create(path + "/x", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                                Op.delete(path + "/x", 0)));
        same(((OpResult.CreateResult) results.get(0)).getPath(), path);
        same(((OpResult.CreateResult) results.get(1)).getPath(), path + "/s-0000000000");
        same(((OpResult.SetDataResult) results.get(2)).getStat().getVersion(), 1);
        check(results.get(3) instanceof OpResult.CheckResult, results.get(3));
        check(results.get(5) instanceof OpResult.DeleteResult, results.get(5));
        same(read(zk, path), "b");
        same(zk.getChildren(path, false), List.of("s-0000000000"));
        Stat stat = zk.exists(path, false);
        same(stat.getCzxid(), stat.getMzxid());
    }

    static void multiRollback(Client zk) throws Exception {
        String path = make(zk, root + "/rollback", "before", CreateMode.PERSISTENT);
        try {
            zk.multi(
                    List.of(
                            Op.setData(path, "after".getBytes(UTF_8), -1),
                            Op.create(path + "/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                            Op.check(path, 77),
                            Op.delete(path, -1)));
            throw new AssertionError("the multi succeeded");
        } catch (KeeperException e) {
            same(e.code(), Code.BADVERSION);
            int[] codes = e.getResults().stream().mapToInt(r -> ((OpResult.ErrorResult) r).getErr()).toArray();
            same(Arrays.toString(codes), "[0, 0, -103, -2]");
        }
        Stat stat = new Stat();
        same(new String(zk.getData(path, false, stat), UTF_8), "before");
        check(stat.getVersion() == 0 && stat.getCversion() == 0 && stat.getNumChildren() == 0, stat);
        same(stat.getPzxid(), stat.getCzxid());
    }

    static void syncCheck(Client zk) throws Exception {
        String path = make(zk, root + "/sync");
        for (String host : connectString.split(",")) {
            try (Client reader = open(host, TIMEOUT_MS)) {
                for (int i = 0; i < 5; i++) {
                    zk.setData(path, (host + i).getBytes(UTF_8), -1);
                    sync(reader, path);
                    same(read(reader, path), host + i);
                }
            }
        }
    }

    static void aclWorld(Client zk) throws Exception {
        String path = root + "/acl-world";
        List<ACL> acl = Arrays.asList(new ACL(Perms.READ | Perms.ADMIN, Ids.ANYONE_ID_UNSAFE));
        zk.create(path, null, acl, CreateMode.PERSISTENT);
        Stat stat = new Stat();
        same(zk.getACL(path, stat), acl);
        same(stat.getAversion(), 0);
        raises(Code.NOAUTH, () -> zk.setData(path, null, -1));
        raises(Code.NOAUTH, () -> make(zk, path + "/child"));
        same(zk.setACL(path, Ids.OPEN_ACL_UNSAFE, 0).getAversion(), 1);
        raises(Code.BADVERSION, () -> zk.setACL(path, Ids.OPEN_ACL_UNSAFE, 0));
        zk.setData(path, null, -1);
        raises(Code.INVALIDACL, () -> zk.create(path + "/none", null, new ArrayList<>(), CreateMode.PERSISTENT));
    }

    static void aclDigest(Client zk) throws Exception {
        String path = root + "/acl-digest";
        String digest = DigestAuthenticationProvider.generateDigest("someone:secret");
        try (Client owner = open(connectString, TIMEOUT_MS)) {
            raises(
                    Code.INVALIDACL,
                    () -> owner.create(path, null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            owner.addAuthInfo("digest", "someone:secret".getBytes(UTF_8));
            owner.create(path, "private".getBytes(UTF_8), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            same(owner.getACL(path, null), List.of(new ACL(Perms.ALL, new Id("digest", digest))));
        }
        raises(Code.NOAUTH, () -> zk.getData(path, false, null));
        zk.addAuthInfo("digest", "someone:secret".getBytes(UTF_8));
        same(read(zk, path), "private");
        raises(Code.INVALIDACL, () -> zk.setACL(path, Arrays.asList(new ACL(1, new Id("nonsense", "x"))), -1));
    }

    static void closeRemovesEphemerals(Client zk) throws Exception {
        String path = root + "/closing";
        Watch watch = new Watch();
        try (Client other = open(connectString, TIMEOUT_MS)) {
            make(other, path, "", CreateMode.EPHEMERAL);
            sync(zk, path);
            check(zk.exists(path, watch) != null, "not there");
        }
        watch.expect(EventType.NodeDeleted, path);
        check(zk.exists(path, false) == null, "still there");
    }

    /** A session in another process, with an ephemeral at `path`. Killed, its connection ends and its session does not. */
    static final class Holder implements AutoCloseable {
        final Process process;
        final long id;
        final byte[] password;

        Holder(String hosts, String path, int timeout) throws Exception {
            String java = ProcessHandle.current().info().command().orElse("java");
            String classes = System.getProperty("java.class.path");
            process =
                    new ProcessBuilder(
                                    java, "-cp", classes, "-XX:TieredStopAtLevel=1", "Checks",
                                    "--hold", hosts, path, String.valueOf(timeout))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
            check(line != null && line.startsWith("held "), line);
            String[] words = line.split(" ");
            id = Long.parseLong(words[1]);
            password = Base64.getDecoder().decode(words[2]);
        }

        @Override
        public void close() throws Exception {
            process.destroyForcibly().waitFor();
        }
    }

    static void hold(String path, int timeout) throws Exception {
        Client client = open(connectString, timeout);
        make(client, path, "", CreateMode.EPHEMERAL);
        String password = Base64.getEncoder().encodeToString(client.getSessionPasswd());
        System.out.println("held " + client.getSessionId() + " " + password);
        Thread.currentThread().join();
    }

    static void expiryRemovesEphemerals(Client zk) throws Exception {
        String path = root + "/expiring";
        Watch watch = new Watch();
        try (Holder holder = new Holder(connectString, path, EXPIRY_MS)) {
            sync(zk, path);
            check(zk.exists(path, watch) != null, "not there");
        }
        watch.expect(EventType.NodeDeleted, path);
        check(zk.exists(path, false) == null, "still there");
    }

    /** A new connection takes over the session of a client that died, on another server if there is one. */
    static void sessionHandover(Client zk) throws Exception {
        String path = root + "/handover";
        String[] hosts = connectString.split(",");
        String last = hosts[hosts.length - 1];
        Holder dead = new Holder(hosts[0], path, 2 * TIMEOUT_MS);
        dead.close();
        Session states = new Session();
        try (Client robber = new Client(last, TIMEOUT_MS, states, dead.id, new byte[16])) {
            check(states.over.await(PATIENCE_S, TimeUnit.SECONDS), "a wrong password was not refused");
        }
        try (Client heir = ready(new Client(last, 2 * TIMEOUT_MS, new Session(), dead.id, dead.password))) {
            same(heir.getSessionId(), dead.id);
            sync(heir, path);
            same(heir.exists(path, false).getEphemeralOwner(), dead.id);
            heir.setData(path, "moved".getBytes(UTF_8), -1);
            same(read(heir, path), "moved");
        }
        sync(zk, path);
        check(zk.exists(path, false) == null, "still there");
    }

    static void chroot(Client zk) throws Exception {
        make(zk, root + "/chroot");
        try (Client other = open(connectString + root + "/chroot", TIMEOUT_MS)) {
            same(make(other, "/inside"), "/inside");
            Watch watch = new Watch();
            other.getData("/inside", watch, null);
            zk.setData(root + "/chroot/inside", null, -1);
            watch.expect(EventType.NodeDataChanged, "/inside");
            same(make(other, "/seq-", "", CreateMode.PERSISTENT_SEQUENTIAL), "/seq-0000000001");
            same(new TreeSet<>(other.getChildren("/", false)), new TreeSet<>(List.of("inside", "seq-0000000001")));
        }
    }

    static void ask(String what) throws Exception {
        System.out.println("ask " + what);
        String answer = answers.readLine();
        check("done".equals(answer), "asked to " + what + ": " + answer);
    }

    interface Value<T> {
        T get() throws Exception;
    }

    /** Again while the connection is lost; a session that expired is a failure. */
    static <T> T retry(Value<T> call) throws Exception {
        for (long end = System.nanoTime() + PATIENCE_S * 1_000_000_000L; ; Thread.sleep(50)) {
            try {
                return call.get();
            } catch (KeeperException.ConnectionLossException e) {
                if (System.nanoTime() > end) throw e;
            }
        }
    }

    /** The server under a session is killed: the session and its watches go on elsewhere, or there again. */
    static void failover(Client zk) throws Exception {
        String path = make(zk, root + "/failover", "before", CreateMode.PERSISTENT);
        boolean alone = !connectString.contains(",");
        try (Client client = open(connectString, 30_000)) {
            long id = client.getSessionId();
            make(client, path + "/mine", "", CreateMode.EPHEMERAL);
            sync(client, path);
            Watch changed = new Watch();
            Watch unchanged = new Watch();
            client.getData(path, changed, null);
            client.exists(path + "/later", unchanged);
            String server = client.server();
            ask("kill " + server);
            try {
                if (alone) ask("restart " + server);
                retry(() -> zk.setData(path, "after".getBytes(UTF_8), -1));
                changed.expect(EventType.NodeDataChanged, path);
                retry(() -> {
                    sync(client, path);
                    return null;
                });
                same(retry(() -> read(client, path)), "after");
                same(client.getSessionId(), id);
                same(retry(() -> client.exists(path + "/mine", false)).getEphemeralOwner(), id);
                check(alone || !client.server().equals(server), "on the server that was killed");
                check(unchanged.events.isEmpty(), unchanged.events);
                retry(() -> make(zk, path + "/later"));
                unchanged.expect(EventType.NodeCreated, path + "/later");
            } finally {
                if (!alone) ask("restart " + server);
            }
        }
        retry(() -> {
            sync(zk, path);
            return null;
        });
        check(retry(() -> zk.exists(path + "/mine", false)) == null, "the ephemeral outlived its session");
    }

    static void attempt(String name, Check check, Client zk) {
        try {
            check.run(zk);
            System.out.println("ok " + name);
        } catch (Throwable e) {
            failed = true;
            StringBuilder reason = new StringBuilder(e.toString());
            for (StackTraceElement frame : e.getStackTrace()) {
                if (frame.getClassName().startsWith("Checks")) reason.append(" at ").append(frame);
            }
            System.out.println("not ok " + name + " " + reason.toString().replace('\n', ' '));
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("--hold")) {
            connectString = arguments[1];
            hold(arguments[2], Integer.parseInt(arguments[3]));
        }
        connectString = arguments[0];
        Client zk = open(connectString, TIMEOUT_MS);
        make(zk, root);
        attempt("connect", Checks::connect, zk);
        attempt("create-persistent", Checks::createPersistent, zk);
        attempt("create-ephemeral", Checks::createEphemeral, zk);
        attempt("create-sequential", Checks::createSequential, zk);
        attempt("create-ephemeral-sequential", Checks::createEphemeralSequential, zk);
        attempt("get-set", Checks::getSet, zk);
        attempt("delete", Checks::delete, zk);
        attempt("bad-version", Checks::badVersion, zk);
        attempt("no-node", Checks::noNode, zk);
        attempt("node-exists", Checks::nodeExists, zk);
        attempt("not-empty", Checks::notEmpty, zk);
        attempt("no-children-for-ephemerals", Checks::noChildrenForEphemerals, zk);
        attempt("children", Checks::children, zk);
        attempt("watch-data", Checks::watchData, zk);
        attempt("watch-exists", Checks::watchExists, zk);
        attempt("watch-children", Checks::watchChildren, zk);
        attempt("watch-one-shot", Checks::watchOneShot, zk);
        attempt("watch-other-client", Checks::watchOtherClient, zk);
        attempt("multi", Checks::multi, zk);
        attempt("multi-rollback", Checks::multiRollback, zk);
        attempt("sync", Checks::syncCheck, zk);
        attempt("acl-world", Checks::aclWorld, zk);
        attempt("acl-digest", Checks::aclDigest, zk);
        attempt("close-removes-ephemerals", Checks::closeRemovesEphemerals, zk);
        attempt("expiry-removes-ephemerals", Checks::expiryRemovesEphemerals, zk);
        attempt("session-handover", Checks::sessionHandover, zk);
        attempt("chroot", Checks::chroot, zk);
        if (Arrays.asList(arguments).contains("--failover")) attempt("failover", Checks::failover, zk);
        zk.close();
        System.exit(failed ? 1 : 0);
    }
}
