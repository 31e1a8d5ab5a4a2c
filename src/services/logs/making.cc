#include "services/logs/making.h"

#include <cstring>
#include <utility>

namespace martlet::logs {

namespace {

/// 63 random bits, so that every reader of integers can hold it; never 0.
std::uint64_t new_id(Ids& ids) {
  const std::string bytes = ids.bytes(sizeof(std::uint64_t));
  std::uint64_t id = 0;
  std::memcpy(&id, bytes.data(), sizeof id);
  return (id >> 1) | 1;
}

}  // namespace

GroupRecord new_group(Ids& ids, std::string name, std::int64_t now_ms) {
  GroupRecord group;
  group.id = new_id(ids);
  group.name = std::move(name);
  group.created_ms = now_ms;
  group.log_group_class = "STANDARD";
  return group;
}

StreamRecord new_stream(Ids& ids, std::string name, std::int64_t now_ms) {
  return {.id = new_id(ids), .name = std::move(name), .created_ms = now_ms};
}

}  // namespace martlet::logs
