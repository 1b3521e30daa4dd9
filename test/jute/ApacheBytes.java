// Prints apache-bytes.txt: records as Apache ZooKeeper 3.9.5 itself serialises them.
//
//   java -cp 'LIB/*' ApacheBytes.java > apache-bytes.txt
//
// where LIB holds zookeeper 3.9.5, zookeeper-jute, slf4j, netty, metrics-core and snappy-java. The tests read the text
// only; Java is needed to make it anew.
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.*;
import org.apache.zookeeper.data.*;
import org.apache.zookeeper.proto.*;
import org.apache.zookeeper.server.*;
import org.apache.zookeeper.server.persistence.*;
import org.apache.zookeeper.server.quorum.*;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.*;

public class ApacheBytes {
    static final List<ACL> OPEN = ZooDefs.Ids.OPEN_ACL_UNSAFE;
    static final List<ACL> TWO =
        List.of(new ACL(31, new Id("world", "anyone")), new ACL(1, new Id("digest", "bob:x=")));
    static final byte[] DATA = {1, 2, 3};
    static final Stat STAT = new Stat(
        0x100000001L, 0x100000002L, 1700000000001L, 1700000000002L, 3, -1, 5, 0x1000000000000005L, 3, 2, 0x100000003L);

    static byte[] bytes(org.apache.jute.Record... records) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(out);
        for (org.apache.jute.Record record : records) {
            record.serialize(archive, "x");
        }
        return out.toByteArray();
    }

    static void print(String name, byte[] bytes) {
        System.out.println(name);
        System.out.println(HexFormat.of().formatHex(bytes).replaceAll("(.{1,96})", "  $1\n").stripTrailing());
    }

    static void print(String name, org.apache.jute.Record... records) throws Exception {
        print(name, bytes(records));
    }

    static TxnHeader txn(int type) {
        return new TxnHeader(0x1000000000000005L, 7, 0x300000002L, 1700000000000L, type);
    }

    static RequestHeader request(int xid, int type) {
        return new RequestHeader(xid, type);
    }

    static ReplyHeader reply(int err) {
        return new ReplyHeader(3, 0x100000004L, err);
    }

    static void requests() throws Exception {
        print("req.create", request(1, 1), new CreateRequest("/é", DATA, TWO, 3));
        print("req.createTTL", request(1, 21), new CreateTTLRequest("/t", null, OPEN, 5, 1000L));
        print("req.delete", request(2, 2), new DeleteRequest("/a", -1));
        print("req.exists", request(3, 3), new ExistsRequest("/a", true));
        print("req.getData", request(3, 4), new GetDataRequest("/a", false));
        print("req.setData", request(3, 5), new SetDataRequest("/a", new byte[0], 4));
        print("req.getACL", request(3, 6), new GetACLRequest("/a"));
        print("req.setACL", request(3, 7), new SetACLRequest("/a", OPEN, 2));
        print("req.sync", request(3, 9), new SyncRequest("/"));
        print("req.getChildren2", request(3, 12), new GetChildren2Request("/a", true));
        print("req.auth", request(-4, 100), new AuthPacket(0, "digest", "bob:pw".getBytes()));
        print("req.setWatches", request(-8, 101),
            new SetWatches(0x100000001L, List.of("/d"), List.of(), List.of("/c", "/e")));
        print("req.setWatches2", request(-8, 105),
            new SetWatches2(0x100000001L, List.of("/d"), List.of(), List.of("/c", "/e"), List.of("/p"), List.of("/r")));
        print("req.addWatch", request(9, 106), new AddWatchRequest("/a", 1));
        print("req.removeWatches", request(9, 18), new RemoveWatchesRequest("/a", 3));
        print("req.multi", request(5, 14), new MultiOperationRecord(List.of(
            Op.create("/a", DATA, OPEN, 1), Op.setData("/a", DATA, 0), Op.check("/a", 1), Op.delete("/a", 1),
            Op.create("/c", DATA, OPEN, CreateMode.CONTAINER),
            Op.create("/t", DATA, OPEN, CreateMode.PERSISTENT_WITH_TTL, 77L))));
        print("req.multiRead", request(5, 22),
            new MultiOperationRecord(List.of(Op.getData("/a"), Op.getChildren("/a"))));
        print("connect.req", new ConnectRequest(0, 0x100000001L, 30000, 0x1000000000000005L, new byte[16], true));
    }

    static void replies() throws Exception {
        print("rep.stat", reply(0), new ExistsResponse(STAT));
        print("rep.data", reply(0), new GetDataResponse(DATA, STAT));
        print("rep.children2", reply(0), new GetChildren2Response(List.of("x", "y"), STAT));
        print("rep.acl", reply(0), new GetACLResponse(TWO, STAT));
        print("rep.create2", reply(0), new Create2Response("/a", STAT));
        print("rep.whoAmI", reply(0), new WhoAmIResponse(List.of(new ClientInfo("ip", "127.0.0.1"))));
        print("rep.nonode", reply(-101));
        print("rep.addWatch", reply(0), new ErrorResponse(0));
        MultiResponse done = new MultiResponse();
        done.add(new OpResult.CreateResult("/a"));
        done.add(new OpResult.CreateResult("/b", STAT));
        done.add(new OpResult.SetDataResult(STAT));
        done.add(new OpResult.CheckResult());
        done.add(new OpResult.DeleteResult());
        print("rep.multi", reply(0), done);
        MultiResponse failed = new MultiResponse();
        failed.add(new OpResult.ErrorResult(0));
        failed.add(new OpResult.ErrorResult(-101));
        failed.add(new OpResult.ErrorResult(-2));
        print("rep.failedMulti", reply(0), failed);
        print("rep.event", new ReplyHeader(-1, 0x100000004L, 0), new WatcherEvent(3, 3, "/a"));
        print("connect.rep", new ConnectResponse(0, 30000, 0x1000000000000005L, new byte[16], false));
    }

    static void transactions() throws Exception {
        print("txn.create", txn(1), new CreateTxn("/a", DATA, OPEN, true, 4));
        print("txn.createV0", txn(1), new CreateTxnV0("/a", DATA, OPEN, false));
        print("txn.create2", txn(15), new CreateTxn("/a", null, TWO, false, 4));
        print("txn.createContainer", txn(19), new CreateContainerTxn("/a", DATA, OPEN, 4));
        print("txn.createTTL", txn(21), new CreateTTLTxn("/a", DATA, OPEN, 4, 1000L));
        print("txn.delete", txn(2), new DeleteTxn("/a"));
        print("txn.setData", txn(5), new SetDataTxn("/a", DATA, 6));
        print("txn.setACL", txn(7), new SetACLTxn("/a", OPEN, 6));
        print("txn.error", txn(-1), new ErrorTxn(-101));
        print("txn.createSession", txn(-10), new CreateSessionTxn(30000));
        print("txn.closeSession", txn(-11), new CloseSessionTxn(List.of("/e", "/f")));
        print("txn.digest", txn(5), new SetDataTxn("/a", DATA, 6), new TxnDigest(2, 123456789L));
        print("txn.multi", txn(14), new MultiTxn(List.of(
            new Txn(1, bytes(new CreateTxn("/a", DATA, OPEN, false, 1))),
            new Txn(5, bytes(new SetDataTxn("/a", DATA, 1))),
            new Txn(13, bytes(new CheckVersionTxn("/a", 1))),
            new Txn(2, bytes(new DeleteTxn("/a"))))));
    }

    static void packets() throws Exception {
        print("qp.followerinfo", new QuorumPacket(11, 0x200000000L, bytes(new LearnerInfo(3, 0x10000, 0)), null));
        print("qp.leaderinfo",
            new QuorumPacket(17, 0x300000000L, ByteBuffer.allocate(4).putInt(0x10000).array(), null));
        print("qp.ackepoch", new QuorumPacket(18, 0x200000005L, ByteBuffer.allocate(4).putInt(2).array(), null));
        print("qp.diff", new QuorumPacket(13, 0x200000005L, null, null));
        print("qp.proposal",
            new QuorumPacket(2, 0x300000002L, bytes(txn(5), new SetDataTxn("/a", DATA, 6)), null));
        print("qp.commit", new QuorumPacket(4, 0x300000002L, null, null));
        ByteBuffer touches = ByteBuffer.allocate(24).putLong(5).putInt(4000).putLong(-6).putInt(5000);
        print("qp.ping", new QuorumPacket(5, 0x300000002L, touches.array(), null));
        ByteArrayOutputStream buffer = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(buffer);
        out.writeLong(5);
        out.writeInt(9);
        out.writeInt(2);
        out.write(bytes(new DeleteRequest("/a", -1)));
        print("qp.request", new QuorumPacket(1, -1, buffer.toByteArray(),
            List.of(new Id("ip", "127.0.0.1"), new Id("digest", "bob:x="))));
    }

    static void files() throws Exception {
        File folder = Files.createTempDirectory("apache-bytes").toFile();
        DataTree tree = new DataTree();
        tree.createNode("/a", DATA, TWO, 0, 1, 0x100000001L, 1700000000001L);
        tree.createNode("/a/b", null, OPEN, 0x1000000000000005L, 1, 0x100000002L, 1700000000002L);
        tree.createNode("/c", new byte[0], OPEN, 0, 1, 0x100000003L, 1700000000003L);
        tree.lastProcessedZxid = 0x100000003L;
        HashMap<Long, Integer> sessions = new HashMap<>();
        sessions.put(0x1000000000000005L, 30000);
        File snapshot = new File(folder, "snapshot.100000003");
        new FileSnap(folder).serialize(tree, sessions, snapshot, false);
        print("file.snapshot", Files.readAllBytes(snapshot.toPath()));
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(stream);
        SerializeUtils.serializeSnapshot(tree, archive, sessions);
        archive.writeString("BenWasHere", "signature");
        print("stream.snap", stream.toByteArray());
        FileTxnLog.setPreallocSize(0);
        FileTxnLog log = new FileTxnLog(folder);
        log.append(new Request(5, 7, 5, txn(5), new SetDataTxn("/a", DATA, 6), 0x300000002L));
        log.commit();
        log.close();
        print("file.log", Files.readAllBytes(new File(folder, "log.300000002").toPath()));
    }

    public static void main(String[] args) throws Exception {
        System.out.println("# Bytes written by Apache ZooKeeper 3.9.5's own classes: see ApacheBytes.java, which prints this file.");
        requests();
        replies();
        transactions();
        packets();
        files();
        System.exit(0);
    }
}
