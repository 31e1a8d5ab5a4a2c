#include "server/identity.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "base/log.h"
#include "sandbox/descriptor.h"

namespace martlet::server {

namespace {

using sandbox::checked;
using sandbox::Descriptor;

// Above the ids of wardens' sandboxes, below the reserved ones; no distribution's tool gives these away.
constexpr uid_t kFirstId = 0x7400'0000;
constexpr uid_t kIds = 1 << 20;
// Where only a container's 65,536 ids exist: one that is nobody's, and not that of sandboxes.
constexpr uid_t kContainerId = 65532;
// Of the data directory: the warden's, which stays root's.
constexpr std::string_view kWardensDirectory = "run";

bool is_mapped(const char* map, uid_t id) {
  std::istringstream lines(sandbox::read_file(map));
  for (std::uint64_t inside, outside, count; lines >> inside >> outside >> count;)
    if (id >= inside && id - inside < count) return true;
  return false;
}

bool is_mapped(uid_t id) {
  return is_mapped("/proc/self/uid_map", id) && is_mapped("/proc/self/gid_map", id);
}

std::optional<uid_t> as_number(const std::string& text) {
  uid_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return id;
}

Identity of_number(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return {uid, entry != nullptr ? entry->pw_gid : uid};
}

Identity asked_for(const std::string& user) {
  Identity identity;
  if (const auto number = as_number(user)) {
    identity = of_number(*number);
  } else if (const passwd* entry = ::getpwnam(user.c_str())) {
    identity = {entry->pw_uid, entry->pw_gid};
  } else {
    throw std::runtime_error("--user: there is no user '" + user + "'; make one, or give a number");
  }
  if (identity.uid == 0)
    throw std::runtime_error("--user: root is not unprivileged; give another user, or leave it to martlet");
  return identity;
}

std::optional<Identity> default_identity(const std::string& directory) {
  if (const passwd* entry = ::getpwnam("martlet"); entry != nullptr && entry->pw_uid != 0)
    return Identity{entry->pw_uid, entry->pw_gid};
  struct stat status{};
  if (::stat(directory.c_str(), &status) == 0 && status.st_uid != 0) return of_number(status.st_uid);
  const uid_t id = kFirstId + std::random_device()() % kIds;
  if (is_mapped(id)) return Identity{id, id};
  if (is_mapped(kContainerId)) return Identity{kContainerId, kContainerId};
  return std::nullopt;
}

std::uint32_t permitted_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  checked(static_cast<int>(::syscall(SYS_capget, &header, sets.data())), "cannot read capabilities");
  return sets[0].permitted;
}

void set_capabilities(std::uint32_t low) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  sets[0].effective = sets[0].permitted = low;
  checked(static_cast<int>(::syscall(SYS_capset, &header, sets.data())), "cannot give up capabilities");
}

/// What no program that this process executes can have again. Needs CAP_SETPCAP, which root may lack in a
/// container; no_new_privs then has to do.
void forbid_capabilities_to_come() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    if (::prctl(PR_CAPBSET_DROP, capability) != 0 && errno != EPERM)
      sandbox::throw_errno("cannot give up capabilities");
  ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
}

/// Whether an entry has another owner and may be given away. Not files with several names: one of them may be
/// somebody's elsewhere.
bool is_to_be_handed_over(const struct stat& status, const Identity& to) {
  if (status.st_uid == to.uid) return false;
  return !S_ISREG(status.st_mode) || status.st_nlink == 1;
}

class Walk {
 public:
  enum class Depth { kEntries, kEverything };

  explicit Walk(const Identity& to) : to_(to) {}

  /// Whether this directory or an entry of it (kEverything: anything below it) belongs to somebody else.
  bool finds_foreign(int directory) { return visit(directory, Depth::kEntries, false); }
  void hand_over(int directory) { visit(directory, Depth::kEverything, true); }

 private:
  bool visit(int directory, Depth depth, bool change, bool top = true) {
    bool found = false;
    // The stream owns a descriptor of its own.
    const auto close = [](DIR* stream) { ::closedir(stream); };
    const int own = checked(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                            "cannot read the data directory");
    const std::unique_ptr<DIR, decltype(close)> entries(::fdopendir(own), close);
    if (!entries) sandbox::throw_errno("cannot read the data directory");
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || (top && name == kWardensDirectory)) continue;
      found |= visit_entry(directory, entry->d_name, depth, change);
    }
    // The directory itself last: an interrupted walk is begun again.
    struct stat status{};
    checked(::fstat(directory, &status), "cannot read the data directory");
    if (!is_to_be_handed_over(status, to_)) return found;
    if (change) checked(::fchown(directory, to_.uid, to_.gid), "cannot hand over the data directory");
    return true;
  }

  bool visit_entry(int directory, const char* name, Depth depth, bool change) {
    struct stat status{};
    if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISDIR(status.st_mode)) {
      if (depth == Depth::kEntries) return is_to_be_handed_over(status, to_);
      const Descriptor inner(checked(
          ::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "cannot hand over"));
      return visit(inner.get(), depth, change, false);
    }
    if (!is_to_be_handed_over(status, to_)) return false;
    if (change)
      checked(::fchownat(directory, name, to_.uid, to_.gid, AT_SYMLINK_NOFOLLOW), "cannot hand over");
    return true;
  }

  Identity to_;
};

}  // namespace

std::optional<Identity> choose_identity(const std::string& user, const std::string& directory) {
  if (::geteuid() != 0) {
    if (!user.empty() && asked_for(user).uid != ::geteuid())
      throw std::runtime_error("--user: only root can become another user");
    return std::nullopt;
  }
  if (user.empty()) return default_identity(directory);
  const Identity identity = asked_for(user);
  if (!is_mapped(identity.uid))
    throw std::runtime_error("--user: this container has no user with the id " +
                             std::to_string(identity.uid));
  return identity;
}

void give_up_root(const std::optional<Identity>& identity, LowPorts low_ports) {
  forbid_capabilities_to_come();
  const std::uint32_t kept =
      low_ports == LowPorts::kYes ? permitted_capabilities() & (1U << CAP_NET_BIND_SERVICE) : 0;
  if (identity) {
    checked(::prctl(PR_SET_KEEPCAPS, 1), "cannot change the user");
    checked(::setgroups(0, nullptr), "cannot leave root's groups");
    checked(::setresgid(identity->gid, identity->gid, identity->gid), "cannot change the group");
    checked(::setresuid(identity->uid, identity->uid, identity->uid), "cannot change the user");
    checked(::prctl(PR_SET_KEEPCAPS, 0), "cannot change the user");
  }
  set_capabilities(kept);
  checked(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot give up new privileges");
  // Keys and tenants' data are in this memory: no core dump, and no debugger of the same user.
  checked(::prctl(PR_SET_DUMPABLE, 0), "cannot hide the process");
}

void hand_over(const std::string& directory, const Identity& identity) {
  const Descriptor top(checked(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory));
  const Descriptor store(::openat(top.get(), "store", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  Walk walk(identity);
  // A look at what every start writes to, rather than at everything.
  if (!walk.finds_foreign(top.get()) && !(store && walk.finds_foreign(store.get()))) return;
  walk.hand_over(top.get());
}

std::string copy_readable_by_all(const std::string& file) {
  const std::string content = sandbox::read_file(file);
  Descriptor copy(checked(::memfd_create("martlet", MFD_CLOEXEC), "cannot make a file in memory"));
  if (::write(copy.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    sandbox::throw_errno("cannot copy " + file);
  return "/proc/self/fd/" + std::to_string(copy.release());
}

}  // namespace martlet::server
