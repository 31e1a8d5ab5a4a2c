#pragma once

// Sources: what events can be read from, by ARN. Event source mappings (and later pipes) start here; each
// service that can be read from registers its Source. Owned by the server; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/task.h"
#include "base/time.h"
#include "store/store.h"

namespace martlet::sources {

/// One record of a source, in the form in which functions get it.
struct Record {
  /// Names it within its source: what a handler reports in batchItemFailures (SQS: the message id; streams:
  /// the sequence number).
  std::string id;
  /// The element of "Records" of the event: a JSON object.
  std::string json;
  /// Records of one group are handled one batch at a time, in order; empty where the source has no order.
  std::string group;
  /// How often it was read, this time included.
  std::uint32_t receives = 1;
  /// X-Amzn-Trace-Id of what put it there (SQS: AWSTraceHeader); empty when it is not known.
  std::string trace_header = {};
  /// Until when nobody else gets it, as this read has left it (wall time).
  TimePoint held_until = {};
  /// How the source finds it again. Nobody else's business.
  std::string handle;
};

struct ReadOptions {
  /// At most this many; SQS gives at most 10 at a time.
  std::size_t most = 10;
  /// How long what is read is kept from other readers; zero: as the source is set to.
  Duration visibility{};
};

/// Reads one source for one consumer. Closing it wakes and ends every read(). Destroyed by its owner when no
/// read() is under way.
class Reader {
 public:
  virtual ~Reader() = default;

  /// The records that can be had now, at least one: waits for it, woken by its arrival. Several reads may be
  /// under way. Empty once the reader is closed or the source is gone.
  virtual Task<std::vector<Record>> read(ReadOptions options) = 0;
  /// As read(), but does not wait beyond `deadline` (wall time) and may come back empty.
  virtual Task<std::vector<Record>> read_until(ReadOptions options, TimePoint deadline) = 0;

  /// They were handled: when `txn` commits they are gone from the source (queues).
  virtual Task<> done(store::Txn& txn, std::vector<Record> records) = 0;
  /// Nobody gets them before `delay` has passed; zero: at once. What is no longer this reader's is left as it
  /// is.
  virtual Task<> give_back(store::Txn& txn, std::vector<Record> records, Duration delay) = 0;

  virtual void close() = 0;
};

/// What a consumer must know of a source before it reads.
struct Description {
  /// "aws:sqs"
  std::string event_source;
  /// Records come in order within their group (FIFO queues).
  bool ordered = false;
  /// How long what was read is kept from other readers, unless a read says otherwise.
  Duration visibility{};
};

class Source {
 public:
  virtual ~Source() = default;
  /// Throws aws::Error when there is no such resource.
  virtual Task<Description> describe(store::Txn& txn, Arn arn) = 0;
  /// `role_arn`: the role as which is read.
  virtual std::unique_ptr<Reader> open(const Arn& arn, std::string role_arn) = 0;
};

class Sources {
 public:
  /// `source`, which must outlive this, is read for ARNs of that service ("sqs").
  void add(std::string service, Source& source) { sources_[std::move(service)] = &source; }
  /// Null when ARNs of that service cannot be read.
  [[nodiscard]] Source* find(const Arn& arn) const;

 private:
  std::map<std::string, Source*> sources_;
};

}  // namespace martlet::sources
