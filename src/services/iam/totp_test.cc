#include "services/iam/totp.h"

#include <gtest/gtest.h>

#include <chrono>

namespace martlet::iam {
namespace {

// The seed of the examples of RFC 4226 and RFC 6238.
constexpr std::string_view kSeed = "12345678901234567890";

TEST(Totp, ShowsTheCodesOfTheRfcs) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (TotpStep step = 0; step < 10; ++step) EXPECT_EQ(totp_code(kSeed, step), codes[step]);
  const auto at = [](std::int64_t seconds) {
    return totp_code(kSeed, totp_step(TimePoint(std::chrono::seconds(seconds))));
  };
  // Appendix B of RFC 6238 has eight digits; these are the last six of them.
  EXPECT_EQ(at(59), "287082");
  EXPECT_EQ(at(1111111109), "081804");
  EXPECT_EQ(at(1111111111), "050471");
  EXPECT_EQ(at(1234567890), "005924");
  EXPECT_EQ(at(2000000000), "279037");
  EXPECT_EQ(totp_code(kSeed, 20000000000 / 30), "353130");
}

TEST(Totp, FindsTheStepOfACodeWithinBounds) {
  EXPECT_EQ(find_totp_step(kSeed, "969429", 2, 4), 3);
  EXPECT_EQ(find_totp_step(kSeed, "969429", 3, 3), 3);
  EXPECT_EQ(find_totp_step(kSeed, "969429", 4, 9), std::nullopt);
  EXPECT_EQ(find_totp_step(kSeed, "969429", 0, 2), std::nullopt);
  EXPECT_EQ(find_totp_step(kSeed, "969429", 4, 2), std::nullopt);
  EXPECT_EQ(find_totp_step(kSeed, "", 0, 9), std::nullopt);
  EXPECT_EQ(find_totp_step(kSeed, "0969429", 0, 9), std::nullopt);
}

TEST(Totp, FindsTwoCodesThatFollowOneAnother) {
  EXPECT_EQ(find_totp_pair(kSeed, "359152", "969429", 3, 0), 3);
  EXPECT_EQ(find_totp_pair(kSeed, "359152", "969429", 8, 5), 3);
  EXPECT_EQ(find_totp_pair(kSeed, "359152", "969429", 1, 2), 3);
  EXPECT_EQ(find_totp_pair(kSeed, "359152", "969429", 8, 4), std::nullopt) << "too far away";
  EXPECT_EQ(find_totp_pair(kSeed, "969429", "359152", 3, 5), std::nullopt) << "the wrong way round";
  EXPECT_EQ(find_totp_pair(kSeed, "359152", "338314", 3, 5), std::nullopt) << "one was left out";
  EXPECT_EQ(find_totp_pair(kSeed, "969429", "969429", 3, 5), std::nullopt) << "the same one twice";
}

TEST(Base32, DecodesTheVectorsOfItsRfc) {
  EXPECT_EQ(base32_decode(""), "");
  EXPECT_EQ(base32_decode("MY"), "f");
  EXPECT_EQ(base32_decode("MZXQ"), "fo");
  EXPECT_EQ(base32_decode("MZXW6"), "foo");
  EXPECT_EQ(base32_decode("MZXW6YQ"), "foob");
  EXPECT_EQ(base32_decode("MZXW6YTB"), "fooba");
  EXPECT_EQ(base32_decode("MZXW6YTBOI"), "foobar");
}

TEST(Base32, RefusesWhatItDidNotMake) {
  for (const char* text : {"M", "MZX", "MZXW6Y", "my", "M1", "MY======", "MZ", "M Y"})
    EXPECT_EQ(base32_decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace martlet::iam
