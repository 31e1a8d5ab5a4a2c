package martlet.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Turns JSON trees into objects of a type. What a class does not know is ignored, as in AWS's serializer. */
final class Mapper {
    private static final Map<Class<?>, Bean> BEANS = new ConcurrentHashMap<>();

    private Mapper() {}

    static Bean beanOf(Class<?> type) {
        Bean bean = BEANS.get(type);
        if (bean == null) BEANS.put(type, bean = new Bean(type));
        return bean;
    }

    /** Throws IllegalArgumentException where the tree does not fit the type. */
    static Object read(Object tree, Type type) {
        try {
            return read(tree, type, Map.of());
        } catch (InvocationTargetException thrown) {
            throw new IllegalArgumentException(thrown.getCause());
        } catch (ReflectiveOperationException failed) {
            throw new IllegalArgumentException(failed);
        }
    }

    private static Object read(Object tree, Type type, Map<TypeVariable<?>, Type> known) throws ReflectiveOperationException {
        if (type instanceof Class) return readClass(tree, (Class<?>) type, known);
        if (type instanceof TypeVariable) {
            Type bound = known.get(type);
            return read(tree, bound != null ? bound : ((TypeVariable<?>) type).getBounds()[0], known);
        }
        if (type instanceof WildcardType) return read(tree, ((WildcardType) type).getUpperBounds()[0], known);
        if (type instanceof GenericArrayType) return readArray(tree, ((GenericArrayType) type).getGenericComponentType(), known);
        ParameterizedType generic = (ParameterizedType) type;
        Class<?> raw = (Class<?>) generic.getRawType();
        Type[] arguments = generic.getActualTypeArguments();
        if (tree == null) return raw == Optional.class ? Optional.empty() : null;
        if (raw == Optional.class) return Optional.ofNullable(read(tree, arguments[0], known));
        if (Map.class.isAssignableFrom(raw) && arguments.length == 2) return readMap(tree, raw, arguments[0], arguments[1], known);
        if (Collection.class.isAssignableFrom(raw) && arguments.length == 1) return readCollection(tree, raw, arguments[0], known);
        Map<TypeVariable<?>, Type> inner = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; ++i) {
            Type argument = arguments[i] instanceof TypeVariable ? known.getOrDefault(arguments[i], Object.class) : arguments[i];
            inner.put(raw.getTypeParameters()[i], argument);
        }
        return readClass(tree, raw, inner);
    }

    private static Object readClass(Object tree, Class<?> type, Map<TypeVariable<?>, Type> known) throws ReflectiveOperationException {
        if (type == Object.class) return untyped(tree);
        if (type.isPrimitive()) return Scalars.primitive(tree, type);
        if (tree == null) return null;
        if (type == String.class || type == CharSequence.class) return Scalars.text(tree);
        if (Number.class.isAssignableFrom(type) || type == Boolean.class || type == Character.class) return Scalars.boxed(tree, type);
        if (type.isEnum()) return Scalars.constant(tree, type);
        if (type == byte[].class) return Base64.getDecoder().decode(Scalars.text(tree));
        if (type == ByteBuffer.class) return ByteBuffer.wrap(Base64.getDecoder().decode(Scalars.text(tree)));
        if (type.isArray()) return readArray(tree, type.getComponentType(), known);
        if (Map.class.isAssignableFrom(type)) return readMap(tree, type, Object.class, Object.class, known);
        if (Collection.class.isAssignableFrom(type) || type == Iterable.class) return readCollection(tree, type, Object.class, known);
        if (tree instanceof Map) return readBean((Map<?, ?>) tree, type, known);
        if (tree instanceof List) {
            List<?> list = (List<?>) tree;
            if (list.isEmpty()) return null;
            if (list.size() == 1) return readClass(list.get(0), type, known);
            throw new IllegalArgumentException("Cannot make " + type.getName() + " of an array");
        }
        return Scalars.value(tree, type);
    }

    /** Trees hold numbers exactly; functions get what Java programs expect. */
    private static Object untyped(Object tree) {
        if (tree instanceof BigDecimal) return ((BigDecimal) tree).doubleValue();
        if (tree instanceof Map) {
            Map<String, Object> made = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) tree).entrySet()) made.put((String) member.getKey(), untyped(member.getValue()));
            return made;
        }
        if (!(tree instanceof List)) return tree;
        List<Object> made = new ArrayList<>();
        for (Object element : (List<?>) tree) made.add(untyped(element));
        return made;
    }

    private static Object readArray(Object tree, Type component, Map<TypeVariable<?>, Type> known) throws ReflectiveOperationException {
        if (tree == null) return null;
        List<?> elements = tree instanceof List ? (List<?>) tree : List.of(tree);
        Type raw = component instanceof ParameterizedType ? ((ParameterizedType) component).getRawType() : component;
        Object made = Array.newInstance(raw instanceof Class ? (Class<?>) raw : Object.class, elements.size());
        for (int i = 0; i < elements.size(); ++i) Array.set(made, i, read(elements.get(i), component, known));
        return made;
    }

    @SuppressWarnings("unchecked")
    private static Object readMap(Object tree, Class<?> raw, Type key, Type value, Map<TypeVariable<?>, Type> known)
            throws ReflectiveOperationException {
        if (Scalars.isEmpty(tree)) return null;
        if (!(tree instanceof Map)) throw new IllegalArgumentException("Cannot make " + raw.getName() + " of " + Scalars.kindOf(tree));
        Map<Object, Object> made = raw.isInterface() || Modifier.isAbstract(raw.getModifiers())
                ? raw.isAssignableFrom(LinkedHashMap.class) ? new LinkedHashMap<>() : new java.util.concurrent.ConcurrentSkipListMap<>()
                : (Map<Object, Object>) raw.getDeclaredConstructor().newInstance();
        for (Map.Entry<?, ?> member : ((Map<?, ?>) tree).entrySet())
            made.put(read(member.getKey(), key, known), read(member.getValue(), value, known));
        return made;
    }

    @SuppressWarnings("unchecked")
    private static Object readCollection(Object tree, Class<?> raw, Type element, Map<TypeVariable<?>, Type> known)
            throws ReflectiveOperationException {
        if (Scalars.isEmpty(tree)) return null;
        Collection<Object> made;
        if (!raw.isInterface() && !Modifier.isAbstract(raw.getModifiers())) made = (Collection<Object>) raw.getDeclaredConstructor().newInstance();
        else if (raw.isAssignableFrom(ArrayList.class)) made = new ArrayList<>();
        else if (raw.isAssignableFrom(LinkedHashSet.class)) made = new LinkedHashSet<>();
        else if (raw.isAssignableFrom(java.util.TreeSet.class)) made = new java.util.TreeSet<>();
        else made = (Collection<Object>) (Collection<?>) new java.util.concurrent.LinkedBlockingDeque<Object>();
        for (Object one : tree instanceof List ? (List<?>) tree : List.of(tree)) made.add(read(one, element, known));
        return made;
    }

    private static Object readBean(Map<?, ?> tree, Class<?> type, Map<TypeVariable<?>, Type> known) throws ReflectiveOperationException {
        Bean bean = beanOf(type);
        if (bean.constructor == null && bean.creator != null) return create(tree, bean, known);
        if (bean.constructor == null || Modifier.isAbstract(type.getModifiers()))
            throw new IllegalArgumentException("Cannot construct " + type.getName() + ": it has no constructor without parameters");
        Object made = bean.constructor.newInstance();
        for (Map.Entry<?, ?> member : tree.entrySet()) {
            Bean.Property property = bean.writable((String) member.getKey());
            if (property != null) property.set(made, read(member.getValue(), property.type(), known));
        }
        return made;
    }

    private static Object create(Map<?, ?> tree, Bean bean, Map<TypeVariable<?>, Type> known) throws ReflectiveOperationException {
        Map<String, Object> bySimplifiedName = new LinkedHashMap<>();
        for (Map.Entry<?, ?> member : tree.entrySet()) bySimplifiedName.put(Bean.simplified((String) member.getKey()), member.getValue());
        Constructor<?> creator = bean.creator;
        Type[] types = creator.getGenericParameterTypes();
        Object[] arguments = new Object[bean.creatorNames.length];
        for (int i = 0; i < arguments.length; ++i) {
            Object value = tree.containsKey(bean.creatorNames[i]) ? tree.get(bean.creatorNames[i])
                    : bySimplifiedName.get(Bean.simplified(bean.creatorNames[i]));
            arguments[i] = read(value, types[i], known);
        }
        return creator.newInstance(arguments);
    }

    /** The tree of an object. */
    static Object write(Object value) {
        return write(value, 0);
    }

    private static Object write(Object value, int depth) {
        if (depth > 500) throw new IllegalArgumentException("The answer refers to itself, or is nested too deeply");
        if (value == null || value instanceof String || value instanceof Boolean) return value;
        if (value instanceof Number && value.getClass().getName().startsWith("java.")) return value;
        if (value instanceof Optional) return write(((Optional<?>) value).orElse(null), depth);
        if (value instanceof Map) {
            Map<String, Object> made = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                Object tree = write(member.getValue(), depth + 1);
                if (tree != null) made.put(String.valueOf(member.getKey()), tree);
            }
            return made;
        }
        if (value instanceof Iterable && !(value instanceof java.nio.file.Path)) {
            List<Object> made = new ArrayList<>();
            for (Object element : (Iterable<?>) value) made.add(write(element, depth + 1));
            return made;
        }
        if (value instanceof byte[]) return Base64.getEncoder().encodeToString((byte[]) value);
        if (value instanceof char[]) return new String((char[]) value);
        if (value.getClass().isArray()) {
            List<Object> made = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); ++i) made.add(write(Array.get(value, i), depth + 1));
            return made;
        }
        Object scalar = Scalars.write(value);
        return scalar != null ? scalar : writeBean(value, depth);
    }

    private static Map<String, Object> writeBean(Object value, int depth) {
        Map<String, Object> made = new LinkedHashMap<>();
        for (Bean.Property property : beanOf(value.getClass()).readable) {
            try {
                Object tree = write(property.get(value), depth + 1);
                if (tree != null) made.put(property.name, tree);
            } catch (InvocationTargetException thrown) {
                throw new IllegalArgumentException(thrown.getCause());
            } catch (ReflectiveOperationException failed) {
                throw new IllegalArgumentException(failed);
            }
        }
        return made;
    }
}
