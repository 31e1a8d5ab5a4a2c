// What Java offers no way to do: change the directory of the process. Called by martlet.runtime.ProcessState.

#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int Java_martlet_runtime_ProcessState_chdir(
    void* /*environment*/, void* /*type*/) {
  return ::chdir("/var/task");
}
