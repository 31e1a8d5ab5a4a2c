package martlet.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.ServiceLoader;
import martlet.runtime.Failures.Fault;

/** Finds what "package.Class" or "package.Class::method" names, and calls it. */
final class Handlers {
    /** A handler of bytes. What the function throws comes out as it is. */
    interface Handler {
        byte[] handle(byte[] event, Context context) throws Throwable;
    }

    private Handlers() {}

    static Handler load(String name, ClassLoader loader) throws Throwable {
        int colons = name.indexOf("::");
        String className = colons < 0 ? name : name.substring(0, colons);
        String methodName = colons < 0 ? "handleRequest" : name.substring(colons + 2);
        if (className.isEmpty() || methodName.isEmpty())
            throw new Fault("java.lang.RuntimeException", "Invalid handler: `" + name + "'", null);
        Class<?> type;
        try {
            type = Class.forName(className, true, loader);
        } catch (ClassNotFoundException missing) {
            throw new Fault("java.lang.ClassNotFoundException", "Class not found: " + className, null);
        } catch (ExceptionInInitializerError failed) {
            throw failed.getCause() == null ? failed : failed.getCause();
        }
        boolean isHandler = RequestHandler.class.isAssignableFrom(type) || RequestStreamHandler.class.isAssignableFrom(type);
        if (colons < 0 && !isHandler)
            throw new Fault("java.lang.RuntimeException",
                    "Class " + className + " does not implement an appropriate handler interface.", null);
        if (methodName.equals("handleRequest") && RequestStreamHandler.class.isAssignableFrom(type))
            return streamHandler((RequestStreamHandler) instantiate(type));
        Method method = choose(type, methodName);
        if (method == null)
            throw new Fault("java.lang.NoSuchMethodException", "No public method named " + methodName
                    + " with appropriate method signature found on class " + className, null);
        return methodHandler(type, method, serializer(loader));
    }

    private static Object instantiate(Class<?> type) throws Throwable {
        try {
            return type.getConstructor().newInstance();
        } catch (NoSuchMethodException none) {
            throw new Fault("java.lang.NoSuchMethodException",
                    "Class " + type.getName() + " has no public zero-argument constructor", null);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        } catch (ReflectiveOperationException failed) {
            throw new Fault(failed.getClass().getName(), "Class " + type.getName() + " cannot be instantiated", failed);
        }
    }

    private static Handler streamHandler(RequestStreamHandler handler) {
        return new Handler() {
            @Override
            public byte[] handle(byte[] event, Context context) throws Throwable {
                ByteArrayOutputStream answer = new ByteArrayOutputStream();
                handler.handleRequest(new ByteArrayInputStream(event), answer, context);
                return answer.toByteArray();
            }
        };
    }

    /** Of several methods of that name the one with most parameters, and of those one that takes the context. */
    private static Method choose(Class<?> type, String name) {
        Method best = null;
        for (Method method : type.getMethods()) {
            if (!method.getName().equals(name) || method.isBridge() || !isPossible(method)) continue;
            if (best == null || rank(method) > rank(best)) best = method;
        }
        return best;
    }

    private static int rank(Method method) {
        return method.getParameterCount() * 2 + (takesContext(method) ? 1 : 0);
    }

    private static boolean takesContext(Method method) {
        Class<?>[] types = method.getParameterTypes();
        return types.length > 0 && types[types.length - 1] == Context.class;
    }

    private static boolean isPossible(Method method) {
        Class<?>[] types = method.getParameterTypes();
        int others = types.length - (takesContext(method) ? 1 : 0);
        return others <= 1 || others == 2 && isInput(types[0]) && types[1] == OutputStream.class;
    }

    private static boolean isInput(Class<?> type) {
        return type == InputStream.class;
    }

    private static Handler methodHandler(Class<?> type, Method method, CustomPojoSerializer custom) throws Throwable {
        method.setAccessible(true);
        Object target = Modifier.isStatic(method.getModifiers()) ? null : instantiate(type);
        Type[] types = method.getGenericParameterTypes();
        Type[] resolved = new Type[types.length];
        for (int i = 0; i < types.length; ++i) resolved[i] = Generics.resolve(types[i], type, method.getDeclaringClass());
        return new Handler() {
            @Override
            public byte[] handle(byte[] event, Context context) throws Throwable {
                Object[] arguments = new Object[resolved.length];
                ByteArrayOutputStream output = null;
                for (int i = 0; i < arguments.length; ++i) {
                    if (resolved[i] == Context.class) arguments[i] = context;
                    else if (resolved[i] == InputStream.class) arguments[i] = new ByteArrayInputStream(event);
                    else if (resolved[i] == OutputStream.class) arguments[i] = output = new ByteArrayOutputStream();
                    else arguments[i] = read(event, resolved[i], custom);
                }
                Object result = call(target, method, arguments);
                if (output != null) return output.toByteArray();
                return result instanceof InputStream ? ((InputStream) result).readAllBytes()
                        : write(result, method.getGenericReturnType(), custom);
            }
        };
    }

    @SuppressWarnings("unchecked")
    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        // Without reflection the stack traces are the function's own.
        if (target instanceof RequestHandler && method.getName().equals("handleRequest") && arguments.length == 2)
            return ((RequestHandler<Object, Object>) target).handleRequest(arguments[0], (Context) arguments[1]);
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private static Object read(byte[] event, Type type, CustomPojoSerializer custom) {
        try {
            if (custom != null) return custom.fromJson(new ByteArrayInputStream(event), type);
            return Mapper.read(Json.parse(new String(event, StandardCharsets.UTF_8)), type);
        } catch (RuntimeException failed) {
            throw new Fault("java.lang.RuntimeException", "An error occurred during JSON parsing", failed);
        }
    }

    private static byte[] write(Object result, Type type, CustomPojoSerializer custom) {
        try {
            if (custom == null || result == null) return Json.write(Mapper.write(result)).getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            custom.toJson(result, answer, type);
            return answer.toByteArray();
        } catch (RuntimeException failed) {
            throw new Fault("java.lang.RuntimeException", "An error occurred during JSON serialization of response", failed);
        }
    }

    /** The serializer that the function brings, or null. */
    private static CustomPojoSerializer serializer(ClassLoader loader) {
        // Most functions have none, and to ask whether there is the file is quicker than the ServiceLoader.
        if (loader.getResource("META-INF/services/" + CustomPojoSerializer.class.getName()) == null) return null;
        Iterator<CustomPojoSerializer> found = ServiceLoader.load(CustomPojoSerializer.class, loader).iterator();
        return found.hasNext() ? found.next() : null;
    }
}
