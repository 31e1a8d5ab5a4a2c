#include "gateway/sigv4.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/strings.h"
#include "gateway/auth_errors.h"
#include "gateway/sigv4_vectors.h"
#include "gateway/verifier.h"

namespace martlet::gateway {
namespace {

using std::string;
using namespace std::chrono_literals;

/// When the vectors were signed: 2023-11-14T22:13:20Z.
constexpr std::int64_t kSignedAt = 1'700'000'000;

/// A clock that stands still.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::int64_t epoch_seconds) : now_(from_epoch_ms(epoch_seconds * 1000)) {}
  TimePoint now() const override { return now_; }
  Duration elapsed() const override { return Duration(0); }
  Task<> sleep_until(TimePoint) override { co_return; }
  Task<> sleep_elapsed(Duration) override { co_return; }
  void advance(Duration by) override { now_ += by; }

 private:
  TimePoint now_;
};

Dialect dialect_of(const Signature& signature) {
  return signature.scope.service == "s3" ? Dialect::kS3 : Dialect::kQuery;
}

/// "" when the message is well signed, otherwise the error's code.
string verify(const Message& message, std::int64_t now = kSignedAt, string secret = kVectorSecret) {
  const FixedClock clock(now);
  Verifier verifier(clock);
  const Signature signature = parse_signature(message.head);
  try {
    verifier.check_form(message.head, signature, dialect_of(signature));
    verifier.check_signature(message.head, signature, secret, message.body, dialect_of(signature));
  } catch (const aws::Error& error) {
    return error.code();
  }
  return {};
}

TEST(SigV4, AcceptsWhatBotocoreSigns) {
  for (const SignedVector& one : kSignedVectors) EXPECT_EQ(verify(parse_vector(one.text)), "") << one.name;
}

TEST(SigV4, RefusesOtherSecrets) {
  for (const SignedVector& one : kSignedVectors)
    EXPECT_EQ(verify(parse_vector(one.text), kSignedAt, "another"), "SignatureDoesNotMatch") << one.name;
}

TEST(SigV4, RefusesAnyChange) {
  for (const SignedVector& one : kSignedVectors) {
    const Message original = parse_vector(one.text);
    const std::function<void(Message&)> changes[] = {
        [](Message& m) { m.head.method = "DELETE"; },
        [](Message& m) { m.head.target.insert(1, "x"); },
        [](Message& m) { m.head.target += m.head.query().empty() ? "?x=1" : "&x=1"; },
        [](Message& m) { m.head.headers.set("host", "elsewhere:1"); },
    };
    for (const auto& change : changes) {
      Message changed = original;
      change(changed);
      EXPECT_EQ(verify(changed), "SignatureDoesNotMatch") << one.name;
    }
  }
}

TEST(SigV4, RefusesAnotherBody) {
  Message query = signed_vector("post with a body");
  query.body += "x";
  EXPECT_EQ(verify(query), "SignatureDoesNotMatch");
  Message object = signed_vector("s3 object");
  object.body = "hullo";
  EXPECT_EQ(verify(object), "XAmzContentSHA256Mismatch");
}

TEST(SigV4, AllowsFifteenMinutes) {
  const Message message = signed_vector("get");
  EXPECT_EQ(verify(message, kSignedAt + 900), "");
  EXPECT_EQ(verify(message, kSignedAt - 900), "");
  EXPECT_EQ(verify(message, kSignedAt + 901), "SignatureDoesNotMatch");
  EXPECT_EQ(verify(message, kSignedAt - 901), "SignatureDoesNotMatch");
  EXPECT_EQ(verify(signed_vector("s3 object"), kSignedAt + 901), "RequestTimeTooSkewed");
}

TEST(SigV4, SaysWhenASignatureExpired) {
  const FixedClock clock(kSignedAt + 1000);
  const Message message = signed_vector("get");
  try {
    Verifier(clock).check_form(message.head, parse_signature(message.head), Dialect::kJson);
    ADD_FAILURE();
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code(), "InvalidSignatureException");
    EXPECT_EQ(error.message(),
              "Signature expired: 20231114T221320Z is now earlier than 20231114T221500Z (20231114T223000Z - "
              "15 min.)");
  }
}

TEST(SigV4, PresignedRequestsLiveAsLongAsTheySay) {
  EXPECT_EQ(verify(signed_vector("presigned s3"), kSignedAt + 3600), "");
  EXPECT_EQ(verify(signed_vector("presigned s3"), kSignedAt + 3601), "AccessDenied");
  EXPECT_EQ(verify(signed_vector("presigned sts"), kSignedAt + 61), "SignatureDoesNotMatch");
  Message longer = signed_vector("presigned s3");
  const auto at = longer.head.target.find("Expires=3600");
  longer.head.target.replace(at, 12, "Expires=604801");
  EXPECT_EQ(verify(longer), "AuthorizationQueryParametersError");
}

TEST(SigV4, ReadsTheParts) {
  const Signature header = parse_signature(signed_vector("session token").head);
  EXPECT_EQ(header.kind, SignatureKind::kHeader);
  EXPECT_EQ(header.scope.access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ(header.scope.region, "us-east-1");
  EXPECT_EQ(header.scope.service, "lambda");
  EXPECT_EQ(header.security_token, "token/with+chars==");
  const Signature query = parse_signature(signed_vector("presigned s3").head);
  EXPECT_EQ(query.kind, SignatureKind::kPresigned);
  EXPECT_EQ(query.expires, 3600);
  EXPECT_EQ(query.security_token, "token/with+chars==");
  EXPECT_EQ(query.problem, "");
  const auto odd = CredentialScope::parse("a/b/20130524/us-east-1/s3/aws4_request");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->access_key_id, "a/b");
  EXPECT_FALSE(CredentialScope::parse("AKID/20130524/us-east-1/aws4_request"));
}

TEST(SigV4, OtherSchemesAreNotSignatures) {
  for (const char* value : {"Bearer abc", "Basic abc", "AWS AKID:sig", ""}) {
    const net::RequestHead head{"GET", "/?X-Amz-Algorithm=other", {{"Authorization", value}}};
    EXPECT_EQ(parse_signature(head).kind, SignatureKind::kNone) << value;
  }
}

TEST(SigV4, NamesWhatIsMissing) {
  const auto without = [](const string& part) {
    Message message = signed_vector("get");
    string value(message.head.headers.get("authorization"));
    value.erase(value.find(part), part.size());
    message.head.headers.set("Authorization", value);
    return message;
  };
  EXPECT_EQ(parse_signature(
                without("Signature=5c7c3b3655c6130f7d6323548d938b2a21af8c43bc48a146e7f5ce8bad44647d").head)
                .problem,
            "Authorization header requires 'Signature' parameter.");
  EXPECT_EQ(verify(without("SignedHeaders=host;x-amz-date,")), "IncompleteSignature");
  EXPECT_EQ(verify(without("/aws4_request")), "IncompleteSignature");
  Message undated = signed_vector("get");
  undated.head.headers.remove("x-amz-date");
  EXPECT_EQ(verify(undated), "IncompleteSignature");
  Message unsigned_request = signed_vector("get");
  unsigned_request.head.headers.remove("authorization");
  EXPECT_EQ(verify(unsigned_request), "MissingAuthenticationToken");
  Message short_signature = signed_vector("get");
  string value(short_signature.head.headers.get("authorization"));
  value.pop_back();
  short_signature.head.headers.set("Authorization", value);
  EXPECT_EQ(verify(short_signature), "IncompleteSignature");
}

TEST(SigV4, HeadersThatMatterMustBeSigned) {
  Message target = signed_vector("get");
  target.head.headers.add("X-Amz-Target", "Other.Operation");
  EXPECT_EQ(verify(target), "IncompleteSignature");
  Message acl = signed_vector("s3 object");
  acl.head.headers.add("x-amz-acl", "public-read");
  EXPECT_EQ(verify(acl), "AccessDenied");
  Message hash = signed_vector("s3 object");
  hash.head.headers.remove("x-amz-content-sha256");
  EXPECT_EQ(verify(hash), "InvalidRequest");
}

TEST(SigV4, DatesOfAnyKind) {
  EXPECT_EQ(parse_amz_date("20231114T221320Z"), kSignedAt);
  for (const char* bad : {"", "20231114T221320", "20231314T221320Z", "20230230T000000Z", "2023111aT221320Z",
                          "20231114T241320Z"})
    EXPECT_FALSE(parse_amz_date(bad)) << bad;
  const net::RequestHead head{
      "GET",
      "/",
      {{"Authorization",
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws4_request,SignedHeaders=host,Signature=x"},
       {"Date", "Fri, 24 May 2013 00:00:00 GMT"}}};
  EXPECT_EQ(parse_signature(head).timestamp, "20130524T000000Z");
}

TEST(SigV4, EveryDialectHasItsWords) {
  const auto code = [](Dialect dialect, AuthFault fault) { return auth_error(dialect, fault).code(); };
  EXPECT_EQ(code(Dialect::kQuery, AuthFault::kUnknownKey), "InvalidClientTokenId");
  EXPECT_EQ(code(Dialect::kJson, AuthFault::kUnknownKey), "UnrecognizedClientException");
  EXPECT_EQ(code(Dialect::kS3, AuthFault::kUnknownKey), "InvalidAccessKeyId");
  EXPECT_EQ(code(Dialect::kQuery, AuthFault::kExpiredToken), "ExpiredToken");
  EXPECT_EQ(code(Dialect::kRestJson, AuthFault::kExpiredToken), "ExpiredTokenException");
  EXPECT_EQ(auth_error(Dialect::kJson, AuthFault::kMismatch).status(), 400);
  EXPECT_EQ(auth_error(Dialect::kRestJson, AuthFault::kMismatch).status(), 403);
}

}  // namespace
}  // namespace martlet::gateway
