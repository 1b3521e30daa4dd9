package org.apache.zookeeper.server.embedded;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * In place of Apache's class of this name: what org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded, the
 * public interface by which curator-test starts its servers, starts is a process of the server under test.
 * The command is the system property "interop.server", its words separated by line ends; the properties that
 * Apache's server in this JVM would have read go with it.
 */
final class ZooKeeperServerEmbeddedImpl implements ZooKeeperServerEmbedded {
    private final Path file;
    private final boolean alone;
    private final String host;
    private Process process;
    private int port;

    ZooKeeperServerEmbeddedImpl(Properties configuration, Path baseDir, ExitHandler exitHandler) throws IOException {
        if (!configuration.containsKey("dataDir")) {
            configuration.setProperty("dataDir", baseDir.resolve("data").toAbsolutePath().toString());
        }
        alone = configuration.keySet().stream().noneMatch(key -> key.toString().startsWith("server."));
        host = configuration.getProperty("clientPortAddress", "localhost");
        file = Files.createTempFile(baseDir, "zookeeper.configuration", ".properties");
        try (OutputStream out = Files.newOutputStream(file)) {
            Properties texts = new Properties();
            for (Map.Entry<Object, Object> entry : configuration.entrySet()) {
                texts.setProperty(entry.getKey().toString(), entry.getValue().toString());
            }
            texts.store(out, null);
        }
        port = Integer.parseInt(configuration.getOrDefault("clientPort", "0").toString());
    }

    private static List<String> command(Path file) {
        List<String> words = new ArrayList<>(List.of(System.getProperty("interop.server").split("\n")));
        for (String key : System.getProperties().stringPropertyNames()) {
            if (key.startsWith("zookeeper.") || key.equals("readonlymode.enabled") || key.equals("jute.maxbuffer")
                    || key.startsWith("znode.container.") || key.equals("java.security.auth.login.config")) {
                words.add("-D" + key + "=" + System.getProperty(key));
            }
        }
        words.add("org.apache.zookeeper.server.quorum.QuorumPeerMain");
        words.add(file.toString());
        return words;
    }

    @Override
    public void start() throws Exception {
        start(Long.MAX_VALUE);
    }

    /** A standalone server is ready when it says so; a member of an ensemble, as Apache's, once its process runs. */
    @Override
    public void start(long startupTimeout) throws Exception {
        process = new ProcessBuilder(command(file))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .start();
        Process started = process;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        CompletableFuture<Integer> ready = new CompletableFuture<>();
        Thread reader = new Thread(() -> listen(started, ready), "server's output");
        reader.setDaemon(true);
        reader.start();
        if (alone) {
            port = ready.get(startupTimeout, TimeUnit.MILLISECONDS);
        } else if (port == 0) {
            throw new IOException("a member of an ensemble needs a client port");
        }
    }

    private static void listen(Process started, CompletableFuture<Integer> ready) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("ready ")) {
                    ready.complete(Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
                }
            }
        } catch (IOException e) {
            // The process is gone.
        }
        ready.completeExceptionally(new IOException("the server ended before it served"));
    }

    @Override
    public int getClientPort() {
        return port;
    }

    @Override
    public int getSecureClientPort() {
        return 0;
    }

    @Override
    public String getConnectionString() {
        return host + ":" + port;
    }

    @Override
    public String getSecureConnectionString() {
        throw new IllegalStateException("No client address is configured");
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
