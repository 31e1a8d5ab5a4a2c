#include "gateway/aws_chunked.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/strings.h"
#include "gateway/auth_errors.h"

namespace martlet::gateway {

namespace {

constexpr std::size_t kMaxLine = 4 * 1024;
constexpr std::size_t kMaxTrailers = 32;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

aws::Error incomplete() {
  return {"IncompleteBody",
          "You did not provide the number of bytes specified by the Content-Length HTTP header", 400};
}

aws::Error bad_chunk() { return {"InvalidChunkSizeError", "The chunk header could not be read.", 403}; }

struct ChunkHeader {
  std::size_t size = 0;
  std::string_view signature;
};

/// Reads through an encoded body.
class Reader {
 public:
  explicit Reader(std::string_view body) : rest_(body) {}

  /// Up to the next CRLF, which is dropped.
  std::string_view line() {
    const auto end = rest_.substr(0, kMaxLine).find("\r\n");
    if (end == std::string_view::npos) throw incomplete();
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return text;
  }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw incomplete();
    const std::string_view data = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return data;
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

ChunkHeader parse_header(std::string_view line) {
  ChunkHeader header;
  const auto semicolon = line.find(';');
  const std::string_view size = line.substr(0, semicolon);
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), header.size, 16);
  if (size.empty() || error != std::errc() || end != size.data() + size.size()) throw bad_chunk();
  if (semicolon == std::string_view::npos) return header;
  const std::string_view extension = line.substr(semicolon + 1);
  static constexpr std::string_view kName = "chunk-signature=";
  if (extension.starts_with(kName)) header.signature = extension.substr(kName.size());
  return header;
}

aws::Error bad_trailer() {
  return {"MalformedTrailerError", "The request contained trailing data that was not well-formed.", 400};
}

void read_trailers(Reader& reader, const ChunkedBody& announced, ChunkSigner* signer,
                   net::Headers& trailers) {
  std::string lines;
  std::string signature;
  while (!reader.at_end()) {
    const std::string_view line = reader.line();
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || trailers.size() >= kMaxTrailers) throw bad_trailer();
    std::string name = to_lower(trim(line.substr(0, colon)));
    std::string value(trim(line.substr(colon + 1)));
    if (name == "x-amz-trailer-signature") {
      signature = std::move(value);
      continue;
    }
    if (std::find(announced.trailers.begin(), announced.trailers.end(), name) == announced.trailers.end())
      throw bad_trailer();
    lines += name + ":" + value + "\n";
    trailers.add(std::move(name), std::move(value));
  }
  if (!reader.at_end()) throw incomplete();
  if (signer != nullptr && announced.kind == PayloadKind::kChunksTrailer &&
      !signer->accept_trailer(lines, signature))
    throw auth_error(Dialect::kS3, AuthFault::kMismatch);
}

}  // namespace

ChunkSigner::ChunkSigner(Sha256 key, const Signature& signature)
    : key_(key),
      timestamp_(signature.timestamp),
      scope_(signature.scope.str()),
      previous_(signature.signature) {}

std::string ChunkSigner::sign(std::string_view text) const {
  return to_hex(as_view(hmac_sha256(as_view(key_), text)));
}

std::string ChunkSigner::chunk_signature(std::string_view data) const {
  static const std::string kEmptyHash = to_hex(as_view(sha256("")));
  return sign("AWS4-HMAC-SHA256-PAYLOAD\n" + timestamp_ + "\n" + scope_ + "\n" + previous_ + "\n" +
              kEmptyHash + "\n" + to_hex(as_view(sha256(data))));
}

std::string ChunkSigner::trailer_signature(std::string_view lines) const {
  return sign("AWS4-HMAC-SHA256-TRAILER\n" + timestamp_ + "\n" + scope_ + "\n" + previous_ + "\n" +
              to_hex(as_view(sha256(lines))));
}

bool ChunkSigner::accept(const std::string& expected, std::string_view signature) {
  if (!equal_in_constant_time(expected, signature)) return false;
  previous_ = expected;
  return true;
}

bool ChunkSigner::accept_chunk(std::string_view data, std::string_view signature) {
  return accept(chunk_signature(data), signature);
}

bool ChunkSigner::accept_trailer(std::string_view lines, std::string_view signature) {
  return accept(trailer_signature(lines), signature);
}

ChunkedBody ChunkedBody::of(const net::RequestHead& head, const Signature& signature) {
  ChunkedBody announced{.kind = signature.payload};
  const std::string_view text = head.headers.get("x-amz-decoded-content-length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) announced.length = length;
  // Without trailers of its own the kind of body allows none.
  if (signature.payload == PayloadKind::kChunks) return announced;
  for (const std::string_view name : split(head.headers.get("x-amz-trailer"), ','))
    if (!trim(name).empty()) announced.trailers.push_back(to_lower(trim(name)));
  return announced;
}

DecodedBody decode_aws_chunked(std::string_view body, const ChunkedBody& announced, ChunkSigner* signer) {
  const bool is_signed =
      announced.kind == PayloadKind::kChunks || announced.kind == PayloadKind::kChunksTrailer;
  Reader reader(body);
  DecodedBody decoded{.was_chunked = true};
  decoded.data.reserve(body.size());
  while (true) {
    const ChunkHeader header = parse_header(reader.line());
    const std::string_view data = reader.take(header.size);
    if (signer != nullptr && is_signed && !signer->accept_chunk(data, header.signature))
      throw auth_error(Dialect::kS3, AuthFault::kMismatch);
    decoded.data += data;
    if (header.size == 0) break;
    if (!reader.line().empty()) throw bad_chunk();
  }
  read_trailers(reader, announced, signer, decoded.trailers);
  if (announced.length && *announced.length != decoded.data.size()) throw incomplete();
  return decoded;
}

}  // namespace martlet::gateway
