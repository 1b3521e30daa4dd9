import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * What the Java client finds behind TLS and SASL: one line for each attempt, the same for every
 * server that behaves as Apache's. Arguments: plain port, secure port, folder of the keys.
 */
public final class Security {
    private static final long PATIENCE_MS = 20_000;
    /** For what must not succeed, however long one waits. */
    private static final long IMPATIENCE_MS = 4_000;

    private final String plain;
    private final String secure;
    private final Path keys;

    private Security(String[] args) {
        plain = "127.0.0.1:" + args[0];
        secure = "127.0.0.1:" + args[1];
        keys = Path.of(args[2]);
    }

    private interface Attempt {
        String run() throws Exception;
    }

    private interface Use {
        String with(ZooKeeper zk) throws Exception;
    }

    private ZKClientConfig config() {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty("zookeeper.fips-mode", "false");
        return config;
    }

    /** null: no certificate. */
    private ZKClientConfig tls(String who, String extension) {
        ZKClientConfig config = config();
        config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        config.setProperty(
            ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET,
            "org.apache.zookeeper.ClientCnxnSocketNetty");
        config.setProperty("zookeeper.ssl.trustStore.location", keys.resolve("trust.pem").toString());
        if (who != null) {
            config.setProperty(
                "zookeeper.ssl.keyStore.location", keys.resolve(who + extension).toString());
        }
        return config;
    }

    private ZKClientConfig sasl(String section) {
        ZKClientConfig config = config();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "true");
        config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, section);
        return config;
    }

    /** What `use` finds on a connection in `wanted`; else the state that the client came to. */
    private String on(
            String server, ZKClientConfig config, long patience, KeeperState wanted, Use use)
            throws Exception {
        CountDownLatch settled = new CountDownLatch(1);
        KeeperState[] last = {KeeperState.Disconnected};
        ZooKeeper zk = new ZooKeeper(server, 10_000, event -> {
            KeeperState state = event.getState();
            if (state == KeeperState.AuthFailed || last[0] != KeeperState.AuthFailed) {
                last[0] = state;
            }
            if (state == wanted || state == KeeperState.AuthFailed) {
                settled.countDown();
            }
        }, config);
        try {
            settled.await(patience, TimeUnit.MILLISECONDS);
            return last[0] == wanted ? use.with(zk) : last[0].toString();
        } finally {
            zk.close(100);
        }
    }

    private static String whoAmI(ZooKeeper zk) throws Exception {
        return zk.whoAmI().stream()
            .map(info -> info.getAuthScheme() + ":" + info.getUser())
            .sorted()
            .collect(Collectors.joining(" "));
    }

    private static String answer(Attempt attempt) throws Exception {
        try {
            return attempt.run();
        } catch (KeeperException e) {
            return e.code().toString();
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static String create(ZooKeeper zk, String path, String scheme, String id)
            throws Exception {
        List<ACL> acl = new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ALL, new Id(scheme, id))));
        return answer(() -> {
            zk.create(path, path.getBytes(), acl, CreateMode.PERSISTENT);
            return zk.getACL(path, new org.apache.zookeeper.data.Stat()).stream()
                .map(entry -> entry.getId().getScheme() + ":" + entry.getId().getId())
                .sorted()
                .collect(Collectors.joining(" "));
        });
    }

    private static String read(ZooKeeper zk, String path) throws Exception {
        return answer(() -> new String(zk.getData(path, false, null)));
    }

    private String connected(ZKClientConfig config, Use use) throws Exception {
        return on(secure, config, PATIENCE_MS, KeeperState.SyncConnected, use);
    }

    private String refused(String server, ZKClientConfig config) throws Exception {
        return on(server, config, IMPATIENCE_MS, KeeperState.SyncConnected, zk -> "connected");
    }

    private String authenticated(String section, Use use) throws Exception {
        return on(plain, sasl(section), PATIENCE_MS, KeeperState.SaslAuthenticated, use);
    }

    private void run(List<String> names, List<Attempt> attempts) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(attempts.size());
        List<Future<String>> results = new ArrayList<>();
        for (Attempt attempt : attempts) {
            results.add(pool.submit(attempt::run));
        }
        for (int i = 0; i < names.size(); i++) {
            System.out.println(names.get(i) + "\t" + results.get(i).get());
        }
        pool.shutdown();
    }

    private void all() throws Exception {
        List<String> names = new ArrayList<>();
        List<Attempt> attempts = new ArrayList<>();
        add(names, attempts, "certificate in PEM", () -> connected(tls("client", ".pem"), zk ->
            whoAmI(zk) + " / " + create(zk, "/x509", "auth", "") + " / " + read(zk, "/x509")));
        add(names, attempts, "x509 id in an ACL", () -> connected(tls("client", ".pem"), zk ->
            create(zk, "/named", "x509", "CN=somebody else,O=zab") + " / " + read(zk, "/named")));
        add(names, attempts, "x509 id that is none", () -> connected(tls("client", ".pem"), zk ->
            create(zk, "/wrong", "x509", "not a name")));
        add(names, attempts, "certificate of the super user", () -> connected(tls("root", ".pem"), zk ->
            whoAmI(zk) + " / " + create(zk, "/root", "digest", "a:b") + " / " + read(zk, "/root")));
        add(names, attempts, "certificate of a stranger", () -> refused(secure, tls("stranger", ".pem")));
        add(names, attempts, "certificate that has expired", () -> refused(secure, tls("expired", ".pem")));
        add(names, attempts, "no certificate", () -> refused(secure, tls(null, "")));
        add(names, attempts, "a plain client on the secure port", () -> refused(secure, config()));
        add(names, attempts, "a TLS client on the plain port", () -> refused(plain, tls("client", ".pem")));
        add(names, attempts, "SASL", () -> authenticated("Bob", zk ->
            whoAmI(zk) + " / " + create(zk, "/sasl", "auth", "") + " / " + read(zk, "/sasl")));
        add(names, attempts, "SASL with a wrong password", () -> authenticated("WrongBob", zk -> "authenticated"));
        add(names, attempts, "SASL of nobody", () -> authenticated("Nobody", zk -> "authenticated"));
        add(names, attempts, "SASL of the super user", () -> authenticated("Root", zk ->
            whoAmI(zk) + " / " + create(zk, "/byroot", "sasl", "bob") + " / " + read(zk, "/byroot")));
        add(names, attempts, "SASL id that is none", () -> authenticated("Bob", zk ->
            create(zk, "/kerberos", "sasl", "a@b@c")));
        add(names, attempts, "no SASL", () -> on(plain, config(), PATIENCE_MS, KeeperState.SyncConnected, zk ->
            whoAmI(zk) + " / " + create(zk, "/plain", "sasl", "bob") + " / " + read(zk, "/plain")));
        run(names, attempts);
    }

    private static void add(List<String> names, List<Attempt> attempts, String name, Attempt attempt) {
        names.add(name);
        attempts.add(() -> answer(attempt));
    }

    public static void main(String[] args) throws Exception {
        new Security(args).all();
        System.exit(0);
    }
}
