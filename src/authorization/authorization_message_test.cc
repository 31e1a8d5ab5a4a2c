#include "authorization/authorization_message.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/crypto.h"

namespace martlet::authorization {
namespace {

constexpr const char* kAccount = "123456789012";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

class AuthorizationMessagesTest : public testing::Test {
 protected:
  SecretBox secrets_{std::string(SecretBox::kKeySize, 'k')};
  AuthorizationMessages messages_{secrets_};
};

TEST_F(AuthorizationMessagesTest, AreReadAgain) {
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, AuthorizationMessages::kMaxDetails}) {
    const std::string details(size, 'x');
    const std::string message = messages_.encode(details, kAccount);
    EXPECT_LE(message.size(), AuthorizationMessages::kMaxCharacters);
    EXPECT_EQ(message.find_first_not_of(kAlphabet), std::string::npos) << message;
    EXPECT_EQ(messages_.decode(message, kAccount), details);
  }
}

TEST_F(AuthorizationMessagesTest, AreForTheirAccountAndServerAlone) {
  const std::string message = messages_.encode("{}", kAccount);
  EXPECT_FALSE(messages_.decode(message, "999999999999"));
  EXPECT_FALSE(messages_.decode(message, ""));
  const SecretBox foreign(std::string(SecretBox::kKeySize, 'x'));
  EXPECT_FALSE(AuthorizationMessages(foreign).decode(message, kAccount));
}

TEST_F(AuthorizationMessagesTest, AreNothingElseThatTheKeySeals) {
  const auto sealed = [&](const std::string& place) {
    std::string text = base64_encode(secrets_.seal("x", place + kAccount));
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
  };
  EXPECT_TRUE(messages_.decode(sealed("authorization-message/"), kAccount));
  EXPECT_FALSE(messages_.decode(sealed("session-token/"), kAccount));
  EXPECT_FALSE(messages_.decode("", kAccount));
  EXPECT_FALSE(messages_.decode("AQ", kAccount));
}

TEST_F(AuthorizationMessagesTest, NoChangeGoesUnnoticed) {
  // 29 bytes more, so that the last character holds bits that mean nothing.
  const std::string message = messages_.encode("{\"a\":1}x", kAccount);
  for (std::size_t at = 0; at < message.size(); ++at) {
    for (const char letter : kAlphabet) {
      if (letter == message[at]) continue;
      std::string changed = message;
      changed[at] = letter;
      EXPECT_FALSE(messages_.decode(changed, kAccount)) << at << letter;
    }
    EXPECT_FALSE(messages_.decode(message.substr(0, at), kAccount)) << at;
    for (const char* inserted : {"\n", " ", "=", "+", "A"})
      EXPECT_FALSE(messages_.decode(std::string(message).insert(at, inserted), kAccount)) << at << inserted;
  }
  for (const char* appended : {"=", "==", "\n", "A"})
    EXPECT_FALSE(messages_.decode(message + appended, kAccount));
}

}  // namespace
}  // namespace martlet::authorization
