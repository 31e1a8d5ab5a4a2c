#include "gateway/aws_chunked.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace martlet::gateway {
namespace {

using std::string;

/// The example of the S3 API Reference: 65 KiB of 'a' in chunks of 64 KiB.
Signature example(string seed, PayloadKind payload) {
  Signature signature;
  signature.kind = SignatureKind::kHeader;
  signature.scope = *CredentialScope::parse("AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
  signature.timestamp = "20130524T000000Z";
  signature.signature = std::move(seed);
  signature.payload = payload;
  return signature;
}

ChunkSigner example_signer(const Signature& signature) {
  return {signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", signature.scope), signature};
}

const std::vector<string> kTrailers{"x-amz-checksum-crc32", "x-amz-checksum-crc32c"};

string code_of(std::string_view body, PayloadKind kind, ChunkSigner* signer = nullptr) {
  try {
    decode_aws_chunked(body, {.kind = kind, .trailers = kTrailers}, signer);
  } catch (const aws::Error& error) {
    return error.code();
  }
  return {};
}

const string kLarge(65536, 'a');
const string kSmall(1024, 'a');

string signed_body() {
  return "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
         kLarge +
         "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
         kSmall +
         "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

constexpr const char* kSeed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

TEST(AwsChunked, DecodesTheDocumentedExample) {
  const Signature signature = example(kSeed, PayloadKind::kChunks);
  ChunkSigner signer = example_signer(signature);
  const DecodedBody decoded =
      decode_aws_chunked(signed_body(), {.kind = PayloadKind::kChunks, .length = 66560}, &signer);
  EXPECT_EQ(decoded.data, kLarge + kSmall);
}

TEST(AwsChunked, RefusesChangedSignedChunks) {
  const Signature signature = example(kSeed, PayloadKind::kChunks);
  for (const std::size_t at :
       {std::size_t(200), std::size_t(65536 + 300), std::size_t(30), signed_body().size() - 10}) {
    ChunkSigner signer = example_signer(signature);
    string body = signed_body();
    body[at] = body[at] == 'b' ? 'c' : 'b';
    EXPECT_EQ(code_of(body, PayloadKind::kChunks, &signer), "SignatureDoesNotMatch") << at;
  }
  ChunkSigner signer = example_signer(signature);
  EXPECT_EQ(code_of("5\r\nhello\r\n0\r\n\r\n", PayloadKind::kChunks, &signer), "SignatureDoesNotMatch");
}

TEST(AwsChunked, DecodesTheDocumentedExampleWithTrailers) {
  const Signature signature = example("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
                                      PayloadKind::kChunksTrailer);
  ChunkSigner signer = example_signer(signature);
  const string body =
      "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + kLarge +
      "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
      kSmall +
      "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
      "x-amz-checksum-crc32c:sOO8/Q==\r\n"
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
  const DecodedBody decoded = decode_aws_chunked(
      body, {.kind = PayloadKind::kChunksTrailer, .length = 66560, .trailers = kTrailers}, &signer);
  EXPECT_EQ(decoded.data, kLarge + kSmall);
  EXPECT_EQ(decoded.trailers.get("x-amz-checksum-crc32c"), "sOO8/Q==");
}

TEST(AwsChunked, ChecksTheSignatureOfTrailers) {
  const Signature signature = example(kSeed, PayloadKind::kChunksTrailer);
  const ChunkSigner fresh = example_signer(signature);
  ChunkSigner writer = fresh;
  const string first = writer.chunk_signature("hello");
  ASSERT_TRUE(writer.accept_chunk("hello", first));
  const string last = writer.chunk_signature("");
  ASSERT_TRUE(writer.accept_chunk("", last));
  const string trailer = writer.trailer_signature("x-amz-checksum-crc32:NhCmhg==\n");
  const string body = "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last +
                      "\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:" + trailer + "\r\n\r\n";
  ChunkSigner reader = fresh;
  const DecodedBody decoded = decode_aws_chunked(
      body, {.kind = PayloadKind::kChunksTrailer, .length = 5, .trailers = kTrailers}, &reader);
  EXPECT_EQ(decoded.data, "hello");
  EXPECT_EQ(decoded.trailers.get("x-amz-checksum-crc32"), "NhCmhg==");
  string changed = body;
  changed.replace(changed.find("NhCmhg"), 6, "NhCmhh");
  reader = fresh;
  EXPECT_EQ(code_of(changed, PayloadKind::kChunksTrailer, &reader), "SignatureDoesNotMatch");
}

TEST(AwsChunked, DecodesUnsignedChunksWithTrailers) {
  const DecodedBody decoded =
      decode_aws_chunked("5\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n",
                         {.length = 6, .trailers = kTrailers}, nullptr);
  EXPECT_EQ(decoded.data, "hello!");
  EXPECT_EQ(decoded.trailers.get("X-Amz-Checksum-Crc32"), "AAAA");
  // Without the closing empty line, as some clients send it.
  EXPECT_EQ(decode_aws_chunked("0\r\n", {.length = 0}, nullptr).data, "");
}

TEST(AwsChunked, RefusesWhatIsBroken) {
  const auto code = [](std::string_view body) { return code_of(body, PayloadKind::kUnsignedTrailer); };
  EXPECT_EQ(code(""), "IncompleteBody");
  EXPECT_EQ(code("5\r\nhel"), "IncompleteBody");
  EXPECT_EQ(code("5\r\nhello"), "IncompleteBody");
  EXPECT_EQ(code("5\r\nhello\r\n"), "IncompleteBody");
  EXPECT_EQ(code("x\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("-1\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("ffffffffffffffffff\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("3\r\nhello\r\n0\r\n\r\n"), "InvalidChunkSizeError");
  EXPECT_EQ(code("0\r\nno colon\r\n\r\n"), "MalformedTrailerError");
  EXPECT_THROW(decode_aws_chunked("5\r\nhello\r\n0\r\n\r\n", {.length = 4}, nullptr), aws::Error);
}

}  // namespace
}  // namespace martlet::gateway
