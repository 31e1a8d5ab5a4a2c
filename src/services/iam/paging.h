#pragma once

// Pages of IAM's lists: Marker, MaxItems and IsTruncated. A marker is the name that a page ended with.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "services/iam/errors.h"
#include "services/iam/limits.h"

namespace martlet::iam {

/// The name after which the page goes on; "" for the first page. Throws ValidationError when we made no such
/// marker.
inline std::string page_start(const std::optional<std::string>& marker) {
  if (!marker) return "";
  const auto name = base64_decode(*marker);
  if (!name || name->empty()) throw invalid_marker();
  return *name;
}

/// Cuts `items` to one page and says in `output` whether and where the list goes on; `name_of` gives an
/// item's name.
template <class Item, class Output, class NameOf>
void cut_page(std::vector<Item>& items, const std::optional<std::int32_t>& max_items, Output& output,
              NameOf name_of) {
  const std::size_t limit = max_items ? static_cast<std::size_t>(*max_items) : kDefaultPageSize;
  output.is_truncated = items.size() > limit;
  if (items.size() <= limit) return;
  items.resize(limit);
  output.marker = base64_encode(name_of(items.back()));
}

}  // namespace martlet::iam
