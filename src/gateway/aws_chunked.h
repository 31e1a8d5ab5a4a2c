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
  std::string data;
  net::Headers trailers;
};

/// Takes the coding off `body`. With a signer, every chunk and (for kChunksTrailer) the trailers must be
/// signed. `declared` is x-amz-decoded-content-length. Throws aws::Error as S3 does: IncompleteBody,
/// InvalidChunkSizeError, SignatureDoesNotMatch.
DecodedBody decode_aws_chunked(std::string_view body, std::optional<std::uint64_t> declared, PayloadKind kind,
                               ChunkSigner* signer);

}  // namespace martlet::gateway
