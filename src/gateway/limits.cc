#include "gateway/limits.h"

#include <fmt/format.h>

namespace martlet::gateway {

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// No quota that AWS documents for these protocols lies above it, and base64 and JSON have room.
constexpr std::size_t kDefaultBytes = 8 * kMiB;

/// A zip file of 50 MB, base64 encoded, with what surrounds it.
constexpr std::size_t kCodeBytes = 70'167'211;

struct Row {
  std::string_view service;
  std::string_view operation;
  BodyLimit limit;
};

constexpr Row kRows[] = {
    {"lambda", "CreateFunction", {kCodeBytes, "CreateFunction"}},
    {"lambda", "UpdateFunctionCode", {kCodeBytes, "UpdateFunctionCode"}},
    {"lambda", "PublishLayerVersion", {kCodeBytes, "PublishLayerVersion"}},
    {"lambda", "Invoke", {6'291'456, "InvokeFunction"}},
    {"lambda", "InvokeWithResponseStream", {6'291'456, "InvokeFunctionWithResponseStream"}},
};

}  // namespace

BodyLimit body_limit(std::string_view service, std::string_view operation) {
  for (const Row& row : kRows)
    if (row.service == service && row.operation == operation) return row.limit;
  return {kDefaultBytes, operation};
}

aws::Error too_large(std::string_view service, const BodyLimit& limit) {
  if (service == "s3")
    return {"EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.", 400};
  const std::string whose =
      limit.shown_name.empty() ? std::string() : fmt::format(" for the {} operation", limit.shown_name);
  return {"RequestEntityTooLargeException",
          fmt::format("Request must be smaller than {} bytes{}", limit.bytes, whose), 413};
}

}  // namespace martlet::gateway
