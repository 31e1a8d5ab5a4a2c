#pragma once

// Code packages: the zip files of functions and layers, and the directories they are unpacked into. A package
// is known by the SHA-256 of its zip; all that have the same package share one read-only directory, which
// environments mount. The same cache holds directories that are made in other ways (layers merged, images).
//
// A directory appears under its final name only when it is complete. It goes when nothing refers to the
// package and no environment uses it any more. Unpacking runs on the blocking pool; everything else on the
// loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "base/task_group.h"

namespace martlet::lambda {

/// Checks the zip file and unpacks it into `directory`, which must not exist yet. Throws broken_zip() for
/// what is not a zip file or has a member that would land outside, unzipped_too_large() past the limit;
/// nothing is left behind then.
void unpack(const std::string& zip_file, const std::string& directory);

/// Bytes of all regular files below `directory`. For the blocking pool.
std::uint64_t size_of_files(const std::string& directory);

/// A package's directory while somebody uses it.
class CodeDirectory {
 public:
  /// `remove` takes the path of a directory that nobody needs any more.
  CodeDirectory(std::string path, std::function<void(const std::string&)> remove)
      : path_(std::move(path)), remove_(std::move(remove)) {}
  ~CodeDirectory() {
    if (doomed_) remove_(path_);
  }
  CodeDirectory(const CodeDirectory&) = delete;
  CodeDirectory& operator=(const CodeDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Removes the directory once the last user has let go.
  void doom() { doomed_ = true; }
  /// The package is in use again.
  void spare() { doomed_ = false; }

 private:
  std::string path_;
  std::function<void(const std::string&)> remove_;
  bool doomed_ = false;
};

class CodePackages {
 public:
  /// Keeps the directories below `directory`; what a crash left half-unpacked there is removed.
  CodePackages(std::string directory, BlockingPool& pool, TaskGroup& tasks);

  /// The directory of the package, unpacked from `zip_file` unless it exists. `sha256_hex` is that file's.
  Task<std::shared_ptr<CodeDirectory>> open(std::string sha256_hex, std::string zip_file);
  /// The directory known by `key`, filled by `make` (on the pool, given the path of an empty directory that
  /// it creates itself) unless it exists.
  Task<std::shared_ptr<CodeDirectory>> open_with(std::string key,
                                                 std::function<void(const std::string&)> make);
  /// One directory with the content of `layers` (at least one), later ones over earlier ones. It goes with
  /// its last user.
  Task<std::shared_ptr<const CodeDirectory>> merge(std::vector<std::shared_ptr<CodeDirectory>> layers);
  /// size_of_files() on the pool.
  Task<std::uint64_t> size_of(std::shared_ptr<const CodeDirectory> directory);
  /// Nothing refers to the package any more: its directory goes with its last user.
  void forget(const std::string& sha256_hex);
  /// Removes the directories of all packages for which `in_use` is false: what a crash kept forget() from
  /// doing.
  void sweep(const std::function<bool(const std::string& sha256_hex)>& in_use);

 private:
  [[nodiscard]] std::string path_of(const std::string& sha256_hex) const;
  /// The directory if it exists already; null otherwise.
  std::shared_ptr<CodeDirectory> find(const std::string& sha256_hex);
  std::shared_ptr<CodeDirectory> share(const std::string& sha256_hex);
  /// Takes the directory out of the way at once and removes it behind everybody's back: it may have many
  /// files.
  void remove(const std::string& path);
  Task<> remove_on_pool(std::string path);
  std::string temporary_path();

  std::string directory_;
  BlockingPool& pool_;
  TaskGroup& tasks_;
  std::unordered_map<std::string, std::weak_ptr<CodeDirectory>> in_use_;
  std::uint64_t next_temporary_ = 0;
};

}  // namespace martlet::lambda
