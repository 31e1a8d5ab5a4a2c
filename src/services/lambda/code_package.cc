#include "services/lambda/code_package.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/merge.h"

namespace martlet::lambda {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReadBlockBytes = 64 * 1024;
/// What names begin with of directories that are not complete, or not needed any more.
const std::string kTemporary = "tmp-";

bool is_temporary(const std::string& name) { return name.starts_with(kTemporary); }

struct CloseReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct CloseWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};

/// A relative path that stays inside: no "..", no leading slash, nothing empty.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  for (const fs::path& part : fs::path(path))
    if (part == "..") return false;
  return true;
}

/// Functions run as another user than the one who unpacks: everybody may read, and enter directories.
void open_for_reading(archive_entry* entry) {
  const mode_t mode = archive_entry_perm(entry) & 0777;
  const bool enter = archive_entry_filetype(entry) == AE_IFDIR;
  archive_entry_set_perm(entry, mode | 0644 | (enter ? 0111 : 0) | ((mode & 0100) ? 0111 : 0));
}

/// A zip starts with a member's signature. (libarchive would also look for one behind foreign leading bytes,
/// as self-extracting programs have them.)
bool starts_like_a_zip(const std::string& zip_file) {
  char signature[4] = {};
  std::ifstream(zip_file, std::ios::binary).read(signature, sizeof signature);
  return std::string_view(signature, sizeof signature) == "PK\x03\x04";
}

void copy_content(archive* reader, archive* writer, std::uint64_t& unpacked) {
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int status = archive_read_data_block(reader, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return;
    if (status != ARCHIVE_OK) throw broken_zip();
    unpacked += size;
    if (unpacked > kMaxUnzippedBytes) throw unzipped_too_large();
    if (archive_write_data_block(writer, block, size, offset) < ARCHIVE_OK)
      throw std::runtime_error(std::string("cannot write the unpacked code: ") +
                               archive_error_string(writer));
  }
}

void unpack_entry(archive* reader, archive* writer, archive_entry* entry, const fs::path& directory,
                  std::uint64_t& unpacked) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr || !stays_inside(name)) throw broken_zip();
  const auto type = archive_entry_filetype(entry);
  if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) throw broken_zip();
  if (archive_entry_hardlink(entry) != nullptr) throw broken_zip();
  open_for_reading(entry);
  archive_entry_set_pathname(entry, (directory / name).c_str());
  if (archive_write_header(writer, entry) < ARCHIVE_OK) throw broken_zip();
  if (type == AE_IFREG) copy_content(reader, writer, unpacked);
  if (archive_write_finish_entry(writer) < ARCHIVE_OK) throw broken_zip();
}

void unpack_all(archive* reader, const fs::path& directory) {
  std::unique_ptr<archive, CloseWriter> writer(archive_write_disk_new());
  // Links inside a package are fine; following one out of the directory while unpacking is not.
  archive_write_disk_set_options(
      writer.get(), ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_SYMLINKS);
  std::uint64_t unpacked = 0;
  std::size_t entries = 0;
  while (true) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) throw broken_zip();
    if (++entries > kMaxPackageEntries) throw unzipped_too_large();
    unpack_entry(reader, writer.get(), entry, directory, unpacked);
  }
  if (entries == 0) throw broken_zip();
  if (archive_write_close(writer.get()) != ARCHIVE_OK) throw broken_zip();
}

}  // namespace

void unpack(const std::string& zip_file, const std::string& directory) {
  if (!starts_like_a_zip(zip_file)) throw broken_zip();
  std::unique_ptr<archive, CloseReader> reader(archive_read_new());
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_filename(reader.get(), zip_file.c_str(), kReadBlockBytes) != ARCHIVE_OK)
    throw broken_zip();
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0755));
  try {
    // The directory as the kernel sees it: SECURE_SYMLINKS would take a link in the path to it for an attack.
    unpack_all(reader.get(), fs::canonical(directory));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    throw;
  }
}

std::uint64_t size_of_files(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
  return bytes;
}

CodePackages::CodePackages(std::string directory, BlockingPool& pool, TaskGroup& tasks)
    : directory_(std::move(directory)), pool_(pool), tasks_(tasks) {
  fs::create_directories(directory_);
  for (const auto& entry : fs::directory_iterator(directory_))
    if (is_temporary(entry.path().filename())) fs::remove_all(entry.path());
}

std::string CodePackages::path_of(const std::string& sha256_hex) const {
  return directory_ + "/" + sha256_hex;
}

std::shared_ptr<CodeDirectory> CodePackages::share(const std::string& sha256_hex) {
  auto& known = in_use_[sha256_hex];
  auto shared = known.lock();
  if (!shared) {
    shared = std::make_shared<CodeDirectory>(path_of(sha256_hex),
                                             [this](const std::string& path) { remove(path); });
    known = shared;
  }
  shared->spare();
  return shared;
}

std::shared_ptr<CodeDirectory> CodePackages::find(const std::string& sha256_hex) {
  return fs::exists(path_of(sha256_hex)) ? share(sha256_hex) : nullptr;
}

Task<std::shared_ptr<CodeDirectory>> CodePackages::open(std::string sha256_hex, std::string zip_file) {
  co_return co_await open_with(std::move(sha256_hex),
                               [zip_file](const std::string& directory) { unpack(zip_file, directory); });
}

Task<std::shared_ptr<CodeDirectory>> CodePackages::open_with(std::string key,
                                                             std::function<void(const std::string&)> make) {
  if (auto existing = find(key)) co_return existing;
  const std::string temporary = temporary_path();
  co_await pool_.run([make, temporary] { make(temporary); });
  // Another call may have made the same directory meanwhile: one of the two is enough.
  std::error_code failed;
  fs::rename(temporary, path_of(key), failed);
  if (failed) fs::remove_all(temporary);
  if (failed && !fs::exists(path_of(key)))
    throw std::runtime_error("cannot keep the unpacked code: " + failed.message());
  co_return share(key);
}

Task<std::shared_ptr<const CodeDirectory>> CodePackages::merge(
    std::vector<std::shared_ptr<CodeDirectory>> layers) {
  if (layers.size() == 1) co_return layers.front();
  std::vector<std::string> paths;
  std::string list;
  for (const auto& layer : layers) {
    paths.push_back(layer->path());
    list += fs::path(layer->path()).filename().string() + "\n";
  }
  auto merged =
      co_await open_with("layers-" + to_hex(as_view(sha256(list))),
                         [paths](const std::string& directory) { merge_directories(paths, directory); });
  merged->doom();  // nothing in the store refers to it: it goes with its last user
  co_return merged;
}

Task<std::uint64_t> CodePackages::size_of(std::shared_ptr<const CodeDirectory> directory) {
  co_return co_await pool_.run([path = directory->path()] { return size_of_files(path); });
}

std::string CodePackages::temporary_path() {
  return directory_ + "/" + kTemporary + std::to_string(next_temporary_++);
}

void CodePackages::remove(const std::string& path) {
  std::error_code failed;
  const std::string aside = temporary_path();
  fs::rename(path, aside, failed);
  if (failed)
    log::warning("cannot remove unpacked code", {{"path", path}, {"error", failed.message()}});
  else
    tasks_.spawn("removal of a code package", remove_on_pool(aside));
}

Task<> CodePackages::remove_on_pool(std::string path) {
  co_await pool_.run([path] { fs::remove_all(path); });
}

void CodePackages::sweep(const std::function<bool(const std::string& sha256_hex)>& in_use) {
  for (const auto& entry : fs::directory_iterator(directory_)) {
    const std::string sha256_hex = entry.path().filename();
    if (!is_temporary(sha256_hex) && !in_use(sha256_hex)) forget(sha256_hex);
  }
}

void CodePackages::forget(const std::string& sha256_hex) {
  if (auto shared = find(sha256_hex)) shared->doom();
}

}  // namespace martlet::lambda
