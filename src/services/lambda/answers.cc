#include "services/lambda/answers.h"

#include <fmt/core.h>

#include <ctime>

#include "base/crypto.h"
#include "services/lambda/errors.h"

namespace martlet::lambda {

namespace {

std::string without_zone(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, epoch_ms % 1000);
}

}  // namespace

std::string date_text(std::int64_t epoch_ms) { return without_zone(epoch_ms) + "+0000"; }

std::string utc_text(std::int64_t epoch_ms) { return without_zone(epoch_ms) + "Z"; }

std::string base64_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return base64_encode(bytes);
}

std::string encode_marker(std::string_view last) { return base64_encode(last); }

std::string decode_marker(const std::optional<std::string>& marker) {
  if (!marker || marker->empty()) return {};
  auto decoded = base64_decode(*marker);
  if (!decoded) throw invalid_parameter("Invalid Marker");
  return std::move(*decoded);
}

}  // namespace martlet::lambda
