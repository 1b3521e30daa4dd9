import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.QuorumPeer;

/**
 * Has Apache's server load each data folder that the arguments name, as it does when it starts, and
 * prints a line for each: `FOLDER<tab>ok<tab>ZXID<tab>NODES<tab>SESSIONS<tab>DIGEST<tab>CURRENT<tab>ACCEPTED`
 * or `FOLDER<tab>refused<tab>WHY`. The epochs are of a server of an ensemble; −1 for folders whose
 * name does not begin with "epoch".
 */
public final class Restore {
    private Restore() {
    }

    public static void main(String[] args) {
        for (String folder : args) {
            System.out.println(folder + "\t" + outcome(new File(folder)));
        }
        // Threads of the database's are left.
        System.exit(0);
    }

    private static String outcome(File folder) {
        try {
            FileTxnSnapLog files = new FileTxnSnapLog(folder, folder);
            ZKDatabase database = new ZKDatabase(files);
            long current = -1;
            long accepted = -1;
            if (folder.getName().startsWith("epoch")) {
                QuorumPeer peer = new QuorumPeer();
                peer.setTxnFactory(files);
                peer.setZKDatabase(database);
                Method load = QuorumPeer.class.getDeclaredMethod("loadDataBase");
                load.setAccessible(true);
                load.invoke(peer);
                current = peer.getCurrentEpoch();
                accepted = peer.getAcceptedEpoch();
            } else {
                database.loadDataBase();
            }
            return "ok\t" + database.getDataTreeLastProcessedZxid() + "\t" + database.getNodeCount() + "\t"
                + database.getSessions().size() + "\t" + database.getDataTree().getTreeDigest() + "\t"
                + current + "\t" + accepted;
        } catch (InvocationTargetException e) {
            return "refused\t" + rootOf(e.getCause());
        } catch (Exception e) {
            return "refused\t" + rootOf(e);
        }
    }

    private static String rootOf(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root).replaceAll("\\s+", " ");
    }
}
