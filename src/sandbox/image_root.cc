#include "sandbox/image_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sandbox/kernel.h"

namespace martlet::sandbox {

namespace {

// What of the system root takes the place of the image's own.
constexpr std::array kDirectories = {"/proc", "/dev", "/tmp"};
constexpr std::array kFiles = {"/etc/hosts", "/etc/resolv.conf"};

/// Opens a path of the image as a program inside would see it.
int open_inside(int root, const std::string& path, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

/// The last part of `path`, whose directory exists. A link that leads nowhere gives way to it.
void make_last(int root, const std::string& path, bool directory) {
  const auto slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  const Descriptor parent(
      checked(open_inside(root, path.substr(0, slash + 1), O_PATH | O_DIRECTORY), "cannot make " + path));
  const auto make = [&] {
    return directory ? ::mkdirat(parent.get(), name.c_str(), 0755)
                     : ::mknodat(parent.get(), name.c_str(), S_IFREG | 0644, 0);
  };
  if (make() == 0) return;
  if (errno != EEXIST) throw_errno("cannot make " + path + " in the image");
  const Descriptor there(open_inside(root, path, O_PATH));
  if (there) return;  // somebody else was faster
  ::unlinkat(parent.get(), name.c_str(), 0);
  if (make() != 0 && errno != EEXIST) throw_errno("cannot make " + path + " in the image");
}

void make_inside(int root, const std::string& path, bool directory) {
  if (const Descriptor there(open_inside(root, path, O_PATH)); there) return;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (const Descriptor there(open_inside(root, part, O_PATH | O_DIRECTORY)); !there)
      make_last(root, part, true);
  }
  make_last(root, path, directory);
}

}  // namespace

ImageRoot::ImageRoot(const std::string& path)
    : directory_(
          checked(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "cannot open the root " + path)) {
  for (const char* each : kDirectories) make_inside(directory_.get(), each, true);
  for (const char* each : kFiles) make_inside(directory_.get(), each, false);
}

Descriptor ImageRoot::copy() const {
  Descriptor mount = copy_mount(directory_.get(), "", Depth::kThisMount);
  restrict_mount(mount);
  return mount;
}

void ImageRoot::add_mount_point(const std::string& target, int source) const {
  if (target.starts_with("/tmp/")) return;
  struct stat status{};
  checked(::fstat(source, &status), "cannot look at what is to be bound at " + target);
  make_inside(directory_.get(), target, S_ISDIR(status.st_mode));
}

void enter_image(const Descriptor& image) {
  std::vector<std::pair<const char*, Descriptor>> kept;
  for (const char* path : {"/proc", "/dev"})
    kept.emplace_back(path, copy_mount(AT_FDCWD, path, Depth::kWithSubmounts));
  for (const char* path : kFiles) kept.emplace_back(path, copy_mount(AT_FDCWD, path, Depth::kThisMount));
  change_root(image);
  // Only now, so that links of the image lead to places of the image.
  for (const auto& [path, mount] : kept) attach_mount(mount, AT_FDCWD, path);
}

}  // namespace martlet::sandbox
