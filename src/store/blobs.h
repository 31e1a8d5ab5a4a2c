#pragma once

// Blobs: bodies too large for a value of the store (code packages, objects), as files named by the SHA-256 of
// their content: DIR/ab/abcdef…. Equal content is one file. Records hold the BlobRef; a blob that no record
// refers to is removed by sweep().
//
// A blob is first written under a temporary name and gets its own by a rename, so that a crash leaves no half
// of one; with Durability::kDisk it is on the disk before put() returns, so that a record committed
// afterwards never refers to nothing. Lives on the loop; file work happens on the BlockingPool, which must
// outlive it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/blocking_pool.h"
#include "base/crypto.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::store {

/// Names a blob. Records keep it; it is a record field of its own.
struct BlobRef {
  /// 64 lower-case hexadecimal digits.
  std::string sha256;
  /// Bytes.
  std::uint64_t size = 0;

  void fields(auto& f) {
    f(1, sha256);
    f(2, size);
  }
  bool operator==(const BlobRef&) const = default;
};

class Blobs {
  struct Files;
  struct File;

 public:
  /// Takes a blob in pieces. Ending without finish() leaves nothing behind. Calls must follow one another; it
  /// must not outlive the Blobs.
  class Writer {
   public:
    explicit Writer(Blobs& blobs) : blobs_(blobs) {}
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Throws std::system_error when the file cannot be written; the writer is of no further use then.
    Task<> append(std::string bytes);
    /// Ends the blob, which is then readable.
    Task<BlobRef> finish();

   private:
    Blobs& blobs_;
    std::shared_ptr<File> file_;
  };

  /// Files in `directory`, which is created with the first blob, readable by its owner only.
  Blobs(BlockingPool& pool, std::string directory, Durability durability);
  /// For `--ephemeral`: a temporary directory, removed at the end.
  explicit Blobs(BlockingPool& pool);
  ~Blobs();
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;

  /// Throws std::system_error when the file cannot be written.
  Task<BlobRef> put(std::string bytes);
  /// Where the blob lies, for those who hand it to another program. Nobody may write there.
  [[nodiscard]] std::string path_of(const BlobRef& ref) const;
  [[nodiscard]] Task<bool> exists(BlobRef ref) const;
  /// The content, or `length` bytes of it from `offset` on (fewer at its end). Throws std::runtime_error when
  /// there is no such blob or it is shorter than its reference says.
  [[nodiscard]] Task<std::string> read(BlobRef ref) const;
  [[nodiscard]] Task<std::string> read(BlobRef ref, std::uint64_t offset, std::uint64_t length) const;
  /// Removes the blob at once; nothing happens when there is none.
  Task<> erase(BlobRef ref);

  /// Removes the blobs for which `live(sha256)` is false and that were last put more than `grace` ago, and
  /// temporary files of that age; returns how many blobs it removed. `live` is called on the pool: it must
  /// own what it looks at. A reference must be committed within `grace` of its put.
  Task<std::size_t> sweep(std::function<bool(std::string_view sha256)> live, std::chrono::seconds grace);

  /// Removes every blob (POST /_martlet/reset).
  Task<> clear();

 private:
  BlockingPool& pool_;
  /// Shared with work on the pool.
  std::shared_ptr<Files> files_;
};

}  // namespace martlet::store
