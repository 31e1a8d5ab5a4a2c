#pragma once

// The content coding aws-chunked, in which S3 clients send bodies: chunks with a size, in the signed variants
// each with a signature that continues the one before, and trailing headers. Synchronous.
//
// After "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" and
// "... with trailing headers" of the Amazon S3 API Reference.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/sigv4.h"
#include "net/http.h"

namespace martlet::gateway {

/// Checks the signatures of chunks and trailers, each of which covers the one before it.
class ChunkSigner {
 public:
  /// `signature` is the request's own, which the first chunk continues.
  ChunkSigner(Sha256 key, const Signature& signature);

  /// Whether `signature` belongs to this piece and follows the last good one.
  bool accept_chunk(std::string_view data, std::string_view signature);
  /// `lines`: the trailing headers, "name:value\n" each.
  bool accept_trailer(std::string_view lines, std::string_view signature);

  [[nodiscard]] std::string chunk_signature(std::string_view data) const;
  [[nodiscard]] std::string trailer_signature(std::string_view lines) const;

 private:
  [[nodiscard]] std::string sign(std::string_view text) const;
  bool accept(const std::string& expected, std::string_view signature);

  Sha256 key_;
  std::string timestamp_;
  std::string scope_;
  std::string previous_;
};

struct DecodedBody {
  std::string data = {};
  net::Headers trailers = {};
  /// Whether it had this coding.
  bool was_chunked = false;
};

/// What the request says about a body in this coding.
struct ChunkedBody {
  PayloadKind kind = PayloadKind::kUnsignedTrailer;
  /// x-amz-decoded-content-length
  std::optional<std::uint64_t> length = {};
  /// x-amz-trailer: the names, lower case, of the trailers that the request announces. Others are refused,
  /// since nobody has signed that they belong to it.
  std::vector<std::string> trailers = {};

  static ChunkedBody of(const net::RequestHead& head, const Signature& signature);
};

/// Takes the coding off `body`. With a signer, every chunk and (for kChunksTrailer) the trailers must be
/// signed. Throws aws::Error as S3 does: IncompleteBody, InvalidChunkSizeError, MalformedTrailerError,
/// SignatureDoesNotMatch.
DecodedBody decode_aws_chunked(std::string_view body, const ChunkedBody& announced, ChunkSigner* signer);

}  // namespace martlet::gateway
