package martlet.runtime;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.CodeSource;
import java.security.PermissionCollection;
import java.security.Permissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Loads the function: /var/task, its lib/*.jar and those of the layers. The interfaces of Lambda and CRaC are the runtime's. */
final class FunctionLoader extends URLClassLoader {
    FunctionLoader(String root, ClassLoader parent) throws IOException {
        super(places(root), parent);
    }

    private static URL[] places(String root) throws IOException {
        List<URL> places = new ArrayList<>();
        places.add(new URL("file", "", root + "/"));
        addJars(places, root + "/lib");
        addJars(places, "/opt/java/lib");
        return places.toArray(new URL[0]);
    }

    private static void addJars(List<URL> places, String directory) throws IOException {
        String[] names = new File(directory).list();
        if (names == null) return;
        Arrays.sort(names);
        for (String name : names) if (name.endsWith(".jar")) places.add(new URL("file", "", directory + "/" + name));
    }

    /** None: nobody asks for permissions, and to make them reads Java's security configuration, which takes 20 ms. */
    @Override
    protected PermissionCollection getPermissions(CodeSource source) {
        return new Permissions();
    }
}
