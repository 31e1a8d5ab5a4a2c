#pragma once

// A source that tells the ledger what was read from the one behind it.

#include <functional>
#include <memory>
#include <string>

#include "sources/sources.h"

namespace martlet::sim {

/// Called with each record that was read.
using OnRead = std::function<void(const sources::Record& record)>;

class SpySource final : public sources::Source {
 public:
  SpySource(sources::Source& behind, OnRead on_read) : behind_(behind), on_read_(std::move(on_read)) {}

  Task<sources::Description> describe(store::Txn& txn, Arn arn) override {
    return behind_.describe(txn, std::move(arn));
  }
  std::unique_ptr<sources::Reader> open(const Arn& arn, std::string role_arn) override {
    return std::make_unique<SpyReader>(behind_.open(arn, std::move(role_arn)), on_read_);
  }

 private:
  class SpyReader final : public sources::Reader {
   public:
    SpyReader(std::unique_ptr<sources::Reader> behind, OnRead on_read)
        : behind_(std::move(behind)), on_read_(std::move(on_read)) {}

    Task<std::vector<sources::Record>> read(sources::ReadOptions options) override {
      co_return told(co_await behind_->read(options));
    }
    Task<std::vector<sources::Record>> read_until(sources::ReadOptions options, TimePoint deadline) override {
      co_return told(co_await behind_->read_until(options, deadline));
    }
    Task<> done(store::Txn& txn, std::vector<sources::Record> records) override {
      return behind_->done(txn, std::move(records));
    }
    Task<> give_back(store::Txn& txn, std::vector<sources::Record> records, Duration delay) override {
      return behind_->give_back(txn, std::move(records), delay);
    }
    void close() override { behind_->close(); }

   private:
    std::vector<sources::Record> told(std::vector<sources::Record> records) {
      for (const sources::Record& record : records) on_read_(record);
      return records;
    }

    std::unique_ptr<sources::Reader> behind_;
    OnRead on_read_;
  };

  sources::Source& behind_;
  OnRead on_read_;
};

}  // namespace martlet::sim
