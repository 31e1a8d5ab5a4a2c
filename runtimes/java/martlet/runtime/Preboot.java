package martlet.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A process that was started before it is known which function it serves. */
final class Preboot {
    /** An event of every kind, for a first use of everything that handles events. */
    private static final String EXAMPLE = "{\"name\":\"\\u0041\",\"count\":1,\"ratio\":2.5,\"yes\":true,\"none\":null,\"list\":[\"a\"]}";

    private Preboot() {}

    /** What functions have in many variations. */
    public static final class Example implements RequestHandler<Map<String, Object>, Example> {
        private String name;
        private List<String> list;

        public String getName() {
            return name;
        }

        public void setName(String value) {
            name = value;
        }

        public List<String> getList() {
            return list;
        }

        public void setList(List<String> value) {
            list = value;
        }

        @Override
        public Example handleRequest(Map<String, Object> event, Context context) {
            return this;
        }

        public Example again(Example event, Context context) {
            return event;
        }
    }

    static void run(RuntimeApi api) throws Exception {
        warm();
        ProcessState.prepare();
        RuntimeApi.Answer answer = api.get("martlet/function");
        Map<?, ?> function = (Map<?, ?>) Json.parse(new String(answer.body, StandardCharsets.UTF_8));
        Map<String, String> variables = new LinkedHashMap<>();
        for (Map.Entry<?, ?> one : ((Map<?, ?>) function.get("variables")).entrySet())
            variables.put((String) one.getKey(), (String) one.getValue());
        ProcessState.become(variables, (String) function.get("working_directory"));
    }

    private static void warm() throws Exception {
        byte[] event = EXAMPLE.getBytes(StandardCharsets.UTF_8);
        String name = Example.class.getName();
        Map<String, String> headers = Map.of("lambda-runtime-aws-request-id", "", "lambda-runtime-deadline-ms", "0");
        Log log = new Log(Map.of());
        com.amazonaws.services.lambda.runtime.LambdaRuntime.setLogger(log);
        try (FunctionLoader loader = new FunctionLoader(ProcessState.home(), Main.class.getClassLoader())) {
            loader.getResource("bootstrap.jar");
            for (String handler : new String[] {name, name + "::again"})
                Handlers.load(handler, loader).handle(event, new InvocationContext(headers, Map.of(), log));
        } catch (Throwable unexpected) {
            throw new IllegalStateException(unexpected);
        }
        ProcessState.setVariable("MARTLET_PREBOOT", null);
        java.util.TimeZone.getTimeZone("UTC");
        Json.write(Failures.describe(new IllegalStateException("an example")));
        java.time.Instant.now().toString();
    }
}
