package martlet.runtime;

import java.io.File;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.TimeZone;

/**
 * Environment, working directory and time zone of this process. Java lets no program change the first two: the variables are
 * changed where System.getenv() looks (the jar's manifest opens java.lang), the directory by a library of one function.
 */
final class ProcessState {
    private ProcessState() {}

    @SuppressWarnings("unchecked")
    static void become(Map<String, String> variables, String directory) throws ReflectiveOperationException {
        Class<?> environment = Class.forName("java.lang.ProcessEnvironment");
        Map<Object, Object> entries = (Map<Object, Object>) accessible(environment.getDeclaredField("theEnvironment")).get(null);
        Method variable = maker("java.lang.ProcessEnvironment$Variable");
        Method value = maker("java.lang.ProcessEnvironment$Value");
        Map<Object, Object> made = new HashMap<>();
        for (Map.Entry<String, String> one : variables.entrySet())
            made.put(variable.invoke(null, one.getKey()), value.invoke(null, one.getValue()));
        entries.clear();
        entries.putAll(made);
        changeDirectory(directory);
        takeTimeZone(variables.get("TZ"));
    }

    /** Sets one variable, null to remove it. */
    @SuppressWarnings("unchecked")
    static void setVariable(String name, String content) {
        try {
            Class<?> environment = Class.forName("java.lang.ProcessEnvironment");
            Map<Object, Object> entries = (Map<Object, Object>) accessible(environment.getDeclaredField("theEnvironment")).get(null);
            Object variable = maker("java.lang.ProcessEnvironment$Variable").invoke(null, name);
            if (content == null) entries.remove(variable);
            else entries.put(variable, maker("java.lang.ProcessEnvironment$Value").invoke(null, content));
        } catch (ReflectiveOperationException other) {
            // another implementation of Java; the system property tells it too
        }
    }

    static void prepare() throws ReflectiveOperationException {
        Class<?> environment = Class.forName("java.lang.ProcessEnvironment");
        accessible(environment.getDeclaredField("theEnvironment"));
        maker("java.lang.ProcessEnvironment$Variable");
        maker("java.lang.ProcessEnvironment$Value");
        try {
            System.load(new File(home(), "libmartletdirectory.so").getPath());
            canChangeDirectory = true;
        } catch (UnsatisfiedLinkError absent) {
            // relative file names are then those of the directory in which the process was started
        }
    }

    private static boolean canChangeDirectory;

    private static native int chdir();

    private static void changeDirectory(String directory) {
        System.setProperty("user.dir", directory);
        if (canChangeDirectory && directory.equals("/var/task")) chdir();
    }

    private static void takeTimeZone(String zone) {
        if (zone == null || zone.isEmpty()) return;
        TimeZone.setDefault(TimeZone.getTimeZone(zone.startsWith(":") ? zone.substring(1) : zone));
    }

    /** The directory of this jar. */
    static String home() {
        String path = System.getProperty("java.class.path");
        return new File(path).getAbsoluteFile().getParent();
    }

    private static Method maker(String type) throws ReflectiveOperationException {
        return accessible(Class.forName(type).getDeclaredMethod("valueOfQueryOnly", String.class));
    }

    private static <T extends java.lang.reflect.AccessibleObject> T accessible(T member) {
        member.setAccessible(true);
        return member;
    }
}
