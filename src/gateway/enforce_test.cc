// The gateway under --auth enforce and audit, with requests that botocore signed.

#include "gateway/gateway_fixture.h"

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

TEST_F(Enforce, ChunkedBodiesAreDecodedInEveryMode) {
  options_.auth = AuthMode::kOpen;
  net::RequestHead head{"PUT",
                        "/bucket/key",
                        {{"Authorization", claim_to_be("test", "us-east-1", "s3")},
                         {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                         {"Content-Encoding", "aws-chunked"},
                         {"x-amz-decoded-content-length", "5"}}};
  EXPECT_EQ(ask(head, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n").status, 200);
  const net::Response broken = ask(head, "5\r\nhel");
  EXPECT_EQ(broken.status, 400);
  EXPECT_NE(broken.body.find("<Code>IncompleteBody</Code>"), string::npos);
}

}  // namespace
}  // namespace martlet::gateway
