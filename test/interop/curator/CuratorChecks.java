import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.EventType;

/**
 * Curator's recipes between two clients. Arguments: connect string, and `--failover` where a member may be killed.
 * A line "ok NAME" or "not ok NAME reason" for each check; "ask kill HOST:PORT" is answered by a line "done".
 */
public final class CuratorChecks {
    private static final BufferedReader ANSWERS = new BufferedReader(new InputStreamReader(System.in));
    private static final ExecutorService OTHERS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });
    private static CuratorFramework a;
    private static CuratorFramework b;
    private static boolean failed;

    private CuratorChecks() {}

    public static void main(String[] args) throws Exception {
        List<String> hosts = List.of(args[0].split(","));
        a = connect(args[0]);
        b = connect(args[0]);
        recipes("");
        if (List.of(args).contains("--failover")) {
            // A lock, a leadership, an ephemeral node and a cache that are held while servers go and come back.
            check("held-through-failover", () -> heldThroughFailover(hosts));
            recipes("-after-failover");
        }
        b.close();
        a.close();
        System.exit(failed ? 1 : 0);
    }

    private static void recipes(String suffix) {
        check("mutex" + suffix, () -> mutex("/mutex" + suffix));
        check("read-write-lock" + suffix, () -> readWriteLock("/rw" + suffix));
        check("multi-lock" + suffix, () -> multiLock("/multi-lock" + suffix));
        check("semaphore" + suffix, () -> semaphore("/semaphore" + suffix));
        check("leader-latch" + suffix, () -> leaderLatch("/latch" + suffix));
        check("leader-selector" + suffix, () -> leaderSelector("/selector" + suffix));
        check("curator-cache" + suffix, () -> curatorCache("/cache" + suffix));
        check("tree-cache" + suffix, () -> treeCache("/tree" + suffix));
        check("path-children-cache" + suffix, () -> pathChildrenCache("/children" + suffix));
        check("node-cache" + suffix, () -> nodeCache("/node" + suffix));
        check("persistent-watcher" + suffix, () -> persistentWatcher("/watched" + suffix));
        check("barrier" + suffix, () -> barrier("/barrier" + suffix));
        check("double-barrier" + suffix, () -> doubleBarrier("/double" + suffix));
        check("shared-count" + suffix, () -> sharedCount("/count" + suffix));
        check("atomic-long" + suffix, () -> atomicLong("/atomic" + suffix));
        check("queue" + suffix, () -> queue("/queue" + suffix));
        check("group-member" + suffix, () -> groupMember("/group" + suffix));
        check("transaction" + suffix, () -> transaction("/transaction" + suffix));
        check("persistent-node" + suffix, () -> persistentNode("/persistent" + suffix));
        check("persistent-ttl-node" + suffix, () -> persistentTtlNode("/ttl" + suffix));
    }

    private static CuratorFramework connect(String hosts) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(hosts)
                .namespace("checks")
                .sessionTimeoutMs(20_000)
                .connectionTimeoutMs(15_000)
                .retryPolicy(new RetryForever(100))
                .build();
        client.start();
        client.blockUntilConnected();
        return client;
    }

    private static void check(String name, Callable<?> body) {
        try {
            body.call();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError e) {
            failed = true;
            System.out.println("not ok " + name + " " + e.toString().replace('\n', ' '));
        }
        System.out.flush();
    }

    private static void ask(String what) throws Exception {
        System.out.println("ask " + what);
        System.out.flush();
        String answer = ANSWERS.readLine();
        if (!"done".equals(answer)) throw new IllegalStateException(what + ": " + answer);
    }

    private static void equal(Object actual, Object expected) {
        if (!expected.equals(actual)) throw new AssertionError(actual + " is not " + expected);
    }

    private static void holds(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    private static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            if (System.nanoTime() > end) throw new AssertionError("not within 60 s: " + what);
            Thread.sleep(5);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    /** Eight contenders on two clients: never two inside, and each gets in. */
    private static Void mutex(String path) throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger entered = new AtomicInteger();
        List<Future<?>> contenders = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            InterProcessMutex mutex = new InterProcessMutex(i % 2 == 0 ? a : b, path);
            contenders.add(OTHERS.submit(() -> {
                holds(mutex.acquire(60, TimeUnit.SECONDS), "acquired");
                // Reentrant for its thread.
                mutex.acquire();
                equal(inside.incrementAndGet(), 1);
                entered.incrementAndGet();
                inside.decrementAndGet();
                mutex.release();
                mutex.release();
                return null;
            }));
        }
        for (Future<?> contender : contenders) contender.get(60, TimeUnit.SECONDS);
        equal(entered.get(), 8);
        return null;
    }

    private static Void readWriteLock(String path) throws Exception {
        InterProcessReadWriteLock mine = new InterProcessReadWriteLock(a, path);
        InterProcessReadWriteLock other = new InterProcessReadWriteLock(b, path);
        mine.readLock().acquire();
        Future<Boolean> reader = OTHERS.submit(() -> {
            other.readLock().acquire();
            other.readLock().release();
            return other.writeLock().acquire(300, TimeUnit.MILLISECONDS);
        });
        equal(reader.get(60, TimeUnit.SECONDS), false);
        mine.readLock().release();
        mine.writeLock().acquire();
        mine.readLock().acquire();
        mine.writeLock().release();
        mine.readLock().release();
        Future<Boolean> writer = OTHERS.submit(() -> {
            boolean got = other.writeLock().acquire(60, TimeUnit.SECONDS);
            other.writeLock().release();
            return got;
        });
        equal(writer.get(90, TimeUnit.SECONDS), true);
        return null;
    }

    private static Void multiLock(String path) throws Exception {
        InterProcessMultiLock both = new InterProcessMultiLock(a, List.of(path + "/1", path + "/2"));
        both.acquire();
        InterProcessMutex one = new InterProcessMutex(b, path + "/2");
        Future<Boolean> tried = OTHERS.submit(() -> one.acquire(300, TimeUnit.MILLISECONDS));
        equal(tried.get(60, TimeUnit.SECONDS), false);
        both.release();
        return null;
    }

    private static Void semaphore(String path) throws Exception {
        InterProcessSemaphoreV2 mine = new InterProcessSemaphoreV2(a, path, 3);
        InterProcessSemaphoreV2 other = new InterProcessSemaphoreV2(b, path, 3);
        List<Lease> leases = new ArrayList<>(mine.acquire(2));
        leases.add(other.acquire());
        equal(other.acquire(300, TimeUnit.MILLISECONDS) == null, true);
        mine.returnAll(leases.subList(0, 2));
        Lease freed = other.acquire(60, TimeUnit.SECONDS);
        holds(freed != null, "a lease that was returned");
        other.returnLease(freed);
        other.returnLease(leases.get(2));
        return null;
    }

    private static Void leaderLatch(String path) throws Exception {
        LeaderLatch first = new LeaderLatch(a, path, "first");
        first.start();
        first.await();
        LeaderLatch second = new LeaderLatch(b, path, "second");
        second.start();
        eventually("two participants", () -> second.getParticipants().size() == 2);
        equal(second.getLeader().getId(), "first");
        equal(second.hasLeadership(), false);
        first.close();
        holds(second.await(60, TimeUnit.SECONDS), "the second leads");
        second.close();
        return null;
    }

    private static Void leaderSelector(String path) throws Exception {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch turns = new CountDownLatch(4);
        AtomicInteger leaders = new AtomicInteger();
        List<LeaderSelector> selectors = new ArrayList<>();
        for (CuratorFramework client : List.of(a, b)) {
            LeaderSelector selector = new LeaderSelector(client, path, new LeaderSelectorListenerAdapter() {
                @Override
                public void takeLeadership(CuratorFramework leader) {
                    if (leaders.incrementAndGet() != 1) order.add("two at once");
                    order.add(leader == a ? "a" : "b");
                    leaders.decrementAndGet();
                    turns.countDown();
                }
            });
            selector.autoRequeue();
            selector.start();
            selectors.add(selector);
        }
        holds(turns.await(60, TimeUnit.SECONDS), "four turns");
        for (LeaderSelector selector : selectors) selector.close();
        holds(!order.contains("two at once"), order.toString());
        equal(new TreeSet<>(order), Set.of("a", "b"));
        return null;
    }

    private static Void curatorCache(String path) throws Exception {
        b.create().creatingParentsIfNeeded().forPath(path + "/before", bytes("1"));
        Set<String> events = new ConcurrentSkipListSet<>();
        CuratorCache cache = CuratorCache.build(a, path);
        cache.listenable().addListener(CuratorCacheListener.builder()
                .forCreates(data -> events.add("created " + data.getPath()))
                .forChanges((old, data) -> events.add("changed " + data.getPath() + " " + text(data.getData())))
                .forDeletes(data -> events.add("deleted " + data.getPath()))
                .build());
        cache.start();
        b.create().creatingParentsIfNeeded().forPath(path + "/x/y", bytes("2"));
        b.setData().forPath(path + "/x/y", bytes("3"));
        eventually("change seen", () -> events.contains("changed " + path + "/x/y 3")
                || cache.get(path + "/x/y").filter(d -> text(d.getData()).equals("3")).isPresent());
        b.delete().forPath(path + "/x/y");
        b.delete().forPath(path + "/before");
        eventually("deletes seen", () -> events.contains("deleted " + path + "/before"));
        eventually("gone", () -> cache.get(path + "/x/y").isEmpty());
        equal(cache.get(path + "/x").isPresent(), true);
        cache.close();
        return null;
    }

    private static Void treeCache(String path) throws Exception {
        TreeCache cache = new TreeCache(a, path);
        cache.start();
        for (int i = 0; i < 20; i++) b.create().creatingParentsIfNeeded().forPath(path + "/p" + i % 4 + "/n" + i, bytes("" + i));
        eventually("20 leaves", () -> {
            int leaves = 0;
            for (int i = 0; i < 4; i++) {
                var children = cache.getCurrentChildren(path + "/p" + i);
                leaves += children == null ? 0 : children.size();
            }
            return leaves == 20;
        });
        b.delete().deletingChildrenIfNeeded().forPath(path + "/p1");
        eventually("a branch gone", () -> cache.getCurrentChildren(path).size() == 3);
        cache.close();
        return null;
    }

    private static Void pathChildrenCache(String path) throws Exception {
        b.create().forPath(path);
        PathChildrenCache cache = new PathChildrenCache(a, path, true);
        cache.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
        b.create().forPath(path + "/1", bytes("one"));
        b.create().withMode(CreateMode.EPHEMERAL).forPath(path + "/2", bytes("two"));
        eventually("two children", () -> cache.getCurrentData().size() == 2);
        b.setData().forPath(path + "/1", bytes("uno"));
        eventually("new data", () -> text(cache.getCurrentData(path + "/1").getData()).equals("uno"));
        b.delete().forPath(path + "/2");
        eventually("one child", () -> cache.getCurrentData().size() == 1);
        cache.close();
        return null;
    }

    private static Void nodeCache(String path) throws Exception {
        NodeCache cache = new NodeCache(a, path);
        cache.start(true);
        b.create().forPath(path, bytes("1"));
        eventually("created", () -> cache.getCurrentData() != null);
        b.setData().forPath(path, bytes("2"));
        eventually("changed", () -> text(cache.getCurrentData().getData()).equals("2"));
        b.delete().forPath(path);
        eventually("deleted", () -> cache.getCurrentData() == null);
        cache.close();
        return null;
    }

    /** Recursive: every change below, in order, without a new registration. */
    private static Void persistentWatcher(String path) throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        CountDownLatch set = new CountDownLatch(1);
        PersistentWatcher watcher = new PersistentWatcher(a, path, true);
        watcher.getResetListenable().addListener(set::countDown);
        watcher.getListenable().addListener(event -> {
            if (event.getType() != EventType.None) events.add(event.getType() + " " + event.getPath());
        });
        watcher.start();
        holds(set.await(60, TimeUnit.SECONDS), "watching");
        b.create().forPath(path);
        b.create().forPath(path + "/1");
        b.create().forPath(path + "/1/2");
        b.setData().forPath(path + "/1/2", bytes("x"));
        b.setData().forPath(path + "/1/2", bytes("y"));
        b.delete().forPath(path + "/1/2");
        b.delete().forPath(path + "/1");
        List<String> expected = List.of(
                "NodeCreated " + path,
                "NodeCreated " + path + "/1",
                "NodeCreated " + path + "/1/2",
                "NodeDataChanged " + path + "/1/2",
                "NodeDataChanged " + path + "/1/2",
                "NodeDeleted " + path + "/1/2",
                "NodeDeleted " + path + "/1");
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) seen.add(events.poll(60, TimeUnit.SECONDS));
        equal(seen, expected);
        watcher.close();
        return null;
    }

    private static Void barrier(String path) throws Exception {
        DistributedBarrier mine = new DistributedBarrier(a, path);
        mine.setBarrier();
        DistributedBarrier other = new DistributedBarrier(b, path);
        equal(other.waitOnBarrier(200, TimeUnit.MILLISECONDS), false);
        Future<Boolean> waiting = OTHERS.submit(() -> other.waitOnBarrier(60, TimeUnit.SECONDS));
        mine.removeBarrier();
        equal(waiting.get(90, TimeUnit.SECONDS), true);
        return null;
    }

    private static Void doubleBarrier(String path) throws Exception {
        List<Future<Boolean>> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(i == 0 ? a : b, path, 3);
            members.add(OTHERS.submit(
                    () -> barrier.enter(60, TimeUnit.SECONDS) && barrier.leave(60, TimeUnit.SECONDS)));
        }
        for (Future<Boolean> member : members) equal(member.get(130, TimeUnit.SECONDS), true);
        return null;
    }

    private static Void sharedCount(String path) throws Exception {
        SharedCount mine = new SharedCount(a, path, 7);
        SharedCount other = new SharedCount(b, path, 7);
        mine.start();
        other.start();
        equal(other.getCount(), 7);
        mine.setCount(8);
        eventually("8 seen", () -> other.getCount() == 8);
        equal(other.trySetCount(other.getVersionedValue(), 9), true);
        eventually("9 seen", () -> mine.getCount() == 9);
        mine.close();
        other.close();
        return null;
    }

    private static Void atomicLong(String path) throws Exception {
        List<Future<?>> adders = new ArrayList<>();
        for (CuratorFramework client : List.of(a, b, a, b)) {
            DistributedAtomicLong counter = new DistributedAtomicLong(client, path, new RetryForever(5));
            adders.add(OTHERS.submit(() -> {
                for (int i = 0; i < 10; i++) holds(counter.increment().succeeded(), "incremented");
                return null;
            }));
        }
        for (Future<?> adder : adders) adder.get(60, TimeUnit.SECONDS);
        AtomicValue<Long> value = new DistributedAtomicLong(a, path, new RetryForever(5)).get();
        a.sync().forPath(path);
        equal(value.succeeded(), true);
        equal(value.postValue(), 40L);
        return null;
    }

    private static Void queue(String path) throws Exception {
        SimpleDistributedQueue in = new SimpleDistributedQueue(a, path);
        SimpleDistributedQueue out = new SimpleDistributedQueue(b, path);
        Future<List<String>> taken = OTHERS.submit(() -> {
            List<String> items = new ArrayList<>();
            for (int i = 0; i < 10; i++) items.add(text(out.take()));
            return items;
        });
        List<String> offered = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            in.offer(bytes("item-" + i));
            offered.add("item-" + i);
        }
        equal(taken.get(60, TimeUnit.SECONDS), offered);
        return null;
    }

    private static Void groupMember(String path) throws Exception {
        GroupMember first = new GroupMember(a, path, "first", bytes("1"));
        GroupMember second = new GroupMember(b, path, "second", bytes("2"));
        first.start();
        second.start();
        eventually("both", () -> first.getCurrentMembers().keySet().equals(Set.of("first", "second")));
        equal(text(first.getCurrentMembers().get("second")), "2");
        second.setThisData(bytes("3"));
        eventually("new data", () -> text(first.getCurrentMembers().get("second")).equals("3"));
        second.close();
        eventually("one", () -> first.getCurrentMembers().keySet().equals(Set.of("first")));
        first.close();
        return null;
    }

    private static Void transaction(String path) throws Exception {
        List<CuratorTransactionResult> results = a.transaction().forOperations(
                a.transactionOp().create().forPath(path, bytes("1")),
                a.transactionOp().create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath(path + "/s-"),
                a.transactionOp().setData().withVersion(0).forPath(path, bytes("2")),
                a.transactionOp().check().withVersion(1).forPath(path));
        equal(results.size(), 4);
        equal(results.get(1).getResultPath(), path + "/s-0000000000");
        equal(results.get(2).getResultStat().getVersion(), 1);
        try {
            a.transaction().forOperations(
                    a.transactionOp().delete().forPath(path + "/s-0000000000"),
                    a.transactionOp().check().withVersion(5).forPath(path));
            throw new AssertionError("a check that fails");
        } catch (KeeperException.BadVersionException expected) {
            equal(expected.getResults().size(), 2);
        }
        equal(a.getChildren().forPath(path), List.of("s-0000000000"));
        return null;
    }

    /** Somebody deletes it: it comes back. */
    private static Void persistentNode(String path) throws Exception {
        PersistentNode node = new PersistentNode(a, CreateMode.EPHEMERAL, false, path, bytes("mine"));
        node.start();
        holds(node.waitForInitialCreate(60, TimeUnit.SECONDS), "created");
        long owner = a.checkExists().forPath(path).getEphemeralOwner();
        equal(owner, a.getZookeeperClient().getZooKeeper().getSessionId());
        long before = a.checkExists().forPath(path).getCzxid();
        b.delete().forPath(path);
        eventually("again", () -> {
            var stat = a.checkExists().forPath(path);
            return stat != null && stat.getCzxid() > before;
        });
        equal(text(a.getData().forPath(path)), "mine");
        node.close();
        eventually("gone", () -> a.checkExists().forPath(path) == null);
        return null;
    }

    /** Its child is written every half of the time to live. */
    private static Void persistentTtlNode(String path) throws Exception {
        PersistentTtlNode node = new PersistentTtlNode(a, path, Duration.ofSeconds(2).toMillis(), bytes("ttl"));
        node.start();
        holds(node.waitForInitialCreate(60, TimeUnit.SECONDS), "created");
        eventually("its child", () -> b.getChildren().forPath(path).size() == 1);
        equal(text(b.getData().forPath(path)), "ttl");
        node.close();
        return null;
    }

    private static Void heldThroughFailover(List<String> hosts) throws Exception {
        InterProcessMutex lock = new InterProcessMutex(a, "/held/lock");
        lock.acquire();
        LeaderLatch latch = new LeaderLatch(a, "/held/latch", "a");
        latch.start();
        latch.await();
        a.create().creatingParentsIfNeeded().withMode(CreateMode.EPHEMERAL).forPath("/held/ephemeral");
        long session = a.getZookeeperClient().getZooKeeper().getSessionId();
        CuratorCache cache = CuratorCache.build(a, "/held/cache");
        cache.start();
        int written = 0;
        for (String host : hosts) {
            ask("kill " + host);
            for (int i = 0; i < 5; i++) {
                int n = written++;
                eventually("written " + n, () -> {
                    try {
                        b.create().orSetData().creatingParentsIfNeeded().forPath("/held/cache/n" + n, bytes("" + n));
                        return true;
                    } catch (KeeperException.ConnectionLossException e) {
                        return false;
                    }
                });
            }
            ask("restart " + host);
        }
        int total = written;
        eventually("the cache has all", () -> {
            int seen = 0;
            for (int i = 0; i < total; i++) if (cache.get("/held/cache/n" + i).isPresent()) seen++;
            return seen == total;
        });
        equal(a.getZookeeperClient().getZooKeeper().getSessionId(), session);
        InterProcessMutex contender = new InterProcessMutex(b, "/held/lock");
        Future<Boolean> tried = OTHERS.submit(() -> contender.acquire(500, TimeUnit.MILLISECONDS));
        equal(tried.get(60, TimeUnit.SECONDS), false);
        eventually("ephemeral", () -> b.checkExists().forPath("/held/ephemeral") != null);
        eventually("leads", latch::hasLeadership);
        lock.release();
        latch.close();
        cache.close();
        return null;
    }
}
