import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A Kafka client against a broker in ZooKeeper mode. Argument: the broker's address. A line "ok NAME" or
 * "not ok NAME reason" for each check; "ask WHAT" has the test do something and answer with a line.
 */
public final class KafkaChecks {
    private static final BufferedReader ANSWERS = new BufferedReader(new InputStreamReader(System.in));
    private static String broker;
    private static boolean failed;

    private KafkaChecks() {}

    public static void main(String[] args) throws Exception {
        broker = args[0];
        check("broker-serves", () -> describesItself());
        check("topic-created", () -> createTopic("first", 3));
        check("topic-configured", () -> configure("first"));
        check("produced-and-consumed", () -> produceAndConsume("first", 0, 100));
        ask("kill the leader");
        check("broker-survives-the-leader", () -> describesItself());
        check("topic-created-under-the-new-leader", () -> createTopic("second", 2));
        check("produced-and-consumed-after", () -> produceAndConsume("second", 0, 100));
        check("partitions-added", () -> addPartitions("second", 4));
        ask("start the leader again");
        check("topic-deleted", () -> deleteTopic("second"));
        ask("restart the broker");
        check("all-there-after-restart", () -> allThere("first", 100));
        check("configuration-there-after-restart", () -> configured("first"));
        check("produced-after-restart", () -> produceAndConsume("first", 100, 200));
        System.exit(failed ? 1 : 0);
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

    private static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", broker, "default.api.timeout.ms", "90000"));
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(100, TimeUnit.SECONDS);
    }

    private static Void describesItself() throws Exception {
        try (Admin admin = admin()) {
            var cluster = admin.describeCluster();
            equal(get(cluster.nodes()).size(), 1);
            equal(get(cluster.controller()).id(), 7);
            if (get(cluster.clusterId()).isEmpty()) throw new AssertionError("no cluster id");
        }
        return null;
    }

    private static TopicDescription describe(Admin admin, String topic) throws Exception {
        return get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
    }

    private static Void createTopic(String topic, int partitions) throws Exception {
        try (Admin admin = admin()) {
            get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
            waitFor(() -> get(admin.listTopics().names()).contains(topic));
            equal(describe(admin, topic).partitions().size(), partitions);
        }
        return null;
    }

    private static Void configure(String topic) throws Exception {
        try (Admin admin = admin()) {
            ConfigEntry entry = new ConfigEntry("retention.ms", "123456789");
            get(admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, topic),
                            List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
                    .all());
        }
        return configured(topic);
    }

    private static Void configured(String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try (Admin admin = admin()) {
            waitFor(() -> {
                Config config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
                return "123456789".equals(config.get("retention.ms").value());
            });
        }
        return null;
    }

    private static Void addPartitions(String topic, int count) throws Exception {
        try (Admin admin = admin()) {
            get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(count))).all());
            waitFor(() -> describe(admin, topic).partitions().size() == count);
        }
        return null;
    }

    private static Void deleteTopic(String topic) throws Exception {
        try (Admin admin = admin()) {
            get(admin.deleteTopics(List.of(topic)).all());
            waitFor(() -> !get(admin.listTopics().names()).contains(topic));
        }
        return null;
    }

    private static Properties properties(String... pairs) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker);
        for (int i = 0; i < pairs.length; i += 2) properties.put(pairs[i], pairs[i + 1]);
        return properties;
    }

    private static Void produceAndConsume(String topic, int from, int to) throws Exception {
        Properties settings = properties("acks", "all", "max.block.ms", "90000");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = from; i < to; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i)));
            }
            for (Future<RecordMetadata> each : sent) get(each);
        }
        return allThere(topic, to);
    }

    private static Void allThere(String topic, int count) throws Exception {
        Properties settings = properties("group.id", "checks-" + System.nanoTime(), "auto.offset.reset", "earliest");
        Set<String> values = new HashSet<>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            waitFor(() -> {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                    values.add(record.value());
                }
                return values.size() >= count;
            });
            consumer.commitSync();
        }
        for (int i = 0; i < count; i++) {
            if (!values.contains("value-" + i)) throw new AssertionError("value-" + i + " is missing");
        }
        equal(values.size(), count);
        return null;
    }

    private static void waitFor(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.call()) {
            if (System.nanoTime() > end) throw new AssertionError("not within 90 s");
            Thread.sleep(20);
        }
    }
}
