#pragma once

// New groups and streams, with ids of their own.

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "services/logs/records.h"

namespace martlet::logs {

GroupRecord new_group(Ids& ids, std::string name, std::int64_t now_ms);
StreamRecord new_stream(Ids& ids, std::string name, std::int64_t now_ms);

}  // namespace martlet::logs
