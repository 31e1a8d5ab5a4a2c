package martlet.runtime;

import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.crac.Core;

/**
 * Martlet's Java runtime: asks the Runtime API for events and gives them to the function's handler. Start-up time is the
 * point: no lambdas, streams, regular expressions or java.net.http, which are slow to load for the first time.
 */
public final class Main {
    private final RuntimeApi api;
    private final Map<String, String> environment;
    private final Log log;

    private Main(RuntimeApi api, Map<String, String> environment) {
        this.api = api;
        this.environment = environment;
        log = new Log(environment);
        LambdaRuntime.setLogger(log);
    }

    public static void main(String[] arguments) throws Exception {
        RuntimeApi api = new RuntimeApi(System.getenv("AWS_LAMBDA_RUNTIME_API"));
        if (System.getenv("MARTLET_PREBOOT") != null) Preboot.run(api);
        new Main(api, System.getenv()).serve();
    }

    private void serve() throws IOException {
        Handlers.Handler handler = null;
        String path = "runtime/init/error";
        try {
            handler = Handlers.load(environment.getOrDefault("_HANDLER", ""), makeLoader());
            if ("snap-start".equals(environment.get("AWS_LAMBDA_INITIALIZATION_TYPE"))) {
                Core.getGlobalContext().beforeCheckpoint(null);
                api.get("runtime/restore/next");
                path = "runtime/restore/error";
                Core.getGlobalContext().afterRestore(null);
            }
        } catch (Throwable error) {
            report(path, error);
            System.exit(1);
        }
        for (;;) run(handler, api.get("runtime/invocation/next"));
    }

    private ClassLoader makeLoader() throws IOException {
        String root = environment.getOrDefault("LAMBDA_TASK_ROOT", "/var/task");
        ClassLoader loader = new FunctionLoader(root, Main.class.getClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        return loader;
    }

    private void run(Handlers.Handler handler, RuntimeApi.Answer event) throws IOException {
        String id = event.headers.get("lambda-runtime-aws-request-id");
        String trace = event.headers.get("lambda-runtime-trace-id");
        if (trace == null) System.clearProperty("com.amazonaws.xray.traceHeader");
        else System.setProperty("com.amazonaws.xray.traceHeader", trace);
        ProcessState.setVariable("_X_AMZN_TRACE_ID", trace);
        log.begin(id, event.headers.get("lambda-runtime-aws-tenant-id"));
        try {
            byte[] answer = handler.handle(event.body, new InvocationContext(event.headers, environment, log));
            System.out.flush();
            api.post("runtime/invocation/" + id + "/response", answer, null);
        } catch (Throwable error) {
            report("runtime/invocation/" + id + "/error", error);
            if (error instanceof VirtualMachineError) System.exit(1); // nothing is certain any more
        }
    }

    private void report(String path, Throwable error) throws IOException {
        Map<String, Object> document = Failures.describe(error);
        log.logFailure(error, document);
        System.out.flush();
        api.post(path, Json.write(document).getBytes(StandardCharsets.UTF_8), Failures.typeOf(error));
    }
}
