import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs one test class, a line "RESULT verdict method reason" for each test; with method names, only those. */
public final class RunTests implements TestExecutionListener {
    private final Set<String> only = new HashSet<>();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    public static void main(String[] args) throws Exception {
        RunTests listener = new RunTests();
        var request = LauncherDiscoveryRequestBuilder.request();
        if (args.length == 1) {
            request.selectors(selectClass(Class.forName(args[0])));
        } else {
            for (int i = 1; i < args.length; i++) {
                request.selectors(org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod(
                        Class.forName(args[0]), args[i]));
            }
        }
        LauncherDiscoveryRequest built = request.build();
        LauncherFactory.create().execute(built, listener);
        // Threads that a test has left would keep the JVM.
        System.out.flush();
        Runtime.getRuntime().exit(0);
    }

    private String name(TestIdentifier test) {
        Optional<MethodSource> source =
                test.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast);
        String method = source.map(MethodSource::getMethodName).orElse(test.getDisplayName());
        // Invocations of a parameterized or repeated test have one method.
        return test.getUniqueId().contains("invocation:") ? method + test.getDisplayName().replaceAll("\\s+", "_") : method;
    }

    private void say(String verdict, TestIdentifier test, String reason) {
        String name = name(test);
        if (seen.add(name)) {
            System.out.println("RESULT\t" + verdict + "\t" + name + "\t" + reason.replaceAll("\\s+", " "));
            System.out.flush();
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        say("skipped", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean failed = result.getStatus() != TestExecutionResult.Status.SUCCESSFUL;
        if (test.isTest() || failed) {
            String reason = result.getThrowable().map(RunTests::told).orElse("");
            String verdict = switch (result.getStatus()) {
                case SUCCESSFUL -> "passed";
                case ABORTED -> "skipped";
                case FAILED -> "failed";
            };
            say(verdict, test, reason);
        }
    }

    private static String told(Throwable thrown) {
        StringBuilder told = new StringBuilder(thrown.toString());
        for (StackTraceElement at : thrown.getStackTrace()) {
            if (at.getClassName().startsWith("org.apache.curator")) told.append(" at ").append(at);
        }
        return told.substring(0, Math.min(told.length(), 600));
    }
}
