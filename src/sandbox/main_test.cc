// The test program of this room runs twice: as it is called, and with --unprivileged as a user without any
// rights.

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace {

constexpr uid_t kNobody = 65534;

/// Becomes a user without rights; false when that is impossible because this is another ordinary user
/// already.
bool give_up_root() {
  if (::geteuid() != 0) return true;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0)
    return false;
  // As after executing a program: the process may map ids into its user namespaces.
  return ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == "--unprivileged" && !give_up_root()) {
    std::perror("cannot become an unprivileged user");
    return 1;
  }
  return RUN_ALL_TESTS();
}
