#include "store/blobs.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace martlet::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameLength = 64;
constexpr std::string_view kTemporary = "tmp";

[[noreturn]] void fail(const std::string& doing, const std::string& path) {
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot {} {}", doing, path));
}

bool is_blob_name(std::string_view name) {
  return name.size() == kNameLength && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, const char* doing)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail(doing, path);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

void sync_directory(const std::string& path) {
  const Descriptor directory(path, O_RDONLY | O_DIRECTORY, "open");
  if (::fsync(directory.get()) != 0) fail("sync", path);
}

std::string make_temporary_directory() {
  std::string name = (fs::temp_directory_path() / "martlet-blobs-XXXXXX").string();
  if (!::mkdtemp(name.data())) fail("create the temporary directory", name);
  return name;
}

std::string read_file(const std::string& path, const BlobRef& ref, std::uint64_t offset,
                      std::uint64_t length) {
  const Descriptor file(path, O_RDONLY, "open the blob");
  if (offset >= ref.size) return {};
  std::string bytes(std::min(length, ref.size - offset), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read the blob", path);
    if (count == 0)
      throw std::runtime_error(fmt::format("the blob {} is shorter than its record says", path));
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace

/// The files, as the threads of the pool see them.
struct Blobs::Files {
  Files(std::string where, Durability how) : directory(std::move(where)), durability(how) {}
  explicit Files() : directory(make_temporary_directory()), is_temporary(true) {}
  ~Files() {
    std::error_code ignored;
    if (is_temporary) fs::remove_all(directory, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  const std::string directory;
  const Durability durability = Durability::kProcess;
  const bool is_temporary = false;
  /// Held where a blob gets its name and where one is judged and removed, so that sweep() cannot remove a
  /// blob that was put again between its look and its removal.
  std::mutex naming;

  [[nodiscard]] std::string path_of(std::string_view name) const {
    if (!is_blob_name(name)) throw std::logic_error("a blob's name must be a SHA-256 in hexadecimal");
    return fmt::format("{}/{}/{}", directory, name.substr(0, 2), name);
  }

  /// Creates the directory of temporary files and those above it as needed.
  std::string temporary_path() {
    const std::string folder = fmt::format("{}/{}", directory, kTemporary);
    make_folder(directory);
    make_folder(folder);
    return fmt::format("{}/{}", folder, to_hex(random_bytes(16)));
  }

  void publish(const std::string& from, std::string_view name) {
    const std::string to = path_of(name);
    const std::string folder = to.substr(0, to.size() - kNameLength - 1);
    const std::scoped_lock lock(naming);
    const bool made = make_folder(folder);
    if (::rename(from.c_str(), to.c_str()) != 0) fail("name the blob", to);
    if (durability != Durability::kDisk) return;
    sync_directory(folder);
    if (made) sync_directory(directory);
  }

  void erase(const std::string& path) {
    const std::scoped_lock lock(naming);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove the blob", path);
  }

  /// Removes the file if it is older than `grace`.
  bool erase_old(const fs::path& path, std::chrono::seconds grace) {
    const std::scoped_lock lock(naming);
    std::error_code failure;
    const auto written = fs::last_write_time(path, failure);
    if (failure || fs::file_time_type::clock::now() - written < grace) return false;
    return fs::remove(path, failure);
  }

  template <class Visit>
  void for_each_folder(Visit visit) const {
    std::error_code none;  // no blob was ever put
    for (const auto& folder : fs::directory_iterator(directory, none)) {
      if (folder.is_directory(none)) visit(folder.path());
    }
  }

  std::size_t sweep(const std::function<bool(std::string_view)>& live, std::chrono::seconds grace) {
    std::size_t removed = 0;
    for_each_folder([&](const fs::path& folder) {
      const bool temporary = folder.filename() == kTemporary;
      std::error_code none;
      for (const auto& file : fs::directory_iterator(folder, none)) {
        const std::string name = file.path().filename().string();
        if (temporary) {
          erase_old(file.path(), grace);
        } else if (is_blob_name(name) && !live(name) && erase_old(file.path(), grace)) {
          ++removed;
        }
      }
    });
    return removed;
  }

  void clear() {
    const std::scoped_lock lock(naming);
    for_each_folder([&](const fs::path& folder) {
      if (folder.filename() != kTemporary) fs::remove_all(folder);
    });
  }

 private:
  /// Returns whether it was not there before.
  static bool make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU) == 0) return true;
    if (errno == ENOENT) {
      fs::create_directories(fs::path(path).parent_path());
      if (::mkdir(path.c_str(), S_IRWXU) == 0) return true;
    }
    if (errno != EEXIST) fail("create the directory", path);
    return false;
  }
};

struct Blobs::File {
  explicit File(std::shared_ptr<Blobs::Files> in)
      : files(std::move(in)),
        path(files->temporary_path()),
        file(path, O_WRONLY | O_CREAT | O_EXCL, "create") {}
  ~File() {
    if (!published) ::unlink(path.c_str());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void append(std::string_view bytes) {
    hash.update(bytes);
    size += bytes.size();
    while (!bytes.empty()) {
      const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("write", path);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  BlobRef finish() {
    if (files->durability == Durability::kDisk && ::fsync(file.get()) != 0) fail("sync", path);
    BlobRef ref{.sha256 = to_hex(as_view(hash.finish())), .size = size};
    files->publish(path, ref.sha256);
    published = true;
    return ref;
  }

  std::shared_ptr<Blobs::Files> files;
  std::string path;
  Descriptor file;
  Sha256Stream hash;
  std::uint64_t size = 0;
  bool published = false;
};

Blobs::Writer::~Writer() = default;

Task<> Blobs::Writer::append(std::string bytes) {
  auto work = [file = file_, files = blobs_.files_, data = std::move(bytes)] {
    const auto to = file ? file : std::make_shared<File>(files);
    to->append(data);
    return to;
  };
  file_ = co_await blobs_.pool_.run(std::move(work));
}

Task<BlobRef> Blobs::Writer::finish() {
  if (!file_) co_await append({});
  auto work = [file = std::move(file_)] { return file->finish(); };
  co_return co_await blobs_.pool_.run(std::move(work));
}

Blobs::Blobs(BlockingPool& pool, std::string directory, Durability durability)
    : pool_(pool), files_(std::make_shared<Files>(std::move(directory), durability)) {}

Blobs::Blobs(BlockingPool& pool) : pool_(pool), files_(std::make_shared<Files>()) {}

Blobs::~Blobs() = default;

Task<BlobRef> Blobs::put(std::string bytes) {
  auto work = [files = files_, data = std::move(bytes)] {
    File file(files);
    file.append(data);
    return file.finish();
  };
  co_return co_await pool_.run(std::move(work));
}

std::string Blobs::path_of(const BlobRef& ref) const { return files_->path_of(ref.sha256); }

Task<bool> Blobs::exists(BlobRef ref) const {
  auto work = [path = path_of(ref)] { return ::access(path.c_str(), F_OK) == 0; };
  co_return co_await pool_.run(std::move(work));
}

Task<std::string> Blobs::read(BlobRef ref) const { return read(ref, 0, ref.size); }

Task<std::string> Blobs::read(BlobRef ref, std::uint64_t offset, std::uint64_t length) const {
  auto work = [path = path_of(ref), ref, offset, length] { return read_file(path, ref, offset, length); };
  co_return co_await pool_.run(std::move(work));
}

Task<> Blobs::erase(BlobRef ref) {
  auto work = [files = files_, path = path_of(ref)] { files->erase(path); };
  co_await pool_.run(std::move(work));
}

Task<std::size_t> Blobs::sweep(std::function<bool(std::string_view)> live, std::chrono::seconds grace) {
  auto work = [files = files_, live = std::move(live), grace] { return files->sweep(live, grace); };
  co_return co_await pool_.run(std::move(work));
}

Task<> Blobs::clear() {
  auto work = [files = files_] { files->clear(); };
  co_await pool_.run(std::move(work));
}

}  // namespace martlet::store
