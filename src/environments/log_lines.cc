#include "environments/log_lines.h"

#include <algorithm>

#include "base/utf8.h"

namespace martlet::environments {

namespace {

constexpr char kGoesOn = '\x1f';

/// The largest length up to `limit` that does not cut a UTF-8 sequence of `text`.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
  std::size_t cut = limit;
  while (cut > limit - 3 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80 ? limit : cut;
}

}  // namespace

void LogLines::feed(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t wanted = newline == std::string_view::npos ? bytes.size() : newline + 1;
    // One byte more than a message may have shows where the cut has to be.
    const std::size_t taken = std::min(wanted, kMaxMessageBytes + 1 - partial_.size());
    partial_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (partial_.size() > kMaxMessageBytes) {
      const std::size_t cut = whole_characters(partial_, kMaxMessageBytes);
      std::string rest = partial_.substr(cut);
      partial_.resize(cut);
      emit(take);
      partial_ = std::move(rest);
    }
    if (!partial_.ends_with('\n')) continue;
    if (partial_.size() >= 2 && partial_[partial_.size() - 2] == kGoesOn)
      partial_.erase(partial_.size() - 2, 1);
    else
      emit(take);
  }
}

void LogLines::finish(const Take& take) {
  if (partial_.empty()) return;
  if (!partial_.ends_with('\n')) partial_ += '\n';
  emit(take);
}

void LogLines::emit(const Take& take) {
  take(is_utf8(partial_) ? std::move(partial_) : to_valid_utf8(partial_));
  partial_.clear();
}

}  // namespace martlet::environments
