// What must not pass: requests that were signed well and changed on the way, signatures that leave out what
// matters, and everything that can be wrong with the parts of one.

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "gateway/test_signing.h"
#include "gateway/verifier.h"

namespace martlet::gateway {
namespace {

using std::string;

/// A clock that stands where the vectors were signed.
class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return from_epoch_ms(1'700'000'000'000); }
  Duration elapsed() const override { return Duration(0); }
  Task<> sleep_until(TimePoint) override { co_return; }
  Task<> sleep_elapsed(Duration) override { co_return; }
  void advance(Duration) override {}
};

const FixedClock kClock;

Dialect dialect_of(const Signature& signature) {
  if (signature.scope.service == "s3") return Dialect::kS3;
  return signature.scope.service == "sts" ? Dialect::kQuery : Dialect::kRestJson;
}

/// "" when the message is well signed, otherwise the error.
string verify(const Message& message) {
  Verifier verifier(kClock);
  const Signature signature = parse_signature(message.head);
  try {
    verifier.check_form(message.head, signature, dialect_of(signature));
    verifier.check_signature(message.head, signature, kVectorSecret, message.body, dialect_of(signature));
  } catch (const aws::Error& error) {
    return error.code() + ": " + error.message();
  }
  return {};
}

string code(const Message& message) {
  const string error = verify(message);
  return error.substr(0, error.find(':'));
}

Message request(const string& target, const string& body = {}) { return {{"POST", target, {}}, body}; }

const Signing kS3{.scope = "AKIDEXAMPLE/20231114/us-east-1/s3/aws4_request"};
constexpr const char* kInvoke = "/2015-03-31/functions/f/invocations";
constexpr const char* kMismatch = "InvalidSignatureException";
constexpr const char* kIncomplete = "IncompleteSignatureException";

TEST(RefusedSignatures, WhatIsSignedPasses) {
  EXPECT_EQ(verify(signed_by_header(request(kInvoke, "{}"))), "");
  EXPECT_EQ(verify(signed_by_query(request(kInvoke))), "");
  EXPECT_EQ(verify(signed_by_header(request("/b/k", "x"), kS3)),
            "InvalidRequest: Missing required header for "
            "this request: x-amz-content-sha256");
}

TEST(RefusedSignatures, HeadersThatTellWhatToDoMustBeSigned) {
  for (const char* name :
       {"X-Amz-Invocation-Type", "x-amz-tenant-id", "X-Amz-Target", "X-Amz-Security-Token"}) {
    Message added = signed_by_header(request(kInvoke, "{}"));
    added.head.headers.add(name, "Event");
    EXPECT_EQ(verify(added), string(kIncomplete) + ": '" + to_lower(name) +
                                 "' must be a 'SignedHeader' in the AWS Authorization.");
    Message covered = request(kInvoke, "{}");
    covered.head.headers.add(name, "Event");
    covered = signed_by_header(covered);
    EXPECT_EQ(verify(covered), "");
    covered.head.headers.set(name, "RequestResponse");
    EXPECT_EQ(code(covered), kMismatch);
    Message presigned = signed_by_query(request(kInvoke));
    presigned.head.headers.add(name, "Event");
    EXPECT_EQ(code(presigned), kIncomplete);
  }
  // CloudFront adds this one.
  Message forwarded = signed_by_header(request(kInvoke));
  forwarded.head.headers.add("X-Amz-Cf-Id", "a");
  EXPECT_EQ(verify(forwarded), "");
}

TEST(RefusedSignatures, SignedHeadersMustBeThere) {
  Message message = request(kInvoke);
  message.head.headers.add("X-Amz-Client-Context", "");
  message = signed_by_header(message);
  EXPECT_EQ(verify(message), "");
  message.head.headers.remove("x-amz-client-context");
  EXPECT_EQ(code(message), kMismatch);
  Message authority = signed_by_header(request(kInvoke), {.more_headers = ":authority"});
  EXPECT_EQ(code(authority), kMismatch);
  string value(authority.head.headers.get("authorization"));
  value.replace(value.find("=host"), 5, "=:authority");
  authority.head.headers.set("Authorization", value);
  EXPECT_EQ(
      verify(authority),
      string(kIncomplete) + ": 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

TEST(RefusedSignatures, HeadersKeepTheirValues) {
  Message message = request(kInvoke);
  message.head.headers.add("X-Amz-Client-Context", " a   b ");
  message = signed_by_header(message);
  message.head.headers.set("X-Amz-Client-Context", "a b");
  EXPECT_EQ(verify(message), "") << "whitespace is not part of the value";
  message.head.headers.add("X-Amz-Client-Context", "c");
  EXPECT_EQ(code(message), kMismatch);
  Message authorized = signed_by_header(request(kInvoke));
  authorized.head.headers.add("X-Amz-Date", "20231114T221321Z");
  EXPECT_EQ(code(authorized), kMismatch);
}

TEST(RefusedSignatures, BodiesAreSignedButForS3) {
  for (const char* payload :
       {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"}) {
    EXPECT_EQ(code(signed_by_header(request(kInvoke, "{}"), {.payload_hash = payload})), kMismatch)
        << payload;
    EXPECT_EQ(verify(signed_by_header(request("/b/k", "{}"), {.scope = kS3.scope, .payload_hash = payload})),
              "");
  }
  // The hash of another body, signed.
  const string other = to_hex(as_view(sha256("other")));
  EXPECT_EQ(code(signed_by_header(request(kInvoke, "{}"), {.payload_hash = other})), kMismatch);
  EXPECT_EQ(code(signed_by_header(request("/b/k", "{}"), {.scope = kS3.scope, .payload_hash = other})),
            "XAmzContentSHA256Mismatch");
  // A body that came along with a presigned request.
  Message presigned = signed_by_query(request(kInvoke));
  presigned.body = "{}";
  EXPECT_EQ(code(presigned), kMismatch);
  presigned.head.headers.add("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD");
  EXPECT_EQ(code(presigned), kMismatch);
}

TEST(RefusedSignatures, PathsMeanWhatWasSigned) {
  const auto changed = [](const string& from, const string& to, const Signing& signing = {}) {
    Message message = signed_by_header(request(from), signing);
    message.head.target = to;
    return code(message);
  };
  EXPECT_EQ(changed("/a%2Fb", "/a/b"), kMismatch);
  EXPECT_EQ(changed("/a/b", "/a%2Fb"), kMismatch);
  EXPECT_EQ(changed("/a%252Fb", "/a%2Fb"), kMismatch);
  EXPECT_EQ(changed("/%41", "/A"), kMismatch);
  EXPECT_EQ(changed("/a/%2E%2E/b", "/a/../b"), kMismatch);
  EXPECT_EQ(changed("/%FF", "/%C3%BF"), kMismatch);
  EXPECT_EQ(changed("/a", "/a/"), kMismatch);
  const Signing s3{.scope = kS3.scope, .payload_hash = "UNSIGNED-PAYLOAD"};
  EXPECT_EQ(changed("/b/a/k", "/b/a%2Fk", s3), "SignatureDoesNotMatch");
  EXPECT_EQ(changed("/b/k", "/b//k", s3), "SignatureDoesNotMatch");
  EXPECT_EQ(changed("/b/k", "/b/x/../k", s3), "SignatureDoesNotMatch");
}

TEST(RefusedSignatures, QueriesMeanWhatWasSigned) {
  const auto changed = [](const string& from, const string& to) {
    Message message = signed_by_header(request("/x?" + from));
    message.head.target = "/x?" + to;
    return code(message);
  };
  EXPECT_EQ(changed("a=1&b=2", "b=2&a=1"), "");
  EXPECT_EQ(changed("a", "a="), "");
  EXPECT_EQ(changed("a=%2B", "a=+"), kMismatch);
  EXPECT_EQ(changed("a=1", "a=1&a=1"), kMismatch);
  EXPECT_EQ(changed("a=1&a=2", "a=1,2"), kMismatch);
  EXPECT_EQ(changed("a=&b=1", "b=1"), kMismatch);
  EXPECT_EQ(changed("a=%26b%3D1", "a=&b=1"), kMismatch);
  EXPECT_EQ(changed("a=%FF", "a=%C3%BF"), kMismatch);
  EXPECT_EQ(changed("A=1", "a=1"), kMismatch);
  EXPECT_EQ(changed("a=1", "a=1&X-Amz-Signature=b"), kMismatch) << "only presigned requests leave that out";
}

TEST(RefusedSignatures, ScopesAreForOnePlace) {
  const auto with = [](const string& scope, const string& host = "localhost") {
    Message message = request(kInvoke);
    message.head.headers.add("Host", host);
    return verify(signed_by_header(message, {.scope = "AKIDEXAMPLE/" + scope}));
  };
  const string wrong_region =
      "InvalidSignatureException: Credential should be scoped to a valid region, not '";
  EXPECT_EQ(with("20231114/eu-west-1/lambda/aws4_request"), "");
  EXPECT_EQ(with("20231114/eu-west-1/lambda/aws4_request", "lambda.eu-west-1.localhost"), "");
  EXPECT_EQ(with("20231114/eu-west-1/lambda/aws4_request", "lambda.us-east-1.amazonaws.com"),
            wrong_region + "eu-west-1'.");
  EXPECT_EQ(with("20231114/us-east-1/lambda/aws4_request", "abc.lambda-url.eu-west-1.on.aws"),
            wrong_region + "us-east-1'.");
  EXPECT_EQ(with("20231114/US east/lambda/aws4_request"), wrong_region + "US east'.");
  EXPECT_EQ(with("20231114//lambda/aws4_request"), wrong_region + "'.");
  const string long_one(100, 'a');
  EXPECT_EQ(with("20231114/" + long_one + "/lambda/aws4_request"), wrong_region + long_one + "'.");
  EXPECT_EQ(with("20231113/us-east-1/lambda/aws4_request").substr(0, 54),
            "InvalidSignatureException: Date in Credential scope do");
  EXPECT_EQ(with("20231114/us-east-1/LAMBDA/aws4_request"),
            "InvalidSignatureException: Credential should be scoped to correct service.");
  for (const char* scope :
       {"20231114/us-east-1/lambda/aws4_reques", "us-east-1/lambda/aws4_request", "", "////"})
    EXPECT_EQ(with(scope).substr(0, 28), kIncomplete) << scope;
}

TEST(RefusedSignatures, PresignedRequestsSayHowLong) {
  const auto with = [](const string& expires, const string& service = "sts") {
    return verify(signed_by_query(request("/b/k"),
                                  {.scope = "AKIDEXAMPLE/20231114/us-east-1/" + service + "/aws4_request",
                                   .payload_hash = service == "s3" ? "UNSIGNED-PAYLOAD" : ""},
                                  expires));
  };
  const string limits = ": X-Amz-Expires must be between 0 and 604800 seconds";
  EXPECT_EQ(with("604800"), "");
  EXPECT_EQ(with("604801"), "IncompleteSignature" + limits);
  EXPECT_EQ(with("-1"), "IncompleteSignature" + limits);
  EXPECT_EQ(with("1x"), "IncompleteSignature: X-Amz-Expires should be a number");
  EXPECT_EQ(with("99999999999999999999"), "IncompleteSignature: X-Amz-Expires should be a number");
  EXPECT_EQ(with(""), "") << "good for a quarter of an hour";
  EXPECT_EQ(with("604800", "s3"), "");
  EXPECT_EQ(with("604801", "s3"), "AuthorizationQueryParametersError" + limits);
  EXPECT_EQ(with("", "s3"),
            "AuthorizationQueryParametersError: AWS query-string parameters must include 'X-Amz-Expires'.");
  Message longer = signed_by_query(request(kInvoke), {.date = "20231114T221219Z"});
  EXPECT_EQ(code(longer), kMismatch) << "it has expired a second ago";
  longer.head.target.replace(longer.head.target.find("Expires=60"), 10, "Expires=61");
  EXPECT_EQ(code(longer), kMismatch);
}

TEST(RefusedSignatures, PresignedRequestsNeedAllTheirParts) {
  for (const char* name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    Message message = signed_by_query(request(kInvoke));
    string& target = message.head.target;
    const auto at = target.find(string("&") + name);
    target.erase(at, target.find('&', at + 1) - at);
    EXPECT_EQ(verify(message),
              string(kIncomplete) + ": AWS query-string parameters must include '" + name + "'.");
  }
}

TEST(RefusedSignatures, OtherAlgorithmsSayWhatToDo) {
  const string use =
      ": Signature Version 4A (AWS4-ECDSA-P256-SHA256, X-Amz-Region-Set) is not verified here: "
      "sign with Signature Version 4 (AWS4-HMAC-SHA256), for one region.";
  Message message = request(kInvoke);
  message.head.headers.add("Host", "localhost");
  message.head.headers.add("X-Amz-Date", "20231114T221320Z");
  message.head.headers.add("X-Amz-Region-Set", "us-east-1,eu-*");
  for (const char* scope :
       {"AKIDEXAMPLE/20231114/lambda/aws4_request", "AKIDEXAMPLE/20231114/*/lambda/aws4_request"}) {
    message.head.headers.set("Authorization", string("AWS4-ECDSA-P256-SHA256 Credential=") + scope +
                                                  ", SignedHeaders=host;x-amz-date;x-amz-region-set, "
                                                  "Signature=304402aabb");
    const Signature signature = parse_signature(message.head);
    EXPECT_EQ(signature.scope.service, "lambda");
    EXPECT_EQ(signature.scope.region, "");
    EXPECT_EQ(signature.scope.access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(verify(message), kIncomplete + use);
  }
  Message presigned = request(
      "/b/"
      "k?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=A%2F20231114%2Fs3%2Faws4_request&X-Amz-Date="
      "20231114T221320Z&X-Amz-Region-Set=%2A&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=30aa");
  EXPECT_EQ(verify(presigned), "AuthorizationQueryParametersError" + use);
  message.head.headers.set("Authorization", "AWS4-HMAC-SHA512 Credential=" + Signing{}.scope +
                                                ", SignedHeaders=host, Signature=aa");
  EXPECT_EQ(verify(message),
            string(kIncomplete) +
                ": Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512', only AWS4-HMAC-SHA256 is "
                "verified here.");
}

}  // namespace
}  // namespace martlet::gateway
