#include "base/secret_box.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

TEST(SecretBox, OpensWhatItSealed) {
  const SecretBox box(std::string(32, 'k'));
  for (const std::string& secret : {std::string(), std::string("wJalrXUtnFEMI"), std::string(100'000, 'x')}) {
    const std::string sealed = box.seal(secret, "here");
    EXPECT_EQ(box.open(sealed, "here"), secret);
    EXPECT_NE(box.seal(secret, "here"), sealed);
    if (!secret.empty()) EXPECT_FALSE(sealed.contains(secret));
  }
}

TEST(SecretBox, RefusesWhatItDidNotSealThere) {
  const SecretBox box(std::string(32, 'k'));
  const std::string sealed = box.seal("secret", "here");
  EXPECT_THROW((void)box.open(sealed, "there"), SecretUnreadable);
  EXPECT_THROW((void)SecretBox(std::string(32, 'l')).open(sealed, "here"), SecretUnreadable);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_THROW((void)box.open(changed, "here"), SecretUnreadable) << at;
    EXPECT_THROW((void)box.open(sealed.substr(0, at), "here"), SecretUnreadable) << at;
  }
}

TEST(SecretBox, HasKeysOfOneSize) {
  for (const std::size_t size : {0, 16, 31, 33})
    EXPECT_THROW(SecretBox(std::string(size, 'k')), std::invalid_argument);
}

}  // namespace
}  // namespace martlet
