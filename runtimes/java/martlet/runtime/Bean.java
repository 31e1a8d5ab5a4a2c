package martlet.runtime;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The properties of a class: by getters, setters and public fields, or as the parameters of its constructor. */
final class Bean {
    static final class Property {
        final String name;
        Method getter;
        Method setter;
        Field field;

        Property(String name) {
            this.name = name;
        }

        Type type() {
            return setter != null ? setter.getGenericParameterTypes()[0] : field.getGenericType();
        }

        boolean isWritable() {
            return setter != null || field != null && !Modifier.isFinal(field.getModifiers());
        }

        void set(Object bean, Object value) throws ReflectiveOperationException {
            if (setter != null) setter.invoke(bean, value);
            else field.set(bean, value);
        }

        Object get(Object bean) throws ReflectiveOperationException {
            return getter != null ? getter.invoke(bean) : field.get(bean);
        }
    }

    /** What can be read, in the order in which it is declared as far as that is known. */
    final List<Property> readable = new ArrayList<>();
    private final Map<String, Property> properties = new LinkedHashMap<>();
    private final Map<String, Property> bySimplifiedName = new LinkedHashMap<>();
    /** Without parameters; null where the class has none. */
    final Constructor<?> constructor;
    /** Where there is none without: one whose parameters are the fields, and the fields' names. */
    final Constructor<?> creator;
    final String[] creatorNames;

    Bean(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
            List<Field> own = new ArrayList<>();
            for (Field field : c.getDeclaredFields()) if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) own.add(field);
            fields.addAll(0, own);
        }
        boolean isRecord = type.getSuperclass() != null && type.getSuperclass().getName().equals("java.lang.Record");
        for (Field field : fields) property(field.getName());
        for (Method method : type.getMethods()) addAccessor(method);
        for (Field field : fields) addField(type, field, isRecord);
        for (Property property : properties.values()) {
            if (property.getter != null || property.field != null && Modifier.isPublic(property.field.getModifiers())) readable.add(property);
            if (property.isWritable()) bySimplifiedName.putIfAbsent(simplified(property.name), property);
        }
        constructor = isRecord ? null : accessible(noArguments(type));
        creator = constructor != null ? null : accessible(takingFields(type, fields));
        creatorNames = creator == null ? null : new String[fields.size()];
        for (int i = 0; creatorNames != null && i < creatorNames.length; ++i) creatorNames[i] = fields.get(i).getName();
    }

    /** By its name, or by a name that differs in case, hyphens and underscores as those of AWS's events do. */
    Property writable(String name) {
        Property property = properties.get(name);
        if (property != null && property.isWritable()) return property;
        return bySimplifiedName.get(simplified(name));
    }

    static String simplified(String name) {
        StringBuilder made = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); ++i)
            if (name.charAt(i) != '-' && name.charAt(i) != '_') made.append(Character.toLowerCase(name.charAt(i)));
        return made.toString();
    }

    private Property property(String name) {
        return properties.computeIfAbsent(name, Property::new);
    }

    private void addAccessor(Method method) {
        String name = method.getName();
        if (Modifier.isStatic(method.getModifiers()) || method.isBridge() || method.getDeclaringClass() == Object.class) return;
        Class<?> result = method.getReturnType();
        if (method.getParameterCount() == 0 && result != void.class) {
            boolean is = name.startsWith("is") && (result == boolean.class || result == Boolean.class);
            int skipped = name.startsWith("get") ? 3 : is ? 2 : 0;
            if (skipped == 0 || name.length() == skipped) return;
            Property property = property(decapitalized(name.substring(skipped)));
            if (property.getter == null || skipped == 3) property.getter = accessible(method);
        } else if (method.getParameterCount() == 1 && name.startsWith("set") && name.length() > 3) {
            Property property = property(decapitalized(name.substring(3)));
            boolean fits = property.getter == null || property.getter.getReturnType() == method.getParameterTypes()[0];
            if (property.setter == null || fits) property.setter = accessible(method);
        }
    }

    private void addField(Class<?> type, Field field, boolean isRecord) {
        Property property = properties.get(field.getName());
        if (isRecord) {
            try {
                property.getter = accessible(type.getMethod(field.getName()));
            } catch (NoSuchMethodException impossible) {
                throw new IllegalStateException(impossible);
            }
        } else if (Modifier.isPublic(field.getModifiers()) || property.getter != null) {
            property.field = accessible(field);
        }
    }

    /** As java.beans does it: "URL" stays, "Url" becomes "url". */
    private static String decapitalized(String name) {
        if (name.length() > 1 && Character.isUpperCase(name.charAt(0)) && Character.isUpperCase(name.charAt(1))) return name;
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static Constructor<?> noArguments(Class<?> type) {
        try {
            return type.getDeclaredConstructor();
        } catch (NoSuchMethodException none) {
            return null;
        }
    }

    private static Constructor<?> takingFields(Class<?> type, List<Field> fields) {
        for (Constructor<?> candidate : type.getDeclaredConstructors()) {
            Class<?>[] parameters = candidate.getParameterTypes();
            boolean same = parameters.length == fields.size() && parameters.length > 0;
            for (int i = 0; same && i < parameters.length; ++i) same = parameters[i] == fields.get(i).getType();
            if (same) return candidate;
        }
        return null;
    }

    private static <T extends java.lang.reflect.AccessibleObject> T accessible(T member) {
        try {
            if (member != null) member.setAccessible(true);
        } catch (RuntimeException closed) {
            // a module that is not open: public members can be used all the same
        }
        return member;
    }
}
