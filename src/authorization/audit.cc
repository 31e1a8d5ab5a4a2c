#include "authorization/audit.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "wire/timestamp.h"

namespace martlet::authorization {

namespace {

/// Lines on the log: principals and actions that were told of. Beyond it the record alone tells.
constexpr std::size_t kMaxLogged = 10'000;

std::string key_of(std::string_view principal, std::string_view action, std::string_view resource) {
  std::string key(principal);
  return key.append("\n").append(action).append("\n").append(resource);
}

std::string key_of(const WouldBeDenial& denial) {
  return key_of(denial.principal, denial.action, denial.resource);
}

std::string time_json(TimePoint time) {
  return quote_json(wire::format_timestamp(time, wire::TimeFormat::kDateTime));
}

}  // namespace

bool Audit::has(std::string_view principal, std::string_view action, std::string_view resource,
                std::string_view message) const {
  const auto known = by_key_.find(key_of(principal, action, resource));
  return known != by_key_.end() && known->second->message == message;
}

void Audit::record(WouldBeDenial denial, TimePoint now) {
  ++total_;
  if (logged_.size() < kMaxLogged && logged_.insert(denial.principal + '\n' + denial.action).second)
    log::warning("enforcement would refuse this",
                 {{"principal", denial.principal}, {"action", denial.action}, {"message", denial.message}});
  const std::string key = key_of(denial);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
    denial.first = known->second->first;
    denial.times = known->second->times;
    if (denial.encoded.empty()) denial.encoded = std::move(known->second->encoded);
    *known->second = std::move(denial);
  } else {
    if (entries_.size() >= kMaxEntries) {
      by_key_.erase(key_of(entries_.back()));
      entries_.pop_back();
    }
    denial.first = now;
    entries_.push_front(std::move(denial));
    by_key_[key] = entries_.begin();
  }
  ++entries_.front().times;
  entries_.front().last = now;
}

std::string Audit::json() const {
  std::string kept;
  for (const WouldBeDenial& denial : entries_) {
    kept += kept.empty() ? "" : ", ";
    kept += R"({"principal": )" + quote_json(denial.principal) + R"(, "action": )" +
            quote_json(denial.action) + R"(, "resource": )" + quote_json(denial.resource) + R"(, "times": )" +
            std::to_string(denial.times) + R"(, "first": )" + time_json(denial.first) + R"(, "last": )" +
            time_json(denial.last) + R"(, "message": )" + quote_json(denial.message) +
            R"(, "authorizationMessage": )" + quote_json(denial.encoded) + "}";
  }
  return R"({"denials": )" + std::to_string(total_) + R"(, "kept": [)" + kept + "]}";
}

void Audit::clear() {
  total_ = 0;
  entries_.clear();
  by_key_.clear();
  logged_.clear();
}

}  // namespace martlet::authorization
