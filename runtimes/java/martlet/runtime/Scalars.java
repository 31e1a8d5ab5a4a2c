package martlet.runtime;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Values that JSON has as a string or a number. */
final class Scalars {
    private Scalars() {}

    static boolean isEmpty(Object tree) {
        return tree == null || "".equals(tree);
    }

    static String kindOf(Object tree) {
        if (tree instanceof Map) return "an object";
        if (tree instanceof List) return "an array";
        return tree instanceof String ? "a string" : tree instanceof Number ? "a number" : String.valueOf(tree);
    }

    private static IllegalArgumentException mismatch(Object tree, Class<?> type) {
        return new IllegalArgumentException("Cannot make " + type.getName() + " of " + kindOf(tree));
    }

    static String text(Object tree) {
        if (tree instanceof Map || tree instanceof List) throw mismatch(tree, String.class);
        return String.valueOf(tree);
    }

    static Object primitive(Object tree, Class<?> type) {
        Object value = tree;
        if (isEmpty(tree)) value = type == boolean.class ? Boolean.FALSE : type == char.class ? "\0" : (Object) 0;
        return boxed(value, type);
    }

    static Object boxed(Object tree, Class<?> type) {
        if (isEmpty(tree)) return null;
        if (tree instanceof List && ((List<?>) tree).size() == 1) return boxed(((List<?>) tree).get(0), type);
        if (tree instanceof Map || tree instanceof List) throw mismatch(tree, type);
        if (type == boolean.class || type == Boolean.class) {
            if (tree instanceof Boolean) return tree;
            if (tree instanceof Number) return ((Number) tree).doubleValue() != 0;
            if (tree.equals("true") || tree.equals("false")) return tree.equals("true");
            throw mismatch(tree, type);
        }
        if (type == char.class || type == Character.class) {
            if (tree instanceof Number) return (char) ((Number) tree).intValue();
            if (text(tree).length() == 1) return text(tree).charAt(0);
            throw mismatch(tree, type);
        }
        if (tree instanceof Boolean) throw mismatch(tree, type);
        if (type == Number.class) return tree instanceof BigDecimal ? ((BigDecimal) tree).doubleValue() : tree;
        return number(new BigDecimal(tree.toString().trim()), type);
    }

    private static Object number(BigDecimal value, Class<?> type) {
        if (type == int.class || type == Integer.class) return value.toBigInteger().intValueExact();
        if (type == long.class || type == Long.class) return value.toBigInteger().longValueExact();
        if (type == short.class || type == Short.class) return value.toBigInteger().shortValueExact();
        if (type == byte.class || type == Byte.class) return value.toBigInteger().byteValueExact();
        if (type == double.class || type == Double.class) return value.doubleValue();
        if (type == float.class || type == Float.class) return value.floatValue();
        if (type == BigDecimal.class) return value;
        if (type == BigInteger.class) return value.toBigInteger();
        if (type == AtomicInteger.class) return new AtomicInteger(value.toBigInteger().intValueExact());
        if (type == AtomicLong.class) return new AtomicLong(value.toBigInteger().longValueExact());
        throw new IllegalArgumentException("Cannot make " + type.getName() + " of a number");
    }

    /** Null for a constant that the enumeration does not have. */
    static Object constant(Object tree, Class<?> type) {
        Object[] constants = type.getEnumConstants();
        if (tree instanceof Integer) return (Integer) tree >= 0 && (Integer) tree < constants.length ? constants[(Integer) tree] : null;
        for (Object constant : constants) if (((Enum<?>) constant).name().equals(tree)) return constant;
        return null;
    }

    /** A date, or anything else that can be made of a string: by a static parse() or valueOf(), or a constructor. */
    static Object value(Object tree, Class<?> type) throws ReflectiveOperationException {
        if (tree.equals("")) return null;
        if (type == Date.class) return Date.from(instant(tree));
        if (type == Instant.class) return instant(tree);
        if (type == Calendar.class) {
            Calendar calendar = Calendar.getInstance();
            calendar.setTime(Date.from(instant(tree)));
            return calendar;
        }
        if (tree instanceof Number && type.getName().equals("org.joda.time.DateTime"))
            return type.getConstructor(long.class).newInstance(instant(tree).toEpochMilli());
        for (String maker : new String[] {"parse", "fromString", "create", "valueOf", "of", "forName"})
            for (Class<?> parameter : new Class<?>[] {String.class, CharSequence.class}) {
                Method method = maker(type, maker, parameter);
                if (method != null) return method.invoke(null, text(tree));
            }
        for (Constructor<?> constructor : type.getConstructors())
            if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0].isInstance(tree))
                return constructor.newInstance(tree);
        throw mismatch(tree, type);
    }

    private static Method maker(Class<?> type, String name, Class<?> parameter) {
        try {
            Method method = type.getMethod(name, parameter);
            boolean fits = Modifier.isStatic(method.getModifiers()) && type.isAssignableFrom(method.getReturnType());
            return fits ? method : null;
        } catch (NoSuchMethodException none) {
            return null;
        }
    }

    /** Whole numbers are milliseconds when they are so large that seconds make no sense; fractions are seconds. */
    private static Instant instant(Object tree) {
        if (!(tree instanceof Number)) {
            String text = text(tree);
            if (text.length() == 10) text += "T00:00:00Z";
            return text.endsWith("Z") ? Instant.parse(text) : java.time.OffsetDateTime.parse(text).toInstant();
        }
        BigDecimal value = new BigDecimal(tree.toString());
        BigDecimal seconds = tree instanceof BigDecimal || value.abs().longValue() < 100_000_000_000L ? value : value.movePointLeft(3);
        long whole = seconds.longValue();
        return Instant.ofEpochSecond(whole, seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).longValue());
    }

    /** Null where the value is none of these. */
    static Object write(Object value) {
        if (value instanceof Enum) return ((Enum<?>) value).name();
        if (value instanceof Date) return ((Date) value).getTime();
        if (value instanceof Calendar) return ((Calendar) value).getTimeInMillis();
        if (value instanceof ByteBuffer) {
            ByteBuffer buffer = ((ByteBuffer) value).duplicate();
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return Base64.getEncoder().encodeToString(bytes);
        }
        if (value instanceof Class) return ((Class<?>) value).getName();
        if (value instanceof AtomicInteger || value instanceof AtomicLong) return value;
        String name = value.getClass().getName();
        if (value instanceof CharSequence || value instanceof Character || name.startsWith("java.time.") || name.startsWith("java.net.")
                || name.startsWith("java.util.UUID") || name.startsWith("java.util.Locale") || name.startsWith("org.joda.time.")
                || value instanceof java.nio.file.Path || value instanceof java.io.File) return value.toString();
        return null;
    }
}
