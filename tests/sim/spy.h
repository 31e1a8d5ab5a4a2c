#pragma once

// A source that tells the ledger what was read from the one behind it, and what becomes of that.

#include <functional>
#include <memory>
#include <string>

#include "sources/sources.h"

namespace martlet::sim {

/// Who is told of each record.
struct Observer {
  std::function<void(const sources::Record& record)> read;
  /// Before it is deleted.
  std::function<void(const sources::Record& record)> done;
  /// Before it is given back.
  std::function<void(const sources::Record& record, Duration delay)> give_back;
};

class SpySource final : public sources::Source {
 public:
  SpySource(sources::Source& behind, Observer observer) : behind_(behind), observer_(std::move(observer)) {}

  Task<sources::Description> describe(store::Txn& txn, Arn arn) override {
    return behind_.describe(txn, std::move(arn));
  }
  std::unique_ptr<sources::Reader> open(const Arn& arn, std::string role_arn) override {
    return std::make_unique<SpyReader>(behind_.open(arn, std::move(role_arn)), observer_);
  }

 private:
  class SpyReader final : public sources::Reader {
   public:
    SpyReader(std::unique_ptr<sources::Reader> behind, Observer observer)
        : behind_(std::move(behind)), observer_(std::move(observer)) {}

    Task<std::vector<sources::Record>> read(sources::ReadOptions options) override {
      co_return told(co_await behind_->read(options));
    }
    Task<std::vector<sources::Record>> read_until(sources::ReadOptions options, TimePoint deadline) override {
      co_return told(co_await behind_->read_until(options, deadline));
    }
    Task<> done(store::Txn& txn, std::vector<sources::Record> records) override {
      for (const sources::Record& record : records) observer_.done(record);
      return behind_->done(txn, std::move(records));
    }
    Task<> give_back(store::Txn& txn, std::vector<sources::Record> records, Duration delay) override {
      for (const sources::Record& record : records) observer_.give_back(record, delay);
      return behind_->give_back(txn, std::move(records), delay);
    }
    void close() override { behind_->close(); }

   private:
    std::vector<sources::Record> told(std::vector<sources::Record> records) {
      for (const sources::Record& record : records) observer_.read(record);
      return records;
    }

    std::unique_ptr<sources::Reader> behind_;
    Observer observer_;
  };

  sources::Source& behind_;
  Observer observer_;
};

}  // namespace martlet::sim
