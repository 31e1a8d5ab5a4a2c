#include "services/lambda/function_name.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace martlet::lambda {
namespace {

wire::Context caller() {
  wire::Context context;
  context.account = "123456789012";
  context.region = "eu-west-1";
  return context;
}

std::string resolved(std::string_view text, std::optional<std::string> qualifier = std::nullopt) {
  try {
    return resolve_function_name(caller(), text, qualifier).qualified_arn("aws");
  } catch (const aws::Error& error) {
    return error.code();
  }
}

TEST(FunctionName, EveryFormNamesTheSameFunction) {
  const std::string arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
  EXPECT_EQ(resolved("f"), arn);
  EXPECT_EQ(resolved("123456789012:function:f"), arn);
  EXPECT_EQ(resolved("function:f"), arn);
  EXPECT_EQ(resolved(arn), arn);
  EXPECT_EQ(resolved("f:prod"), arn + ":prod");
  EXPECT_EQ(resolved(arn + ":$LATEST"), arn + ":$LATEST");
  EXPECT_EQ(resolved("f", "7"), arn + ":7");
  EXPECT_EQ(resolved("f:7", "7"), arn + ":7");
}

TEST(FunctionName, AFunctionMayBeCalledFunction) {
  EXPECT_EQ(resolved("function"), "arn:aws:lambda:eu-west-1:123456789012:function:function");
  EXPECT_EQ(resolved("function:function:7"), "arn:aws:lambda:eu-west-1:123456789012:function:function:7");
}

TEST(FunctionName, RefusesWhatContradictsItself) {
  EXPECT_EQ(resolved("f:1", "2"), "InvalidParameterValueException");
  EXPECT_EQ(resolved(std::string(65, 'f')), "ValidationException");
  EXPECT_EQ(resolved("a:b:c:d"), "InvalidParameterValueException");
}

TEST(FunctionName, OtherAccountsAreRefusedAndOtherRegionsNotFound) {
  EXPECT_EQ(resolved("999999999999:function:f"), "AccessDeniedException");
  EXPECT_EQ(resolved("arn:aws:lambda:us-east-1:123456789012:function:f"), "ResourceNotFoundException");
}

TEST(FunctionName, OperationsOnWholeFunctionsTakeNoQualifier) {
  EXPECT_EQ(resolve_unqualified(caller(), "f", "PublishVersion").name, "f");
  for (const char* text : {"f:1", "f:prod", "f:$LATEST"})
    EXPECT_THROW(resolve_unqualified(caller(), text, "PublishVersion"), aws::Error) << text;
}

}  // namespace
}  // namespace martlet::lambda
