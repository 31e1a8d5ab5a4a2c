#include "services/lambda/mapping_runner.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <deque>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "services/lambda/mapping_batch.h"
#include "services/lambda/mapping_response.h"

namespace martlet::lambda {

namespace {

using Kind = MappingAnswer::Kind;

/// A throttled batch is tried again after this long, and then after twice that, and so on.
constexpr Duration kFirstRetry = std::chrono::milliseconds(250);
constexpr Duration kLongestRetry = std::chrono::seconds(10);
/// How long reading pauses when the function is not there; it is woken earlier when that is known to be back.
constexpr Duration kPauseWithoutFunction = std::chrono::minutes(1);
/// When the source is not there it looks for it again after this long, and then after twice that, and so on.
constexpr Duration kFirstPauseWithoutSource = std::chrono::seconds(1);
constexpr Duration kLongestPauseWithoutSource = std::chrono::minutes(1);
/// When the source refuses, or fails.
constexpr Duration kPauseAfterFailure = std::chrono::seconds(5);

}  // namespace

struct MappingRunner::Impl : std::enable_shared_from_this<Impl> {
  using Self = std::shared_ptr<Impl>;
  using Settings = std::shared_ptr<const MappingSettings>;

  Impl(MappingEngine on, MappingSource from, MappingSettings with, MappingCounters counted)
      : engine(std::move(on)),
        source(std::move(from)),
        settings(std::make_shared<MappingSettings>(std::move(with))),
        counters(counted),
        scaling(settings->scaling),
        changed(engine.executor),
        work(engine.executor),
        sleepers(engine.executor) {}

  /// The place of a batch, and what it was made with.
  struct UnderWay {
    explicit UnderWay(Self in) : impl(std::move(in)), settings(impl->settings), reader(impl->reader) {
      ++impl->under_way;
    }
    ~UnderWay() {
      --impl->under_way;
      impl->changed.notify_all();
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

    Self impl;
    Settings settings;
    std::shared_ptr<sources::Reader> reader;
  };

  // ---- From a record to an invocation and back

  /// Where a record of the source becomes part of an invocation:
  /// read → filter → batch (gather), event → invoke → settle (handle).
  static Task<> run(Self self) {
    while (co_await self->place_for_a_batch()) {
      Batch batch = co_await gather_or_pause(self);
      if (batch.empty()) continue;
      self->scaling.began(self->engine.clock.now());
      self->work.spawn("event source mapping: a batch",
                       handle(self, std::make_unique<UnderWay>(self), std::move(batch)));
    }
    co_await self->give_back(self->reader, self->take_carried(), Duration(0));
  }

  /// Waits until one batch more may be with the function; false when there is to be none.
  Task<bool> place_for_a_batch() {
    while (!closed) {
      const TimePoint now = engine.clock.now();
      std::optional<TimePoint> at;
      if (paused_until > now) {
        at = paused_until;
      } else {
        if (scaling.admits(under_way)) co_return true;
        at = scaling.wait(now);
      }
      if (at && *at <= now) continue;
      if (at) wake_at(*at);
      co_await changed.wait();
    }
    co_return false;
  }

  /// The next batch: what the source has now, or what comes within the window, as far as it passes the filter
  /// and there is room. Empty when there is none, or not any more.
  Task<Batch> gather() {
    const Settings now_set = settings;
    Batch batch(now_set->batch_size);
    if (!co_await open_source(now_set) || !co_await may_read(*now_set)) co_return batch;
    add_carried(batch, *now_set);
    bool goes_on = carried.empty();
    while (goes_on && !closed && !batch.full()) {
      const std::size_t asked = batch.missing();
      std::vector<sources::Record> records = co_await read(*now_set, batch);
      const bool may_be_more = records.size() >= asked || (!records.empty() && now_set->window.count() > 0);
      goes_on = co_await admit(*now_set, batch, std::move(records)) && may_be_more && !batch.empty();
    }
    // The permission may have gone while the source had nothing.
    const bool refused = !closed && !batch.empty() && !co_await may_read(*now_set);
    if (closed || refused) co_await give_back(reader, batch.take(), Duration(0));
    co_return batch;
  }

  Task<bool> may_read(const MappingSettings& with) {
    if (!with.refusal) co_return true;
    const std::string why = co_await with.refusal();
    if (why.empty()) co_return true;
    problem = "PROBLEM: " + why;
    pause(engine.clock.now() + kPauseAfterFailure);
    co_return false;
  }

  /// Waits for the first record as long as it takes, and for further ones as long as the window allows.
  Task<std::vector<sources::Record>> read(const MappingSettings& with, const Batch& batch) {
    sources::ReadOptions options{.most = batch.missing()};
    // What is gathered must not go back to the source meanwhile.
    if (with.window.count() > 0) options.visibility = description.visibility + with.window;
    if (!batch.empty()) co_return co_await reader->read_until(options, batch.began() + with.window);
    auto records = co_await reader->read(options);
    if (records.empty() && !closed) source_is_gone("there is nothing to read from any more");
    co_return records;
  }

  /// Puts into the batch what passes the filter, and deletes the rest. False when the batch had no room for
  /// something: that is kept for the next one, or, where order counts, goes back to the source, behind what
  /// is in the batch.
  Task<bool> admit(const MappingSettings& with, Batch& batch, std::vector<sources::Record> records) {
    counters.polled.add(records.size());
    if (!records.empty()) pause_without_source = kFirstPauseWithoutSource;
    const TimePoint now = engine.clock.now();
    std::vector<HeldRecord> unwanted;
    for (sources::Record& record : records) {
      const TimePoint due =
          record.held_until == TimePoint{} ? now + description.visibility : record.held_until - with.window;
      HeldRecord held{.record = std::move(record), .read_at = now, .due = due};
      if (with.wants && !with.wants(held.record))
        unwanted.push_back(std::move(held));
      else if (!carried.empty() || !batch.add(held))
        carried.push_back(std::move(held));
    }
    const std::size_t filtered_out = unwanted.size();
    co_await done(reader, std::move(unwanted));
    counters.filtered_out.add(filtered_out);
    const bool had_room = carried.empty();
    if (description.ordered) co_await give_back(reader, take_carried(), Duration(0));
    co_return had_room;
  }

  /// Has a batch handled and settles it. Counted as under way for as long as it lives.
  static Task<> handle(Self self, std::unique_ptr<UnderWay> on, Batch batch) {
    const MappingAnswer answer = co_await self->invoke(*on->settings, batch);
    co_await self->settle(*on->settings, on->reader, std::move(batch), answer);
  }

  /// The function's answer. While there is no room for the invocation it is tried again, less and less often,
  /// for as long as the records are not due.
  Task<MappingAnswer> invoke(const MappingSettings& with, const Batch& batch) {
    Duration pause = kFirstRetry;
    while (true) {
      // Time may have leapt: what is not held any more belongs to whoever reads it next.
      if (engine.clock.now() >= batch.due() + with.window) co_return MappingAnswer{.kind = Kind::kThrottled};
      MappingAnswer answer = co_await attempt(with, batch);
      if (answer.kind != Kind::kThrottled) co_return answer;
      const TimePoint now = engine.clock.now();
      scaling.throttled(now);
      if (closed || now + pause >= batch.due()) co_return answer;
      co_await wait_until(now + pause);
      if (closed) co_return answer;
      pause = std::min(2 * pause, kLongestRetry);
    }
  }

  static Task<MappingAnswer> attempt(const MappingSettings& with, const Batch& batch) {
    try {
      co_return co_await with.invoke({.event = batch.event(), .trace_headers = batch.trace_headers()});
    } catch (const boost::system::system_error&) {
      throw;  // the server stops; the records come back when they are due
    } catch (const std::exception& error) {
      log::error("an event source mapping met a failure of the platform", {{"error", error.what()}});
    }
    co_return MappingAnswer{.kind = Kind::kThrottled, .problem = "PROBLEM: internal error"};
  }

  /// Deletes what was handled; the rest comes back when it is due.
  Task<> settle(const MappingSettings& with, std::shared_ptr<sources::Reader> from, Batch batch,
                const MappingAnswer& answer) {
    if (abandoned) co_return;
    Handled handled;
    if (answer.kind != Kind::kSuccess)
      handled.failed = batch.take();
    else if (with.reports_item_failures)
      handled = split_by_answer(batch.take(), answer.payload);
    else
      handled.succeeded = batch.take();
    take_note(with, handled, answer);
    const std::size_t deleted = handled.succeeded.size();
    co_await done(from, std::move(handled.succeeded));
    counters.deleted.add(deleted);
    const bool at_once = closed && answer.kind == Kind::kThrottled;
    if (at_once || with.window.count() > 0)
      co_await give_back_failed(from, std::move(handled.failed), at_once);
  }

  // ---- Its parts

  void take_note(const MappingSettings& with, const Handled& handled, const MappingAnswer& answer) {
    const std::size_t failed = handled.failed.size();
    const std::size_t all = failed + handled.succeeded.size();
    problem = answer.problem;
    if (answer.kind == Kind::kThrottled) return counters.dropped.add(all);
    if (answer.kind == Kind::kGone) {
      counters.dropped.add(all);
      return pause(engine.clock.now() + kPauseWithoutFunction);
    }
    counters.invoked.add(all);
    counters.failed.add(failed);
    if (answer.kind == Kind::kSuccess)
      scaling.succeeded();
    else if (!with.reports_item_failures)
      scaling.failed();
  }

  /// Records that were held longer than the source would have done, so that they could be gathered, come back
  /// when the source would have given them back.
  Task<> give_back_failed(std::shared_ptr<sources::Reader> from, std::vector<HeldRecord> failed,
                          bool at_once) {
    const TimePoint now = engine.clock.now();
    std::map<TimePoint, std::vector<HeldRecord>> by_due;
    for (HeldRecord& held : failed)
      by_due[at_once ? now : std::max(held.due, now)].push_back(std::move(held));
    for (auto& [due, records] : by_due) co_await give_back(from, std::move(records), due - now);
  }

  Task<> done(std::shared_ptr<sources::Reader> from, std::vector<HeldRecord> held) {
    if (held.empty() || abandoned) co_return;
    const std::vector<sources::Record> records = only_handles(std::move(held));
    co_await engine.store.transact([&](store::Txn& txn) -> Task<> { co_await from->done(txn, records); });
  }

  Task<> give_back(std::shared_ptr<sources::Reader> from, std::vector<HeldRecord> held, Duration delay) {
    if (held.empty() || abandoned) co_return;
    const std::vector<sources::Record> records = only_handles(std::move(held));
    co_await engine.store.transact(
        [&](store::Txn& txn) -> Task<> { co_await from->give_back(txn, records, delay); });
  }

  /// What an earlier read brought and no batch had room for, unless it has gone back to the source by now.
  void add_carried(Batch& batch, const MappingSettings& with) {
    const TimePoint now = engine.clock.now();
    while (!carried.empty()) {
      if (carried.front().due + with.window > now && !batch.add(carried.front())) return;
      carried.pop_front();
    }
  }

  std::vector<HeldRecord> take_carried() {
    std::vector<HeldRecord> taken(std::make_move_iterator(carried.begin()),
                                  std::make_move_iterator(carried.end()));
    carried.clear();
    return taken;
  }

  /// Opens the source where it is not open, and knows how it is set now where that matters. False when there
  /// is no such source.
  Task<bool> open_source(Settings with) {
    if (reader && with->window.count() == 0) co_return true;
    std::string missing;
    try {
      description = co_await engine.store.transact([&](store::Txn& txn) -> Task<sources::Description> {
        co_return co_await source.source.describe(txn, source.arn);
      });
    } catch (const aws::Error& error) {
      missing = error.what();
    }
    if (!missing.empty()) {
      source_is_gone(missing);
      co_return false;
    }
    if (!reader && !closed) reader = source.source.open(source.arn, source.role_arn);
    co_return reader != nullptr;
  }

  void source_is_gone(const std::string& why) {
    problem = "PROBLEM: " + why;
    reader.reset();  // batches under way have it still
    carried.clear();
    pause(engine.clock.now() + pause_without_source);
    pause_without_source = std::min(2 * pause_without_source, kLongestPauseWithoutSource);
  }

  static Task<Batch> gather_or_pause(Self self) {
    try {
      co_return co_await self->gather();
    } catch (const boost::system::system_error&) {
      throw;
    } catch (const aws::Error& refusal) {
      self->problem = "PROBLEM: " + refusal.message();
    } catch (const std::exception& error) {
      log::error("an event source mapping could not read; it tries again",
                 {{"source", self->source.arn.str()}, {"error", error.what()}});
    }
    self->pause(self->engine.clock.now() + kPauseAfterFailure);
    co_return Batch();
  }

  // ---- Waiting

  void pause(TimePoint until) { paused_until = std::max(paused_until, until); }

  /// Or until there are to be no more batches.
  Task<> wait_until(TimePoint at) {
    while (!closed && engine.clock.now() < at) {
      wake_at(at);
      co_await changed.wait();
    }
  }

  /// Has those who wait look again then, at the latest.
  void wake_at(TimePoint at) {
    if (wakes_at <= at) return;
    wakes_at = at;
    sleepers.spawn("event source mapping: waiting", sleep(shared_from_this(), at));
  }

  static Task<> sleep(Self self, TimePoint at) {
    co_await self->engine.clock.sleep_until(at);
    if (self->wakes_at == at) self->wakes_at = TimePoint::max();
    self->changed.notify_all();
  }

  void close() {
    closed = true;
    if (reader) reader->close();
    sleepers.cancel();
    changed.notify_all();
  }

  MappingEngine engine;
  MappingSource source;
  Settings settings;
  MappingCounters counters;
  MappingScaling scaling;
  std::shared_ptr<sources::Reader> reader;
  sources::Description description;
  /// Read and passed, and still in nobody's batch.
  std::deque<HeldRecord> carried;
  std::size_t under_way = 0;
  std::string problem;
  bool closed = false;
  bool abandoned = false;
  TimePoint paused_until = TimePoint::min();
  Duration pause_without_source = kFirstPauseWithoutSource;
  TimePoint wakes_at = TimePoint::max();
  /// Notified when a batch may begin, or be tried again, or when there are to be none any more.
  Signal changed;
  TaskGroup work;
  TaskGroup sleepers;
};

MappingRunner::MappingRunner(MappingEngine engine, MappingSource source, MappingSettings settings,
                             MappingCounters counters)
    : impl_(std::make_shared<Impl>(std::move(engine), std::move(source), std::move(settings), counters)) {
  impl_->work.spawn("event source mapping", Impl::run(impl_));
}

MappingRunner::~MappingRunner() {
  abandon();
  cancel();
}

void MappingRunner::configure(MappingSettings settings) {
  impl_->settings = std::make_shared<MappingSettings>(std::move(settings));
  impl_->scaling.configure(impl_->settings->scaling);
  resume();
}

void MappingRunner::resume() {
  impl_->paused_until = TimePoint::min();
  impl_->changed.notify_all();
}

void MappingRunner::close() { impl_->close(); }

void MappingRunner::abandon() {
  impl_->abandoned = true;
  impl_->close();
}

Task<> MappingRunner::finished() const {
  const auto impl = impl_;
  co_await impl->work.join();
}

bool MappingRunner::is_finished() const { return impl_->work.size() == 0; }

void MappingRunner::cancel() { impl_->work.cancel(); }

std::size_t MappingRunner::under_way() const { return impl_->under_way; }

std::string MappingRunner::problem() const { return impl_->problem; }

}  // namespace martlet::lambda
