#include "services/lambda/environment_variables.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "store/record.h"

namespace martlet::lambda {
namespace {

const FunctionName kName{"123456789012", "eu-west-1", "f", ""};
const Variables kVariables{{"PASSWORD", "correct horse"}, {"EMPTY", ""}};

class EnvironmentVariables : public testing::Test {
 protected:
  SecretBox secrets_{std::string(SecretBox::kKeySize, 'k')};
  FunctionRecord function_;
};

TEST_F(EnvironmentVariables, AreNotReadableInTheStore) {
  seal_variables(function_, kVariables, kName, secrets_);
  const std::string stored = store::encode(function_);
  EXPECT_EQ(stored.find("correct"), std::string::npos);
  EXPECT_EQ(stored.find("PASSWORD"), std::string::npos);
  EXPECT_EQ(open_variables(store::decode<FunctionRecord>(stored), kName, secrets_), kVariables);
}

TEST_F(EnvironmentVariables, OpenForEveryVersionOfTheFunctionAndForNoOther) {
  seal_variables(function_, kVariables, kName, secrets_);
  FunctionName version = kName;
  version.qualifier = "3";
  EXPECT_EQ(open_variables(function_, version, secrets_), kVariables);
  FunctionName other = kName;
  other.name = "g";
  EXPECT_THROW((void)open_variables(function_, other, secrets_), aws::Error);
}

TEST_F(EnvironmentVariables, AnotherKeyFileDoesNotOpenThem) {
  seal_variables(function_, kVariables, kName, secrets_);
  const SecretBox other{std::string(SecretBox::kKeySize, 'o')};
  try {
    (void)open_variables(function_, kName, other);
    FAIL();
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code(), "KMSAccessDeniedException");
  }
}

TEST_F(EnvironmentVariables, StoresOfEarlierVersionsHaveThemOpen) {
  function_.open_variables = kVariables;
  EXPECT_EQ(open_variables(function_, kName, secrets_), kVariables);
  seal_variables(function_, {}, kName, secrets_);
  EXPECT_TRUE(open_variables(function_, kName, secrets_).empty());
  EXPECT_TRUE(function_.sealed_variables.empty());
}

}  // namespace
}  // namespace martlet::lambda
