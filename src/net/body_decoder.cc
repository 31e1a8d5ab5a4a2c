#include "net/body_decoder.h"

#include <algorithm>
#include <charconv>

namespace martlet::net {

namespace {

constexpr std::size_t kMaxLine = 8 * 1024;
constexpr std::size_t kMaxTrailerBytes = 32 * 1024;

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing) : framing_(framing.kind) {
  switch (framing.kind) {
    case Framing::Kind::kNone:
      state_ = State::kDone;
      break;
    case Framing::Kind::kLength:
      left_ = declared_length_ = framing.length;
      state_ = left_ == 0 ? State::kDone : State::kData;
      break;
    case Framing::Kind::kChunked:
      state_ = State::kChunkSize;
      break;
    case Framing::Kind::kUntilClose:
      state_ = State::kData;
      break;
  }
}

std::expected<std::size_t, BodyDecoder::Malformed> BodyDecoder::decode(std::string_view bytes,
                                                                       std::size_t max, std::string& out) {
  const std::size_t offered = bytes.size();
  const std::size_t full = out.size() + max;
  while (!bytes.empty() && !done()) {
    if (state_ == State::kData || state_ == State::kChunkData) {
      if (out.size() == full) break;
      bytes.remove_prefix(take_data(bytes, full - out.size(), out));
      continue;
    }
    const auto complete = take_line(bytes);
    if (!complete) return std::unexpected(Malformed{});
    if (*complete && !line_complete()) return std::unexpected(Malformed{});
  }
  return offered - bytes.size();
}

std::size_t BodyDecoder::take_data(std::string_view bytes, std::size_t max, std::string& out) {
  std::size_t count = std::min(bytes.size(), max);
  if (framing_ != Framing::Kind::kUntilClose) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
    left_ -= count;
    if (left_ == 0) state_ = state_ == State::kData ? State::kDone : State::kChunkEnd;
  }
  out.append(bytes, 0, count);
  return count;
}

std::expected<bool, BodyDecoder::Malformed> BodyDecoder::take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  if (line_.size() + count > kMaxLine) return std::unexpected(Malformed{});
  line_.append(bytes, 0, count);
  bytes.remove_prefix(count);
  if (end == std::string_view::npos) return false;
  // Lines end in CRLF and nothing else: a proxy in front of us might see a lone LF or CR differently.
  if (!line_.ends_with("\r\n")) return std::unexpected(Malformed{});
  line_.resize(line_.size() - 2);
  if (line_.find('\r') != std::string::npos) return std::unexpected(Malformed{});
  return true;
}

bool BodyDecoder::line_complete() {
  bool good = false;
  switch (state_) {
    case State::kChunkSize:
      good = begin_chunk();
      break;
    case State::kChunkEnd:
      good = line_.empty();
      state_ = State::kChunkSize;
      break;
    default:
      good = add_trailer();
      break;
  }
  line_.clear();
  return good;
}

bool BodyDecoder::begin_chunk() {
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (error != std::errc() || end != size.data() + size.size() || size.starts_with('-')) return false;
  state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
  return true;
}

bool BodyDecoder::add_trailer() {
  if (line_.empty()) {
    state_ = State::kDone;
    return true;
  }
  trailer_bytes_ += line_.size();
  const auto colon = line_.find(':');
  if (trailer_bytes_ > kMaxTrailerBytes || colon == std::string::npos) return false;
  const std::string_view name = std::string_view(line_).substr(0, colon);
  if (!is_token(name)) return false;
  trailers_.add(std::string(name), std::string(trim(std::string_view(line_).substr(colon + 1))));
  return true;
}

bool BodyDecoder::end_of_stream() {
  if (framing_ == Framing::Kind::kUntilClose) state_ = State::kDone;
  return done();
}

}  // namespace martlet::net
