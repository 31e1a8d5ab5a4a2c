package martlet.runtime;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** The function's logger: text as it is, or JSON records. */
final class Log implements LambdaLogger {
    private final FileOutputStream output = new FileOutputStream(FileDescriptor.out);
    private final boolean json;
    private final LogLevel least;
    private volatile String requestId;
    private volatile String tenantId;

    Log(Map<String, String> environment) {
        json = "JSON".equalsIgnoreCase(environment.get("AWS_LAMBDA_LOG_FORMAT"));
        LogLevel level = LogLevel.UNDEFINED;
        try {
            if (json) level = LogLevel.fromString(environment.getOrDefault("AWS_LAMBDA_LOG_LEVEL", "UNDEFINED"));
        } catch (IllegalArgumentException unknown) {
            // all levels
        }
        least = level;
    }

    void begin(String request, String tenant) {
        requestId = request;
        tenantId = tenant;
    }

    @Override
    public void log(String message) {
        log(message, LogLevel.UNDEFINED);
    }

    @Override
    public void log(byte[] message) {
        log(message, LogLevel.UNDEFINED);
    }

    @Override
    public void log(byte[] message, LogLevel level) {
        log(message == null ? null : new String(message, StandardCharsets.UTF_8), level);
    }

    @Override
    public void log(String message, LogLevel level) {
        if (level != LogLevel.UNDEFINED && level.compareTo(least) < 0) return;
        write(json ? record(message, level, null) : String.valueOf(message));
    }

    /** A failure of the function. */
    void logFailure(Throwable error, Map<String, Object> document) {
        if (json) {
            write(record(document.get("errorMessage"), LogLevel.ERROR, document));
            return;
        }
        StringBuilder text = new StringBuilder();
        text.append(document.get("errorMessage")).append(": ").append(document.get("errorType"));
        Failures.appendTrace(text.append('\n'), "", error);
        write(text.toString());
    }

    private String record(Object message, LogLevel level, Map<String, Object> more) {
        Map<String, Object> record = new LinkedHashMap<>();
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        String timestamp = now.toString();
        record.put("timestamp", timestamp.length() == 20 ? timestamp.substring(0, 19) + ".000Z" : timestamp);
        record.put("level", level.name());
        record.put("message", message);
        if (more != null) record.putAll(more);
        record.put("AWSRequestId", requestId);
        if (tenantId != null) record.put("tenantId", tenantId);
        return Json.write(record);
    }

    /** Writes one log event. A unit separator before a newline says that the event goes on. */
    private synchronized void write(String text) {
        System.out.flush();
        if (text.endsWith("\n")) text = text.substring(0, text.length() - 1);
        try {
            output.write((text.replace("\n", "\u001f\n") + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException closed) {
            // nobody reads the log
        }
    }
}
