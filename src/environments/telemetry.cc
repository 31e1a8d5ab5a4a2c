#include "environments/telemetry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "environments/application_level.h"

namespace martlet::environments {

namespace {

/// What is kept of initialisation for later subscribers.
constexpr std::size_t kMaxPastRecords = 1'000;
constexpr std::size_t kMaxPastBytes = 262'144;

constexpr std::string_view kPlatform = "platform";

std::string_view type_of(LineSource source) {
  return source == LineSource::kFunction ? "function" : "extension";
}

}  // namespace

Telemetry::Telemetry(Executor executor, Clock& clock, TaskGroup& tasks, Logging::Format format)
    : executor_(std::move(executor)), clock_(clock), tasks_(tasks), format_(format) {}

Telemetry::~Telemetry() { stop(); }

void Telemetry::note(const PlatformEvent& event, TimePoint now) {
  for (const Subscriber& subscriber : subscribers_) {
    if (!subscriber.request.wants(kPlatform)) continue;
    std::string record = json_of(event, now, subscriber.request.dialect);
    if (!record.empty()) subscriber.delivery->offer(std::move(record));
  }
  // No invocation ends while subscriptions are taken, so the two versions of the Logs API do not differ yet.
  if (open_)
    keep({.type = kPlatform,
          .telemetry = json_of(event, now, Dialect::kTelemetry),
          .logs = json_of(event, now, Dialect::kLogs)});
}

void Telemetry::note_line(LineSource source, std::string_view message, TimePoint now) {
  const std::string_view type = type_of(source);
  const auto wants = [&](const Subscriber& subscriber) { return subscriber.request.wants(type); };
  if (!open_ && std::ranges::none_of(subscribers_, wants)) return;
  std::string record = line_record(type, message, now);
  for (const Subscriber& subscriber : subscribers_)
    if (wants(subscriber)) subscriber.delivery->offer(record);
  if (!open_) return;
  std::string copy = record;
  keep({.type = type, .telemetry = std::move(copy), .logs = std::move(record)});
}

std::string Telemetry::line_record(std::string_view type, std::string_view message, TimePoint now) const {
  std::string_view line = message;
  while (line.ends_with('\n')) line.remove_suffix(1);
  // A record goes over TCP as one line, which an object that was printed over several is not.
  const bool as_object = format_ == Logging::Format::kJson && line.find('\n') == std::string_view::npos &&
                         level_of_message(line).is_json;
  return fmt::format(R"({{"time":"{}","type":"{}","record":{}}})", iso_time(now), type,
                     as_object ? std::string(line) : quote_json(message));
}

void Telemetry::keep(Past past) {
  const std::size_t size = past.telemetry.size();
  if (past_.size() == kMaxPastRecords || past_bytes_ + size > kMaxPastBytes) {
    ++lost_records_;
    lost_bytes_ += size;
    return;
  }
  past_bytes_ += size;
  past_.push_back(std::move(past));
}

void Telemetry::close_subscriptions() {
  open_ = false;
  std::vector<Past>().swap(past_);
}

bool Telemetry::subscribe(const std::string& extension, TelemetryInterface interface,
                          SubscribeRequest request) {
  const auto found = std::ranges::find(subscribers_, extension, &Subscriber::extension);
  const bool again = found != subscribers_.end();
  if (again && found->interface != interface) return false;
  auto transport = make_transport(executor_, clock_, request.destination, connect_);
  auto delivery = std::make_shared<TelemetryDelivery>(executor_, clock_, request.dialect, request.buffering,
                                                      std::move(transport));
  if (paused_) delivery->pause();
  delivery->start(tasks_);
  Subscriber subscriber{extension, interface, std::move(request), std::move(delivery)};
  if (again) {
    // What the first subscription has not sent yet comes again with the second.
    found->delivery->stop();
    *found = std::move(subscriber);
    replay(*found);
  } else {
    replay(subscribers_.emplace_back(std::move(subscriber)));
  }
  return true;
}

void Telemetry::replay(const Subscriber& subscriber) const {
  const bool is_logs = subscriber.interface == TelemetryInterface::kLogs;
  for (const Past& past : past_) {
    if (!subscriber.request.wants(past.type)) continue;
    const std::string& record = is_logs ? past.logs : past.telemetry;
    if (!record.empty()) subscriber.delivery->offer(record);
  }
  if (lost_records_ != 0) subscriber.delivery->dropped(lost_records_, lost_bytes_);
}

void Telemetry::pause() {
  paused_ = true;
  for (const Subscriber& subscriber : subscribers_) subscriber.delivery->pause();
}

void Telemetry::resume() {
  paused_ = false;
  for (const Subscriber& subscriber : subscribers_) subscriber.delivery->resume();
}

void Telemetry::flush() {
  for (const Subscriber& subscriber : subscribers_) subscriber.delivery->flush();
}

void Telemetry::stop() {
  close_subscriptions();
  for (const Subscriber& subscriber : subscribers_) subscriber.delivery->stop();
  subscribers_.clear();
}

}  // namespace martlet::environments
