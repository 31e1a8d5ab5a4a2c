#pragma once

// Pages of lists of names: MaxResults and NextToken. A token is the name that a page ended with.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

/// Throws InvalidParameterValue outside of 1 to 1,000.
inline std::size_t page_size(const std::optional<std::int32_t>& max_results) {
  const std::int32_t size = max_results.value_or(kMaxListedQueues);
  if (size < 1 || size > kMaxListedQueues) throw out_of_range("MaxResults", size, 1, kMaxListedQueues);
  return static_cast<std::size_t>(size);
}

/// The name after which the page goes on; "" for the first page.
inline std::string page_start(const std::optional<std::string>& token) {
  if (!token || token->empty()) return "";
  const auto name = base64_decode(*token);
  if (!name || name->empty()) throw invalid_parameter("NextToken", *token, "It is not a token of this list.");
  return *name;
}

/// Cuts `names` to one page; the token of the next one, which those get who asked for pages.
inline std::optional<std::string> cut_page(std::vector<std::string>& names, std::size_t limit, bool paged) {
  if (names.size() <= limit) return std::nullopt;
  names.resize(limit);
  return paged ? std::optional(base64_encode(names.back())) : std::nullopt;
}

}  // namespace martlet::sqs
