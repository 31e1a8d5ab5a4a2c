// The engine on disk, over RocksDB, set up for a small server: little memory, few threads, a quick start.

#include <fmt/core.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/log.h"
#include "store/engine.h"

namespace martlet::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMiB = 1024UL * 1024;

/// A range with at most this many keys is erased key by key. RocksDB's range tombstones slow down every later
/// read of their part of the store until a compaction, and are worth it only where they replace many single
/// ones.
constexpr int kMostSingleErasures = 256;

/// Bytes that may stay in the log alone when the store is closed.
constexpr std::uint64_t kMostUnflushed = kMiB / 2;

void check(const rocksdb::Status& status, const char* doing) {
  if (!status.ok())
    throw std::runtime_error(fmt::format("the store failed while {}: {}", doing, status.ToString()));
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

/// RocksDB's own messages, from warnings up, go to the server's log: no LOG files beside the data. They are
/// held back until the database is open, because one that does not open says why in its exception.
class Log : public rocksdb::Logger {
 public:
  Log() : Logger(rocksdb::WARN_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override { Logv(rocksdb::WARN_LEVEL, format, arguments); }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::WARN_LEVEL || level >= rocksdb::HEADER_LEVEL) return;
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    const std::scoped_lock lock(mutex_);
    if (opened_) {
      write(level, text.data());
    } else {
      held_.emplace_back(level, text.data());
    }
  }

  void set_opened() {
    const std::scoped_lock lock(mutex_);
    opened_ = true;
    for (const auto& [level, text] : held_) write(level, text);
    held_.clear();
  }

 private:
  static void write(rocksdb::InfoLogLevel level, std::string_view text) {
    if (level >= rocksdb::ERROR_LEVEL) {
      log::error("RocksDB", {{"message", text}});
    } else {
      log::warning("RocksDB", {{"message", text}});
    }
  }

  std::mutex mutex_;
  bool opened_ = false;
  std::vector<std::pair<rocksdb::InfoLogLevel, std::string>> held_;
};

rocksdb::Options make_options(std::shared_ptr<Log> log) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.info_log = std::move(log);
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;

  // Memory: at most three write buffers and one block cache, all of them taken piece by piece.
  options.write_buffer_size = 4 * kMiB;
  options.max_write_buffer_number = 3;
  options.arena_block_size = kMiB / 16;
  options.max_open_files = 256;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 * kMiB, 2);
  // Indexes and filters are cut into blocks, too: whole ones of many files do not fit into so small a cache,
  // and each read would bring in a hundred KiB.
  table.cache_index_and_filter_blocks = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  // One writer, the loop; one flush and one compaction beside it.
  options.max_background_jobs = 2;
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.compression = rocksdb::kLZ4Compression;
  options.target_file_size_base = 8 * kMiB;
  options.max_bytes_for_level_base = 32 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;

  // A quick start: what the log holds stays in memory instead of becoming a file first, and no file is looked
  // at in advance.
  options.avoid_flush_during_recovery = true;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  return options;
}

class RocksSnapshot : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<rocksdb::DB> db)
      : db_(std::move(db)), snapshot_(db_->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  [[nodiscard]] const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  std::shared_ptr<rocksdb::DB> db_;
  const rocksdb::Snapshot* snapshot_;
};

rocksdb::ReadOptions read_at(const Snapshot* at) {
  rocksdb::ReadOptions options;
  if (at) options.snapshot = static_cast<const RocksSnapshot*>(at)->get();
  return options;
}

class RocksCursor : public Cursor {
 public:
  RocksCursor(rocksdb::DB& db, Range range, Order order, const Snapshot* at)
      : range_(std::move(range)), lower_(range_.begin), upper_(range_.end), order_(order) {
    rocksdb::ReadOptions options = read_at(at);
    options.iterate_lower_bound = &lower_;
    options.iterate_upper_bound = &upper_;
    iterator_.reset(db.NewIterator(options));
    if (order_ == Order::kAscending) {
      iterator_->Seek(lower_);
    } else {
      seek_before(upper_);
    }
    check_iterator();
  }
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;

  [[nodiscard]] bool valid() const override { return iterator_->Valid(); }
  [[nodiscard]] std::string_view key() const override { return view(iterator_->key()); }
  [[nodiscard]] std::string_view value() const override { return view(iterator_->value()); }

  void next() override {
    if (order_ == Order::kAscending) {
      iterator_->Next();
    } else {
      iterator_->Prev();
    }
    check_iterator();
  }

  void skip(const std::string& begin, const std::string& end) override {
    if (order_ == Order::kAscending) {
      iterator_->Seek(end);
    } else {
      seek_before(begin);
    }
    check_iterator();
  }

 private:
  void seek_before(const rocksdb::Slice& key) {
    iterator_->SeekForPrev(key);
    if (iterator_->Valid() && iterator_->key() == key) iterator_->Prev();
  }
  void check_iterator() const {
    if (!iterator_->Valid()) check(iterator_->status(), "scanning");
  }

  Range range_;
  // The iterator refers to these.
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  Order order_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksEngine : public Engine {
 public:
  explicit RocksEngine(std::shared_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
  ~RocksEngine() override = default;
  RocksEngine(const RocksEngine&) = delete;
  RocksEngine& operator=(const RocksEngine&) = delete;

  std::unique_ptr<Snapshot> snapshot() override { return std::make_unique<RocksSnapshot>(open()); }

  std::optional<std::string> get(std::string_view key, const Snapshot* at) override {
    // A pinned value is copied once, straight from the cached block or the write buffer.
    rocksdb::PinnableSlice value;
    const auto status = open()->Get(read_at(at), db_->DefaultColumnFamily(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "reading");
    return std::string(view(value));
  }

  std::unique_ptr<Cursor> iterate(Range range, Order order, const Snapshot* at) override {
    return std::make_unique<RocksCursor>(*open(), std::move(range), order, at);
  }

  void write(const Batch& batch) override {
    batch_.Clear();
    for (const auto& [begin, end] : batch.erased) add_erasure(begin, end);
    for (const auto& [key, value] : batch.points)
      check(value ? batch_.Put(key, *value) : batch_.Delete(key), "collecting writes");
    // The log is written, not only buffered, when Write returns (manual_wal_flush is off): a crash of this
    // process cannot take the batch back.
    check(open()->Write(rocksdb::WriteOptions(), &batch_), "writing");
  }

  void sync() override { check(open()->SyncWAL(), "syncing"); }

  [[nodiscard]] std::size_t approximate_size() const override {
    std::uint64_t keys = 0;
    open()->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &keys);
    return keys;
  }

  void close() override {
    if (!db_) return;
    // What is in the log alone has to be read again at the next start: when it is much, a table file starts
    // faster.
    std::uint64_t unflushed = 0;
    db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed);
    const auto status = unflushed > kMostUnflushed ? db_->Flush(rocksdb::FlushOptions()) : db_->SyncWAL();
    db_.reset();
    check(status, "closing");
  }

 private:
  [[nodiscard]] const std::shared_ptr<rocksdb::DB>& open() const {
    if (!db_) throw std::runtime_error("the store is closed");
    return db_;
  }

  void add_erasure(const std::string& begin, const std::string& end) {
    int count = 0;
    for (RocksCursor cursor(*open(), {begin, end}, Order::kAscending, nullptr); cursor.valid();
         cursor.next()) {
      if (++count > kMostSingleErasures) {
        // On top of the single erasures so far, which do no harm.
        check(batch_.DeleteRange(begin, end), "collecting writes");
        return;
      }
      check(batch_.Delete(slice(cursor.key())), "collecting writes");
    }
  }

  std::shared_ptr<rocksdb::DB> db_;
  rocksdb::WriteBatch batch_;
};

void make_directory(const std::string& directory) {
  std::error_code failure;
  if (fs::is_directory(directory, failure)) return;
  if (const auto parent = fs::path(directory).parent_path(); !parent.empty())
    fs::create_directories(parent, failure);
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw std::runtime_error(
        fmt::format("cannot create the data directory {}: {}. Name another one with --data, or run without "
                    "one with --ephemeral.",
                    directory, std::strerror(errno)));
  }
}

[[noreturn]] void refuse(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && (text.contains("lock file") || text.contains("lock hold"))) {
    throw std::runtime_error(
        fmt::format("the data directory {} is in use by another Martlet. Stop that one, or name another "
                    "directory with --data.",
                    directory));
  }
  if (status.IsCorruption()) {
    throw std::runtime_error(fmt::format(
        "the data in {} is damaged ({}). Restore it from a copy, or move it away to start afresh.", directory,
        text));
  }
  throw std::runtime_error(
      fmt::format("cannot use the data directory {}: {}. Check that it belongs to this user, is writable and "
                  "has space left, or name "
                  "another one with --data.",
                  directory, text));
}

}  // namespace

std::unique_ptr<Engine> open_rocksdb_engine(const std::string& directory) {
  make_directory(directory);
  rocksdb::DB* opened = nullptr;
  const auto log = std::make_shared<Log>();
  const auto status = rocksdb::DB::Open(make_options(log), directory, &opened);
  if (!status.ok()) refuse(directory, status);
  log->set_opened();
  return std::make_unique<RocksEngine>(std::shared_ptr<rocksdb::DB>(opened));
}

}  // namespace martlet::store
