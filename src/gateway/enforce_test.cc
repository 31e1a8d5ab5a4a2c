// The gateway under --auth enforce and audit, with requests that botocore signed.

#include "gateway/aws_chunked.h"
#include "gateway/gateway_fixture.h"
#include "gateway/test_signing.h"

namespace martlet::gateway {
namespace {

class Enforce : public GatewayTest {
 protected:
  Enforce() { options_.auth = AuthMode::kEnforce; }

  net::Response ask_vector(const char* name) {
    const Message message = signed_vector(name);
    return ask(message.head, message.body);
  }
};

TEST_F(Enforce, WellSignedRequestsPass) {
  for (const char* name : {"presigned sts", "s3 object", "s3 host style"}) {
    const net::Response answer = ask_vector(name);
    EXPECT_EQ(answer.status, 200) << name << answer.body;
    EXPECT_EQ(get(answer, "x-caller"), "arn:aws:iam::123456789012:user/u") << name;
    EXPECT_EQ(get(answer, "x-account"), "123456789012") << name;
  }
}

TEST_F(Enforce, SessionTokensMustBelongToTheKey) {
  EXPECT_EQ(get(ask_vector("session token"), "x-amzn-errortype"), "UnrecognizedClientException");
  EXPECT_NE(ask_vector("presigned s3").body.find("<Code>InvalidToken</Code>"), string::npos);
  keys_.credentials.session_token = "token/with+chars==";
  EXPECT_EQ(ask_vector("session token").status, 200);
  EXPECT_EQ(ask_vector("presigned s3").status, 200);
  keys_.credentials.expires = kNow;
  EXPECT_EQ(get(ask_vector("session token"), "x-amzn-errortype"), "ExpiredTokenException");
}

TEST_F(Enforce, UnsignedRequestsAreRefused) {
  const net::Response rest_answer = ask({"GET", "/2015-03-31/functions", {{"Host", "localhost"}}});
  EXPECT_EQ(rest_answer.status, 403);
  EXPECT_EQ(get(rest_answer, "x-amzn-errortype"), "MissingAuthenticationTokenException");
  const net::Response query_answer =
      ask({"GET", "/?Action=GetCallerIdentity", {{"Host", "sts.amazonaws.com"}}});
  EXPECT_EQ(query_answer.status, 403);
  EXPECT_NE(query_answer.body.find("<Code>MissingAuthenticationToken</Code>"), string::npos);
}

TEST_F(Enforce, OperationsThatNeedNoSignaturePass) {
  const net::Response answer =
      ask({"GET", "/?Action=AssumeRoleWithWebIdentity", {{"Host", "sts.amazonaws.com"}}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get(answer, "x-caller"), "");
}

TEST_F(Enforce, UnknownKeysAreRefused) {
  const net::Response answer = ask(rest("GET", "/2015-03-31/functions", "AKIAOTHER"));
  EXPECT_EQ(answer.status, 403);
  // The made-up signature has no date, which is noticed first.
  EXPECT_EQ(get(answer, "x-amzn-errortype"), "IncompleteSignatureException");
  net::RequestHead dated = rest("GET", "/2015-03-31/functions", "AKIAOTHER");
  dated.headers.add("X-Amz-Date", "20231114T221320Z");
  EXPECT_EQ(get(ask(dated), "x-amzn-errortype"), "UnrecognizedClientException");
}

TEST_F(Enforce, ChangedRequestsAreRefused) {
  Message object = signed_vector("s3 object");
  object.head.target += "x";
  const net::Response answer = ask(object.head, object.body);
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("<Code>SignatureDoesNotMatch</Code>"), string::npos);
}

TEST_F(Enforce, AuditOnlyReports) {
  options_.auth = AuthMode::kAudit;
  Message object = signed_vector("s3 object");
  object.head.target += "x";
  EXPECT_EQ(ask(object.head, object.body).status, 200);
  EXPECT_EQ(ask({"GET", "/2015-03-31/functions", {{"Host", "localhost"}}}).status, 200);
}

class FromInside : public GatewayTest {
 protected:
  FromInside() {
    options_.listener = "endpoint";
    listener_ = "env-1";
    keys_.credentials.session_token = "token/with+chars==";
    keys_.credentials.environment = "env-1";
  }
  net::Response ask_signed() {
    const Message message = signed_vector("session token");
    return ask(message.head, message.body);
  }
};

TEST_F(FromInside, AFunctionIsItself) {
  for (const AuthMode mode : {AuthMode::kOpen, AuthMode::kAudit, AuthMode::kEnforce}) {
    options_.auth = mode;
    EXPECT_EQ(ask_signed().status, 200);
  }
}

TEST_F(FromInside, NobodyIsAnotherFunctionInAnyMode) {
  for (const AuthMode mode : {AuthMode::kOpen, AuthMode::kAudit, AuthMode::kEnforce}) {
    options_.auth = mode;
    keys_.credentials.environment = "env-2";
    EXPECT_EQ(get(ask_signed(), "x-amzn-errortype"), "UnrecognizedClientException");
    EXPECT_EQ(ask_signed().status, 403);
  }
}

TEST_F(FromInside, KeyAloneIsNotEnough) {
  for (const AuthMode mode : {AuthMode::kOpen, AuthMode::kAudit}) {
    options_.auth = mode;
    Message changed = signed_vector("session token");
    changed.head.target += "x";
    EXPECT_EQ(ask(changed.head, changed.body).status, 403);
    EXPECT_EQ(ask(rest("GET", "/2015-03-31/functions", "ASIAEXAMPLE")).status, 403);
    keys_.credentials.session_token = "another";
    EXPECT_EQ(get(ask_signed(), "x-amzn-errortype"), "UnrecognizedClientException");
    keys_.credentials.session_token = "token/with+chars==";
    keys_.credentials.expires = kNow;
    EXPECT_EQ(get(ask_signed(), "x-amzn-errortype"), "ExpiredTokenException");
    keys_.credentials.expires = {};
  }
}

TEST_F(FromInside, KeysThatAreNoFunctionsAreAsElsewhere) {
  EXPECT_EQ(ask(rest("GET", "/2015-03-31/functions", "test")).status, 200);
  EXPECT_EQ(ask({"GET", "/2015-03-31/functions", {{"Host", "localhost"}}}).status, 200);
  // A key of a function that is gone.
  EXPECT_EQ(ask(rest("GET", "/2015-03-31/functions", "ASIAGONE")).status, 403);
  listener_ = "endpoint";
  EXPECT_EQ(ask(rest("GET", "/2015-03-31/functions", "ASIAGONE")).status, 200);
}

TEST_F(Enforce, WhatIsSignedIsWhatIsRun) {
  const Message good = signed_by_header({{"POST", "/2015-03-31/functions", {}}, {}});
  EXPECT_EQ(ask(good.head).status, 200);
  // The same to a signature; another operation to whoever takes the path as it stands.
  Message moved = good;
  moved.head.target = "/2015-03-31/functions/f/invocations/../..";
  EXPECT_EQ(ask(moved.head).status, 200);
  moved.head.target = "//2015-03-31/./functions";
  EXPECT_EQ(ask(moved.head).status, 200);
  moved.head.target = "/2015-03-31/functions/f/invocations/..";
  EXPECT_EQ(get(ask(moved.head), "x-amzn-errortype"), "UnknownOperationException");
}

TEST_F(Enforce, SignaturesAreForTheServiceThatTheHostNames) {
  Message message{{"GET", "/2015-03-31/functions", {{"Host", "sts.us-east-1.localhost:4566"}}}, {}};
  message = signed_by_header(message);
  const net::Response answer = ask(message.head);
  EXPECT_EQ(get(answer, "x-amzn-errortype"), "InvalidSignatureException");
  EXPECT_NE(answer.body.find("Credential should be scoped to correct service: 'sts'."), string::npos);
  // A signature for one service is none for another, whatever the rest of the request looks like.
  message = signed_by_header({{"POST", "/2015-03-31/functions", {}}, "Action=GetCallerIdentity"},
                             {.scope = "AKIDEXAMPLE/20231114/us-east-1/sts/aws4_request"});
  message.head.headers.add("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(get(ask(message.head, message.body), "x-service"), "sts");
}

/// Uploads to S3 in the coding aws-chunked.
class Chunked : public Enforce {
 protected:
  static Message upload(const string& payload, const string& trailer = {}) {
    Message message{{"PUT", "/bucket/key", {}}, {}};
    net::Headers& headers = message.head.headers;
    headers.add("Content-Encoding", "aws-chunked");
    headers.add("X-Amz-Decoded-Content-Length", "5");
    if (!trailer.empty()) headers.add("X-Amz-Trailer", trailer);
    return signed_by_header(
        message, {.scope = "AKIDEXAMPLE/20231114/us-east-1/s3/aws4_request", .payload_hash = payload});
  }
  /// "hello" in signed chunks, and `trailers` with their signature.
  static string body_for(const Message& message, const string& trailers = {}) {
    const Signature signature = parse_signature(message.head);
    ChunkSigner signer(signing_key(kVectorSecret, signature.scope), signature);
    const string first = signer.chunk_signature("hello");
    signer.accept_chunk("hello", first);
    const string last = signer.chunk_signature("");
    signer.accept_chunk("", last);
    string body = "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last + "\r\n";
    if (trailers.empty()) return body + "\r\n";
    return body + trailers.substr(0, trailers.size() - 1) +
           "\r\nx-amz-trailer-signature:" + signer.trailer_signature(trailers) + "\r\n\r\n";
  }
  string code(const Message& message, const string& body) {
    const string answer = ask(message.head, body).body;
    const auto at = answer.find("<Code>");
    return at == string::npos ? "" : answer.substr(at + 6, answer.find("</Code>") - at - 6);
  }
};

constexpr const char* kChecksum = "x-amz-checksum-crc32";

TEST_F(Chunked, SignedChunks) {
  const Message message = upload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const string body = body_for(message);
  EXPECT_EQ(code(message, body), "");
  string changed = body;
  changed[changed.find("hello")] = 'j';
  EXPECT_EQ(code(message, changed), "SignatureDoesNotMatch");
  EXPECT_EQ(code(message, body.substr(0, body.find("0;chunk"))), "IncompleteBody");
  EXPECT_EQ(code(message, "0\r\n\r\n"), "SignatureDoesNotMatch");
  EXPECT_EQ(code(message, "5\r\nhello\r\n0\r\n\r\n"), "SignatureDoesNotMatch");
  // What nobody has signed.
  EXPECT_EQ(code(message, body.substr(0, body.size() - 2) + "x-amz-acl:public-read\r\n\r\n"),
            "MalformedTrailerError");
  EXPECT_EQ(code(message, body + "more"), "IncompleteBody");
}

TEST_F(Chunked, SignedTrailers) {
  const Message message = upload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", kChecksum);
  const string body = body_for(message, string(kChecksum) + ":NhCmhg==\n");
  EXPECT_EQ(code(message, body), "");
  string changed = body;
  changed.replace(changed.find("NhCmhg"), 6, "NhCmhh");
  EXPECT_EQ(code(message, changed), "SignatureDoesNotMatch");
  // Left out, with their signature.
  EXPECT_EQ(code(message, body.substr(0, body.find(kChecksum)) + "\r\n"), "SignatureDoesNotMatch");
  EXPECT_EQ(code(message, body_for(message, "x-amz-acl:public-read\n")), "MalformedTrailerError");
}

TEST_F(Chunked, UnsignedTrailers) {
  const Message message = upload("STREAMING-UNSIGNED-PAYLOAD-TRAILER", kChecksum);
  const string body = string("5\r\nhello\r\n0\r\n") + kChecksum + ":NhCmhg==\r\n\r\n";
  EXPECT_EQ(code(message, body), "");
  EXPECT_EQ(code(message, "5\r\nhello\r\n0\r\nx-amz-acl:public-read\r\n\r\n"), "MalformedTrailerError");
  Message other = message;
  other.head.headers.set("X-Amz-Trailer", "x-amz-acl");
  EXPECT_EQ(code(other, "5\r\nhello\r\n0\r\nx-amz-acl:public-read\r\n\r\n"), "SignatureDoesNotMatch");
  other = message;
  other.head.headers.set("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD");
  EXPECT_EQ(code(other, body), "SignatureDoesNotMatch");
}

TEST(OnlyForS3, AreBodiesInChunks) {
  const net::RequestHead head{"POST",
                              "/2015-03-31/functions",
                              {{"Content-Encoding", "aws-chunked"}, {"x-amz-decoded-content-length", "5"}}};
  const Signature signature = parse_signature(head);
  const string body = "5\r\nhello\r\n0\r\n\r\n";
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, kNow);
    Authenticator authenticator(*clock, AuthMode::kOpen, "000000000000", nullptr);
    const auto decoded = [&](Dialect dialect) {
      return authenticator
          .verify({.head = head, .signature = signature, .dialect = dialect, .partition = "aws"}, body)
          .data;
    };
    EXPECT_EQ(decoded(Dialect::kS3), "hello");
    // The body that was signed must not become another.
    EXPECT_EQ(decoded(Dialect::kRestJson), body);
    co_return;
  });
}

TEST_F(Enforce, SignatureVersion4AIsBelievedWhereAllAre) {
  net::RequestHead head{"GET",
                        "/2015-03-31/functions",
                        {{"Host", "localhost"},
                         {"X-Amz-Date", "20231114T221320Z"},
                         {"X-Amz-Region-Set", "eu-west-1"},
                         {"Authorization",
                          "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20231114/lambda/aws4_request, "
                          "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=3044"}}};
  const net::Response refused = ask(head);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(get(refused, "x-amzn-errortype"), "IncompleteSignatureException");
  EXPECT_NE(refused.body.find("sign with Signature Version 4 (AWS4-HMAC-SHA256)"), string::npos);
  options_.auth = AuthMode::kOpen;
  EXPECT_EQ(ask(head).status, 200);
}

TEST_F(Enforce, ChunkedBodiesAreDecodedInEveryMode) {
  options_.auth = AuthMode::kOpen;
  net::RequestHead head{"PUT",
                        "/bucket/key",
                        {{"Authorization", claim_to_be("test", "us-east-1", "s3")},
                         {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                         {"Content-Encoding", "aws-chunked"},
                         {"x-amz-trailer", "x-amz-checksum-crc32"},
                         {"x-amz-decoded-content-length", "5"}}};
  EXPECT_EQ(ask(head, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n").status, 200);
  const net::Response broken = ask(head, "5\r\nhel");
  EXPECT_EQ(broken.status, 400);
  EXPECT_NE(broken.body.find("<Code>IncompleteBody</Code>"), string::npos);
}

}  // namespace
}  // namespace martlet::gateway
