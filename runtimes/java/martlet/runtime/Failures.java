package martlet.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Error documents, with the members that AWS gives them. */
final class Failures {
    /** A failure that the runtime itself reports. */
    static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;
        final String type;

        Fault(String type, String message, Throwable cause) {
            super(message, cause, false, cause != null);
            this.type = type;
        }
    }

    private Failures() {}

    static String typeOf(Throwable error) {
        return error instanceof Fault ? ((Fault) error).type : error.getClass().getName();
    }

    static Map<String, Object> describe(Throwable error) {
        return describe(error, 0);
    }

    private static Map<String, Object> describe(Throwable error, int depth) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("errorMessage", error.getMessage());
        document.put("errorType", typeOf(error));
        List<String> trace = new ArrayList<>();
        for (StackTraceElement frame : framesOfTheFunction(error)) trace.add(frame.toString());
        if (!(error instanceof Fault) || !trace.isEmpty()) document.put("stackTrace", trace);
        if (error.getCause() != null && depth < 20) document.put("cause", describe(error.getCause(), depth + 1));
        return document;
    }

    /** As Throwable.printStackTrace() shows it, without the runtime's own frames. */
    static void appendTrace(StringBuilder text, String title, Throwable error) {
        text.append(title).append(error instanceof Fault ? typeOf(error) + ": " + error.getMessage() : error);
        for (StackTraceElement frame : framesOfTheFunction(error)) text.append("\n\tat ").append(frame);
        if (error.getCause() != null) appendTrace(text.append('\n'), "Caused by: ", error.getCause());
    }

    private static StackTraceElement[] framesOfTheFunction(Throwable error) {
        StackTraceElement[] frames = error.getStackTrace();
        int end = frames.length;
        for (int i = 0; i < frames.length; ++i)
            if (frames[i].getClassName().startsWith("martlet.runtime.")) {
                end = i;
                break;
            }
        while (end > 0 && end < frames.length && isReflection(frames[end - 1].getClassName())) --end;
        return java.util.Arrays.copyOf(frames, end);
    }

    private static boolean isReflection(String name) {
        return name.startsWith("java.lang.reflect.") || name.startsWith("jdk.internal.reflect.")
                || name.equals("java.lang.Class");
    }
}
