#pragma once

// ReportBatchItemFailures: what a function's answer says of the records that it was given, as the developer
// guide's "Implementing partial batch responses" has it. Pure.

#include <string_view>
#include <vector>

#include "services/lambda/mapping_batch.h"

namespace martlet::lambda {

struct Handled {
  std::vector<HeldRecord> succeeded;
  std::vector<HeldRecord> failed;
};

/// Splits a batch by {"batchItemFailures": [{"itemIdentifier": id}, ...]}. No list, an empty one, an empty
/// answer or null: all succeeded. An answer that is no such document, or names a record that is not in the
/// batch: all failed.
Handled split_by_answer(std::vector<HeldRecord> batch, std::string_view answer);

}  // namespace martlet::lambda
