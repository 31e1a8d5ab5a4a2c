#include "services/lambda/image_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "services/lambda/image_documents.h"
#include "services/lambda/inside.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReadBlockBytes = 256 * 1024;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

struct CloseReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), "cannot unpack " + path.string());
}

/// What an image may be in all, over its layers.
struct Budget {
  std::uint64_t bytes = kMaxImageBytes;
  std::size_t entries = kMaxImageEntries;

  void take_bytes(std::uint64_t count) {
    if (count > bytes) throw MalformedImage("the image is too large");
    bytes -= count;
  }
  void take_entry() {
    if (entries-- == 0) throw MalformedImage("the image has too many files");
  }
};

/// Applies one layer over what the lower ones have left.
class Layer {
 public:
  Layer(const fs::path& root, Budget& budget) : root_(root), budget_(budget) {}

  void apply(const std::string& tar_file) {
    reader_.reset(archive_read_new());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    // An empty file is a tar file without entries for libarchive's "empty" format only.
    archive_read_support_format_empty(reader_.get());
    if (archive_read_open_filename(reader_.get(), tar_file.c_str(), kReadBlockBytes) != ARCHIVE_OK)
      throw MalformedImage(std::string("cannot read a layer: ") + archive_error_string(reader_.get()));
    while (next()) place();
  }

 private:
  bool next() {
    const int status = archive_read_next_header(reader_.get(), &entry_);
    if (status == ARCHIVE_EOF) return false;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      throw MalformedImage(std::string("broken layer: ") + archive_error_string(reader_.get()));
    budget_.take_entry();
    return true;
  }

  void place() {
    const char* name = archive_entry_pathname(entry_);
    if (name == nullptr) throw MalformedImage("an entry without a name");
    const fs::path normal = fs::path("/" + std::string(name)).lexically_normal();
    if (normal == "/") return;  // the root directory itself
    const fs::path path = entry_inside(root_, normal.string(), Missing::kMake);
    const std::string base = path.filename().string();
    if (base.starts_with(kWhiteout)) {
      apply_whiteout(path.parent_path(), base);
      return;
    }
    if (archive_entry_hardlink(entry_) != nullptr) {
      place_hard_link(path);
      return;
    }
    switch (archive_entry_filetype(entry_)) {
      case AE_IFDIR:
        place_directory(path);
        break;
      case AE_IFREG:
        place_file(path);
        break;
      case AE_IFLNK:
        place_link(path);
        break;
      default:
        return;  // a device, pipe or socket
    }
  }

  void apply_whiteout(const fs::path& directory, const std::string& base) {
    if (base == kOpaque) {
      remove_lower(directory);
    } else if (!base.starts_with(".wh..wh.")) {  // aufs keeps notes of its own under such names
      const fs::path hidden = directory / base.substr(kWhiteout.size());
      const fs::path name = hidden.filename();
      if (!name.empty() && name != "." && name != "..") remove_unless_placed(hidden);
    }
  }

  /// Removes what lower layers have put into the directory.
  void remove_lower(const fs::path& directory) {
    std::vector<fs::path> children;
    for (const auto& child : fs::directory_iterator(directory)) children.push_back(child.path());
    for (const fs::path& child : children) remove_unless_placed(child);
  }

  void remove_unless_placed(const fs::path& path) {
    const std::string below = path.string() + "/";
    const auto inner = placed_.lower_bound(below);
    const bool holds_placed = inner != placed_.end() && inner->starts_with(below);
    if (holds_placed)
      remove_lower(path);
    else if (!placed_.contains(path.string()))
      fs::remove_all(path);
  }

  /// Makes room for something that is no directory.
  void replace(const fs::path& path) {
    fs::remove_all(path);
    placed_.insert(path.string());
  }

  [[nodiscard]] mode_t mode() const { return archive_entry_perm(entry_) & 0777; }

  void place_directory(const fs::path& path) {
    const fs::file_status there = fs::symlink_status(path);
    if (!fs::is_directory(there)) {
      fs::remove_all(path);
      fs::create_directory(path);
    }
    fs::permissions(path, fs::perms(mode() | 0755));
    placed_.insert(path.string());
  }

  void place_link(const fs::path& path) {
    const char* target = archive_entry_symlink(entry_);
    if (target == nullptr) throw MalformedImage("a link without a target");
    replace(path);
    fs::create_symlink(target, path);
  }

  void place_hard_link(const fs::path& path) {
    const fs::path target = entry_inside(root_, archive_entry_hardlink(entry_), Missing::kRefuse);
    const fs::file_status status = fs::symlink_status(target);
    if (!fs::is_regular_file(status) && !fs::is_symlink(status))
      throw MalformedImage("a hard link to no file");
    if (target == path) return;
    replace(path);
    if (::linkat(AT_FDCWD, target.c_str(), AT_FDCWD, path.c_str(), 0) != 0) fail(path);
  }

  void place_file(const fs::path& path) {
    replace(path);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    const Descriptor file(fd);
    write_content(file.get(), path);
    const mode_t readable = mode() | 0444 | ((mode() & 0100) ? 0111 : 0);
    if (::fchmod(file.get(), readable) != 0) fail(path);
  }

  void write_content(int fd, const fs::path& path) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    std::uint64_t end = 0;
    while (true) {
      const int status = archive_read_data_block(reader_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK || offset < 0)
        throw MalformedImage(std::string("broken layer: ") + archive_error_string(reader_.get()));
      budget_.take_bytes(size);
      end = static_cast<std::uint64_t>(offset) + size;
      write_all(fd, static_cast<const char*>(block), size, offset, path);
    }
    // A sparse file may end with a hole, which costs nothing.
    const auto whole = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry_)));
    if (whole > kMaxImageBytes) throw MalformedImage("the image is too large");
    if (whole > end && ::ftruncate(fd, static_cast<off_t>(whole)) != 0) fail(path);
  }

  static void write_all(int fd, const char* bytes, std::size_t size, la_int64_t offset,
                        const fs::path& path) {
    while (size > 0) {
      const ssize_t written = ::pwrite(fd, bytes, size, offset);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail(path);
      bytes += written;
      size -= static_cast<std::size_t>(written);
      offset += written;
    }
  }

  fs::path root_;
  Budget& budget_;
  std::unique_ptr<archive, CloseReader> reader_;
  archive_entry* entry_ = nullptr;
  /// Host paths of what this layer has brought, which its own whiteouts do not concern.
  std::set<std::string> placed_;
};

}  // namespace

void unpack_image(const std::vector<std::string>& layers, const std::string& directory) {
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0755));
  try {
    Budget budget;
    for (const std::string& layer : layers) Layer(fs::canonical(directory), budget).apply(layer);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    throw;
  }
}

void unpack_archive(const std::string& tar_file, const std::string& directory) {
  unpack_image({tar_file}, directory);
}

}  // namespace martlet::lambda
