#include "services/sns/signing.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/crypto.h"
#include "services/sns/documents.h"

namespace martlet::sns {
namespace {

Notification notification() {
  Notification out;
  out.message_id = "id";
  out.topic_arn = "arn:aws:sns:us-east-1:123456789012:t";
  out.message = "hello";
  out.timestamp_ms = 1'700'000'000'123;
  return out;
}

bool verifies(const std::string& certificate, const std::string& text, const std::string& signature,
              const EVP_MD* digest) {
  BIO* pem = BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size()));
  X509* parsed = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  EVP_PKEY* key = X509_get_pubkey(parsed);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const std::string bytes = base64_decode(signature).value();
  EVP_DigestVerifyInit(context, nullptr, digest, nullptr, key);
  const int verdict =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size());
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  X509_free(parsed);
  BIO_free(pem);
  return verdict == 1;
}

TEST(Signing, SignsTheDocumentedText) {
  Notification plain = notification();
  EXPECT_EQ(string_to_sign(plain, ""),
            "Message\nhello\nMessageId\nid\nTimestamp\n2023-11-14T22:13:20.123Z\n"
            "TopicArn\narn:aws:sns:us-east-1:123456789012:t\nType\nNotification\n");
  plain.subject = "s";
  EXPECT_EQ(string_to_sign(plain, ""),
            "Message\nhello\nMessageId\nid\nSubject\ns\nTimestamp\n2023-11-14T22:13:20.123Z\n"
            "TopicArn\narn:aws:sns:us-east-1:123456789012:t\nType\nNotification\n");
  Notification confirmation = notification();
  confirmation.type = "SubscriptionConfirmation";
  confirmation.token = "abc";
  EXPECT_EQ(string_to_sign(confirmation, "http://x/"),
            "Message\nhello\nMessageId\nid\nSubscribeURL\nhttp://x/\nTimestamp\n2023-11-14T22:13:20.123Z\n"
            "Token\nabc\nTopicArn\narn:aws:sns:us-east-1:123456789012:t\nType\nSubscriptionConfirmation\n");
}

TEST(Signing, IsVerifiedByTheCertificate) {
  const SigningKey key(make_signing_key());
  const std::string text = "what is signed";
  EXPECT_TRUE(verifies(key.certificate(), text, key.sign(text, SignatureVersion::kOne), EVP_sha1()));
  EXPECT_TRUE(verifies(key.certificate(), text, key.sign(text, SignatureVersion::kTwo), EVP_sha256()));
  EXPECT_FALSE(verifies(key.certificate(), "else", key.sign(text, SignatureVersion::kTwo), EVP_sha256()));
  EXPECT_TRUE(
      key.certificate_path().starts_with(std::string(kCertificateFolder) + "SimpleNotificationService-"));
}

TEST(Documents, LeaveOutWhatIsNotThere) {
  const std::string text =
      notification_document(notification(), {.subscription_arn = "a:b", .base_url = "http://h"});
  EXPECT_EQ(text,
            "{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"id\",\n"
            "  \"TopicArn\" : \"arn:aws:sns:us-east-1:123456789012:t\",\n  \"Message\" : \"hello\",\n"
            "  \"Timestamp\" : \"2023-11-14T22:13:20.123Z\",\n"
            "  \"UnsubscribeURL\" : \"http://h/?Action=Unsubscribe&SubscriptionArn=a:b\"\n}");
}

}  // namespace
}  // namespace martlet::sns
