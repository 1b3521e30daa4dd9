import java.util.StringJoiner;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** What Apache's server makes of each zoo.cfg that is named: a line of values, or `refused`. */
public final class ConfigProbe {
    private ConfigProbe() {
    }

    public static void main(String[] files) {
        for (String file : files) {
            System.out.println(read(file));
        }
    }

    private static String read(String file) {
        QuorumPeerConfig config = new QuorumPeerConfig();
        try {
            QuorumPeerConfig.setStandaloneEnabled(true);
            QuorumPeerConfig.setReconfigEnabled(false);
            config.parse(file);
        } catch (Exception | Error e) {
            return "refused";
        }
        StringJoiner line = new StringJoiner(" ");
        line.add(config.getClientPortAddress() == null ? "-" : "" + config.getClientPortAddress().getPort());
        line.add(config.getSecureClientPortAddress() == null ? "-" : "" + config.getSecureClientPortAddress().getPort());
        line.add("" + config.getTickTime());
        line.add("" + config.getMinSessionTimeout());
        line.add("" + config.getMaxSessionTimeout());
        line.add("" + config.getInitLimit());
        line.add("" + config.getSyncLimit());
        line.add("" + config.getMaxClientCnxns());
        line.add("" + config.getClientPortListenBacklog());
        line.add("" + Math.max(3, config.getSnapRetainCount()));
        line.add("" + config.getPurgeInterval());
        line.add("" + config.isDistributed());
        line.add("" + config.areLocalSessionsEnabled());
        line.add("" + config.isSslQuorum());
        line.add("" + config.getQuorumListenOnAllIPs());
        line.add("" + QuorumPeerConfig.isReconfigEnabled());
        line.add("" + config.getServers().size());
        return line.toString();
    }
}
