package martlet.runtime;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.util.LinkedHashMap;
import java.util.Map;

/** The context of one invocation, from the headers of its event. */
final class InvocationContext implements Context {
    private final Map<String, String> headers;
    private final Map<String, String> environment;
    private final LambdaLogger logger;
    private final long deadline;

    InvocationContext(Map<String, String> headers, Map<String, String> environment, LambdaLogger logger) {
        this.headers = headers;
        this.environment = environment;
        this.logger = logger;
        deadline = Long.parseLong(headers.getOrDefault("lambda-runtime-deadline-ms", "0"));
    }

    @Override
    public String getAwsRequestId() {
        return headers.get("lambda-runtime-aws-request-id");
    }

    @Override
    public String getLogGroupName() {
        return environment.get("AWS_LAMBDA_LOG_GROUP_NAME");
    }

    @Override
    public String getLogStreamName() {
        return environment.get("AWS_LAMBDA_LOG_STREAM_NAME");
    }

    @Override
    public String getFunctionName() {
        return environment.get("AWS_LAMBDA_FUNCTION_NAME");
    }

    @Override
    public String getFunctionVersion() {
        return environment.get("AWS_LAMBDA_FUNCTION_VERSION");
    }

    @Override
    public String getInvokedFunctionArn() {
        return headers.get("lambda-runtime-invoked-function-arn");
    }

    @Override
    public int getRemainingTimeInMillis() {
        return (int) Math.max(0, deadline - System.currentTimeMillis());
    }

    @Override
    public int getMemoryLimitInMB() {
        return Integer.parseInt(environment.getOrDefault("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"));
    }

    @Override
    public LambdaLogger getLogger() {
        return logger;
    }

    @Override
    public String getTenantId() {
        return headers.get("lambda-runtime-aws-tenant-id");
    }

    @Override
    public String getXrayTraceId() {
        return headers.get("lambda-runtime-trace-id");
    }

    @Override
    public CognitoIdentity getIdentity() {
        Map<?, ?> sent = parsed("lambda-runtime-cognito-identity");
        return new CognitoIdentity() {
            @Override
            public String getIdentityId() {
                return string(sent, "cognitoIdentityId");
            }

            @Override
            public String getIdentityPoolId() {
                return string(sent, "cognitoIdentityPoolId");
            }
        };
    }

    @Override
    public ClientContext getClientContext() {
        Map<?, ?> sent = parsed("lambda-runtime-client-context");
        if (sent.isEmpty()) return null;
        return new ClientContext() {
            @Override
            public Client getClient() {
                return client((Map<?, ?>) sent.get("client"));
            }

            @Override
            public Map<String, String> getCustom() {
                return strings((Map<?, ?>) sent.get("custom"));
            }

            @Override
            public Map<String, String> getEnvironment() {
                return strings((Map<?, ?>) sent.get("env"));
            }
        };
    }

    private Map<?, ?> parsed(String header) {
        String text = headers.get(header);
        return text == null || text.isEmpty() ? Map.of() : (Map<?, ?>) Json.parse(text);
    }

    private static String string(Map<?, ?> from, String name) {
        Object value = from.get(name);
        return value == null ? null : value.toString();
    }

    private static Map<String, String> strings(Map<?, ?> from) {
        if (from == null) return null;
        Map<String, String> made = new LinkedHashMap<>();
        for (Map.Entry<?, ?> member : from.entrySet()) made.put((String) member.getKey(), String.valueOf(member.getValue()));
        return made;
    }

    private static Client client(Map<?, ?> sent) {
        if (sent == null) return null;
        return new Client() {
            @Override
            public String getInstallationId() {
                return string(sent, "installation_id");
            }

            @Override
            public String getAppTitle() {
                return string(sent, "app_title");
            }

            @Override
            public String getAppVersionName() {
                return string(sent, "app_version_name");
            }

            @Override
            public String getAppVersionCode() {
                return string(sent, "app_version_code");
            }

            @Override
            public String getAppPackageName() {
                return string(sent, "app_package_name");
            }
        };
    }
}
