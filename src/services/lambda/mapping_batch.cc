#include "services/lambda/mapping_batch.h"

#include <algorithm>
#include <string_view>

#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace {

constexpr std::string_view kBefore = R"({"Records":[)";
constexpr std::string_view kAfter = "]}";

}  // namespace

bool Batch::add(HeldRecord& held) {
  if (full()) return false;
  const std::size_t bytes = bytes_ + held.record.json.size() + 1;
  if (!empty() && kBefore.size() + bytes + kAfter.size() > kMaxPayloadBytes) return false;
  bytes_ = bytes;
  records_.push_back(std::move(held));
  return true;
}

TimePoint Batch::due() const {
  TimePoint first = TimePoint::max();
  for (const HeldRecord& held : records_) first = std::min(first, held.due);
  return first;
}

std::string Batch::event() const {
  std::string event;
  event.reserve(kBefore.size() + bytes_ + kAfter.size());
  event += kBefore;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (i > 0) event += ',';
    event += records_[i].record.json;
  }
  return event += kAfter;
}

std::vector<std::string> Batch::trace_headers() const {
  std::vector<std::string> headers;
  for (const HeldRecord& held : records_) {
    const std::string& header = held.record.trace_header;
    if (!header.empty() && std::ranges::find(headers, header) == headers.end()) headers.push_back(header);
  }
  return headers;
}

std::vector<sources::Record> only_handles(std::vector<HeldRecord> held) {
  std::vector<sources::Record> records;
  records.reserve(held.size());
  for (HeldRecord& one : held) {
    records.push_back(std::move(one.record));
    records.back().json = {};
    records.back().trace_header = {};
  }
  return records;
}

}  // namespace martlet::lambda
