#include "services/sqs/receipt_handle.h"

#include "base/crypto.h"

namespace martlet::sqs {

namespace {

constexpr std::size_t kNumbers = 4;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kContentBytes = kNumbers * kNumberBytes;
constexpr std::size_t kMacBytes = 16;

void append_number(std::string& out, std::uint64_t number) {
  for (std::size_t i = kNumberBytes; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
}

std::uint64_t number_at(std::string_view bytes, std::size_t index) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(index * kNumberBytes, kNumberBytes))
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::string mac_of(const std::string& secret, std::string_view content) {
  return std::string(as_view(hmac_sha256(secret, content)).substr(0, kMacBytes));
}

/// Hides `content`, or shows it again. Each message authentication code gives another mask.
void mask(std::string& content, const std::string& secret, std::string_view mac) {
  static_assert(kContentBytes <= sizeof(Sha256));
  const Sha256 bits = sha256(secret + std::string(mac));
  for (std::size_t i = 0; i < kContentBytes; ++i) content[i] = static_cast<char>(content[i] ^ bits[i]);
}

}  // namespace

std::string write_receipt_handle(const ReceiptHandle& handle, const std::string& secret) {
  std::string content;
  content.reserve(kContentBytes + kMacBytes);
  append_number(content, handle.receipt.sequence);
  append_number(content, static_cast<std::uint64_t>(handle.receipt.due_ms));
  append_number(content, handle.receipt.lease);
  append_number(content, static_cast<std::uint64_t>(handle.received_ms));
  const std::string mac = mac_of(secret, content);
  mask(content, secret, mac);
  return base64_encode(content + mac);
}

std::optional<ReceiptHandle> read_receipt_handle(std::string_view text, const std::string& secret) {
  if (text.size() != (kContentBytes + kMacBytes) / 3 * 4) return std::nullopt;
  auto content = base64_decode(text);
  if (!content || content->size() != kContentBytes + kMacBytes) return std::nullopt;
  const std::string mac = content->substr(kContentBytes);
  content->resize(kContentBytes);
  mask(*content, secret, mac);
  if (!equal_in_constant_time(mac, mac_of(secret, *content))) return std::nullopt;
  return ReceiptHandle{.receipt = {.sequence = number_at(*content, 0),
                                   .due_ms = static_cast<std::int64_t>(number_at(*content, 1)),
                                   .lease = number_at(*content, 2)},
                       .received_ms = static_cast<std::int64_t>(number_at(*content, 3))};
}

}  // namespace martlet::sqs
