package org.crac;

import java.util.ArrayList;
import java.util.List;

/** The last registered is told of a snapshot first, and of the restoration last. */
final class GlobalContext extends Context<Resource> {
    private final List<Resource> resources = new ArrayList<>();

    @Override
    public synchronized void register(Resource resource) {
        resources.add(resource);
    }

    @Override
    public synchronized void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException {
        CheckpointException failed = null;
        for (int i = resources.size() - 1; i >= 0; --i) {
            try {
                resources.get(i).beforeCheckpoint(this);
            } catch (Exception error) {
                if (failed == null) failed = new CheckpointException(error.toString());
                failed.addSuppressed(error);
            }
        }
        if (failed != null) throw failed;
    }

    @Override
    public synchronized void afterRestore(Context<? extends Resource> context) throws RestoreException {
        RestoreException failed = null;
        for (Resource resource : resources) {
            try {
                resource.afterRestore(this);
            } catch (Exception error) {
                if (failed == null) failed = new RestoreException(error.toString());
                failed.addSuppressed(error);
            }
        }
        if (failed != null) throw failed;
    }
}
