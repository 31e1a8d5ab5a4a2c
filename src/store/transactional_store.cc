#include "store/transactional_store.h"

#include <fmt/core.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

#include "store/transaction.h"

namespace martlet::store {

namespace {

/// Attempts of one transaction before its conflict reaches the caller. Each one lost means that another one
/// committed, so this many in a row are a body that waits while others work on the same keys.
constexpr int kMostAttempts = 64;

/// The record of the layout of keys and values as a whole. It lies before all keys of transactions.
constexpr std::string_view kFormatKey{"\0format", 7};
constexpr std::string_view kFormat = "1";

/// Writes the format of a new store, and refuses one that this program does not know.
void check_format(Engine& engine, const std::string& directory) {
  const auto format = engine.get(kFormatKey, nullptr);
  if (format == kFormat) return;
  if (format) {
    throw std::runtime_error(fmt::format(
        "the data directory {} has format {}, this program knows {}: it was written by a newer Martlet. "
        "Run that version, or name another directory with --data.",
        directory, *format, kFormat));
  }
  const Range everything{.begin = std::string(1, '\0'), .end = std::string(1, kKeyEndByte)};
  if (engine.iterate(everything, Order::kAscending, nullptr)->valid()) {
    throw std::runtime_error(fmt::format(
        "the directory {} holds a database that is not Martlet's. Name another directory with --data.",
        directory));
  }
  Batch batch;
  batch.points.emplace(kFormatKey, std::string(kFormat));
  engine.write(batch);
}

}  // namespace

TransactionalStore::TransactionalStore(Executor executor, std::unique_ptr<Engine> engine,
                                       Durability durability)
    : executor_(std::move(executor)), history_(std::make_shared<History>(std::move(engine))) {
  if (durability == Durability::kDisk) disk_ = std::make_unique<GroupCommit>(executor_, history_);
}

std::unique_ptr<Txn> TransactionalStore::begin() {
  check_open();
  return std::make_unique<Transaction>(history_);
}

Task<bool> TransactionalStore::commit(Txn& txn, int attempt) {
  auto& transaction = static_cast<Transaction&>(txn);
  check_open();
  if (transaction.conflicts()) {
    if (attempt + 1 >= kMostAttempts) throw Conflict();
    transaction.release();
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);  // others first
    co_return false;
  }
  if (transaction.batch().empty()) {
    // What it read must not be told to anybody before it is as durable as promised.
    if (disk_) co_await disk_->wait_for(transaction.newest_source());
    run_actions(transaction.take_actions());
    co_return true;
  }
  if (disk_) disk_->check();
  transaction.release();
  const Version version = history_->apply(transaction.batch());
  if (disk_) {
    disk_->add(version, transaction.take_actions());
    co_await disk_->wait_for(version);
  } else {
    run_actions(transaction.take_actions());
  }
  co_return true;
}

std::size_t TransactionalStore::approximate_size() const {
  check_open();
  return history_->engine()->approximate_size();
}

Task<> TransactionalStore::clear() {
  check_open();
  const Version version = history_->clear();
  if (disk_) {
    disk_->add(version, {});
    co_await disk_->wait_for(version);
  }
}

Task<> TransactionalStore::close() {
  if (closed_) co_return;
  closed_ = true;
  std::exception_ptr failure;
  try {
    if (disk_) co_await disk_->wait_for(history_->version());
  } catch (...) {
    failure = std::current_exception();
  }
  history_->engine()->close();
  if (failure) std::rethrow_exception(failure);
}

void TransactionalStore::check_open() const {
  if (closed_) throw std::runtime_error("the store is closed");
}

std::unique_ptr<Store> make_memory_store(Executor executor) {
  return std::make_unique<TransactionalStore>(std::move(executor), make_memory_engine(),
                                              Durability::kProcess);
}

std::unique_ptr<Store> open_rocksdb_store(Executor executor, const RocksDbOptions& options) {
  auto engine = open_rocksdb_engine(options.directory);
  check_format(*engine, options.directory);
  return std::make_unique<TransactionalStore>(std::move(executor), std::move(engine), options.durability);
}

}  // namespace martlet::store
