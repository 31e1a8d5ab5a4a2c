package martlet.runtime;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.HashMap;
import java.util.Map;

/** What type variables stand for in a class. */
final class Generics {
    private Generics() {}

    /** A type that a method of `declaring` mentions, as it is in the subclass `type`; Object where that is not known. */
    static Type resolve(Type mentioned, Class<?> type, Class<?> declaring) {
        if (!(mentioned instanceof TypeVariable)) return mentioned;
        Map<TypeVariable<?>, Type> known = new HashMap<>();
        collect(type, known);
        Type found = mentioned;
        while (found instanceof TypeVariable && known.containsKey(found)) found = known.get(found);
        return found instanceof TypeVariable ? ((TypeVariable<?>) found).getBounds()[0] : found;
    }

    private static void collect(Type type, Map<TypeVariable<?>, Type> known) {
        if (type == null) return;
        Class<?> raw = (Class<?>) (type instanceof ParameterizedType ? ((ParameterizedType) type).getRawType() : type);
        if (type instanceof ParameterizedType) {
            Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
            for (int i = 0; i < arguments.length; ++i) known.put(raw.getTypeParameters()[i], arguments[i]);
        }
        collect(raw.getGenericSuperclass(), known);
        for (Type implemented : raw.getGenericInterfaces()) collect(implemented, known);
    }
}
