#include "sandbox/system_root.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include "base/strings.h"
#include "sandbox/kernel.h"

namespace martlet::sandbox {

namespace {

namespace fs = std::filesystem;

// Files of /etc that programs look for and that say nothing about this host.
constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/sbin/nologin\nsandbox:x:993:990:sandbox:/tmp:/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/:/sbin/nologin\n";
constexpr std::string_view kGroup = "root:x:0:\nsandbox:x:990:\nnogroup:x:65534:\n";
constexpr std::string_view kHosts = "127.0.0.1 localhost sandbox sandbox.localdomain\n";
constexpr std::string_view kNameServices =
    "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nservices: files\nprotocols: files\n";

// What else of the host's /etc goes in: needed by the dynamic linker, TLS, and interpreters; never secrets.
constexpr std::array kSharedEtc = {
    "/etc/ld.so.cache",     "/etc/ld.so.conf",    "/etc/ld.so.conf.d", "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/etc/ca-certificates",
    "/etc/alternatives",    "/etc/mime.types",    "/etc/services",     "/etc/protocols",
    "/etc/crypto-policies", "/etc/fonts"};
constexpr std::array kSharedEtcPatterns = {"/etc/java-*", "/etc/python3*", "/etc/ruby*"};

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Makes each directory of a path, and a file or directory as its last part; what exists is left.
void make_path(int root, const std::string& path, mode_t kind) {
  const auto parts = split(std::string_view(path).substr(1), '/');
  Descriptor at(
      checked(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), "cannot open the system root"));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part(parts[i]);
    const bool file = i + 1 == parts.size() && !S_ISDIR(kind);
    const int made =
        file ? ::mknodat(at.get(), part.c_str(), S_IFREG | 0444, 0) : ::mkdirat(at.get(), part.c_str(), 0755);
    if (made < 0 && errno != EEXIST) throw_errno("cannot make " + path);
    if (file) return;
    at = Descriptor(checked(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                            "cannot make " + path));
  }
}

}  // namespace

SystemRoot::SystemRoot(const std::string& mount_point) : mount_point_(mount_point) {
  writable_ = new_mount("tmpfs", {{"size", "4m"}, {"mode", "0755"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  attach_mount(writable_, AT_FDCWD, mount_point_);
  for (const char* directory : {"/dev", "/etc", "/opt", "/proc", "/run", "/tmp", "/usr", "/var"})
    make_directory(directory);
  add_programs();
  add_etc();
  add_devices();
}

Descriptor SystemRoot::copy() const {
  Descriptor tree = copy_mount(AT_FDCWD, mount_point_, Depth::kWithSubmounts);
  // Only the topmost mount is still writable.
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  checked(::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes),
          "cannot make the root read-only");
  return tree;
}

void SystemRoot::make_directory(const std::string& path) { make_path(writable_.get(), path, S_IFDIR); }

void SystemRoot::bind(const std::string& source, const std::string& target) {
  const Descriptor mount = copy_mount(AT_FDCWD, source, Depth::kWithSubmounts);
  restrict_mount(mount);
  struct stat status{};
  checked(::fstat(mount.get(), &status), "cannot look at " + source);
  make_path(writable_.get(), target, status.st_mode);
  attach_mount(mount, AT_FDCWD, mount_point_ + target);
}

void SystemRoot::bind_if_present(const std::string& source) {
  if (exists(source)) bind(source, source);
}

void SystemRoot::add_programs() {
  bind("/usr", "/usr");
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code error;
    if (fs::is_symlink(path, error)) {
      const std::string link = fs::read_symlink(path);
      checked(::symlinkat(link.c_str(), writable_.get(), path + 1), std::string("cannot make ") + path);
    } else {
      bind_if_present(path);
    }
  }
}

void SystemRoot::add_etc() {
  const std::pair<const char*, std::string_view> files[] = {{"/etc/passwd", kPasswd},
                                                            {"/etc/group", kGroup},
                                                            {"/etc/hosts", kHosts},
                                                            {"/etc/resolv.conf", ""},
                                                            {"/etc/nsswitch.conf", kNameServices}};
  for (const auto& [path, text] : files) {
    const Descriptor file(
        checked(::openat(writable_.get(), path + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444),
                std::string("cannot make ") + path));
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw_errno(path);
  }
  for (const char* path : kSharedEtc) bind_if_present(path);
  for (const char* pattern : kSharedEtcPatterns) {
    glob_t found{};
    if (::glob(pattern, 0, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i) bind_if_present(found.gl_pathv[i]);
    ::globfree(&found);
  }
}

void SystemRoot::add_devices() {
  for (const char* name : {"null", "zero", "full", "random", "urandom"}) {
    const std::string path = std::string("/dev/") + name;
    const Descriptor device = copy_mount(AT_FDCWD, path, Depth::kThisMount);
    make_path(writable_.get(), path, S_IFREG);
    attach_mount(device, AT_FDCWD, mount_point_ + path);
  }
  const std::pair<const char*, const char*> links[] = {{"fd", "/proc/self/fd"},
                                                       {"stdin", "/proc/self/fd/0"},
                                                       {"stdout", "/proc/self/fd/1"},
                                                       {"stderr", "/proc/self/fd/2"}};
  for (const auto& [name, target] : links) {
    const std::string path = std::string("dev/") + name;
    checked(::symlinkat(target, writable_.get(), path.c_str()), "cannot make /" + path);
  }
}

void SystemRoot::add_mount_point(const std::string& target, int source) {
  const std::string_view top = split(std::string_view(target).substr(1), '/').front();
  constexpr std::array<std::string_view, 10> kElsewhere = {"usr",   "bin",    "sbin", "lib", "lib32",
                                                           "lib64", "libx32", "proc", "dev", "tmp"};
  if (std::ranges::find(kElsewhere, top) != kElsewhere.end()) return;
  struct stat status{};
  checked(::fstat(source, &status), "cannot look at what is to be bound at " + target);
  make_path(writable_.get(), target, status.st_mode);
}

}  // namespace martlet::sandbox
