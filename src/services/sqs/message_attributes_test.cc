#include "services/sqs/message_attributes.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace martlet::sqs {

namespace {

MessageAttributeValue text(std::string type, std::string value) {
  MessageAttributeValue out;
  out.data_type = std::move(type);
  out.string_value = std::move(value);
  return out;
}

std::string refusal(const std::string& name, MessageAttributeValue value) {
  try {
    static_cast<void>(checked_attributes({{name, std::move(value)}}));
  } catch (const aws::Error& error) {
    return error.code();
  }
  return "";
}

std::vector<std::string> names(const Attributes& attributes) {
  std::vector<std::string> out;
  for (const auto& [name, attribute] : attributes) out.push_back(name);
  return out;
}

using Names = std::vector<std::string>;

TEST(MessageAttributes, DigestsAreThoseOfTheSdks) {
  EXPECT_EQ(md5_of_attributes({{"timestamp", {"Number", "1493147359900"}}}),
            "235c5c510d26fb653d073faed50ae77c");
  EXPECT_EQ(md5_of_attributes({{"n", {"Number.int", "42"}},
                               {"a", {"String", "\xC3\xA9"}},
                               {"b", {"Binary.x", std::string("\0\1", 2)}}}),
            "dc19a70a3feb2bbeb41b9cf5bca1200a");
}

TEST(MessageAttributes, Names) {
  for (const char* good : {"a", "A-b_c.d9", "awsome", "amazonas.x"})
    EXPECT_EQ(refusal(good, text("String", "x")), "");
  for (const char* bad : {"", ".a", "a.", "a..b", "a b", "AWS.a", "aws.a", "Amazon.a", "\xC3\xA9"})
    EXPECT_EQ(refusal(bad, text("String", "x")), "InvalidParameterValue") << bad;
}

TEST(MessageAttributes, Types) {
  for (const char* good : {"String", "String.x", "Number", "Number.float"})
    EXPECT_EQ(refusal("a", text(good, "1")), "");
  for (const char* bad : {"", "string", "Text", "StringX", "Number x"})
    EXPECT_EQ(refusal("a", text(bad, "1")), "InvalidParameterValue") << bad;
  EXPECT_EQ(refusal("a", text("Binary", "1")), "InvalidParameterValue");  // has no bytes
  MessageAttributeValue list = text("String", "x");
  list.string_list_values = {"a", "b"};
  EXPECT_EQ(refusal("a", list), "UnsupportedOperation");
}

TEST(MessageAttributes, Numbers) {
  for (const char* good : {"0", "-1", "+1.5", ".5", "5.", "1e10", "1.5E-100", "-1e126", "1e-128"})
    EXPECT_EQ(refusal("a", text("Number", good)), "") << good;
  for (const char* bad :
       {"x", "1x", ".", "-", "1e", "1e1000", "1.2.3", "0x10", " 1", "1e127", "-9e126", "1e-129"})
    EXPECT_EQ(refusal("a", text("Number", bad)), "InvalidParameterValue") << bad;
}

TEST(MessageAttributes, Selection) {
  Attributes all;
  for (const char* name : {"a", "b.one", "b.two", "ba", "c"}) all[name] = {"String", "x"};
  EXPECT_EQ(names(select(all, {"All"})), names(all));
  EXPECT_EQ(names(select(all, {".*"})), names(all));
  EXPECT_EQ(names(select(all, {"b.*"})), (Names{"b.one", "b.two", "ba"}));
  EXPECT_EQ(names(select(all, {"c", "a", "none"})), (Names{"a", "c"}));
  EXPECT_EQ(names(select(all, {})), Names{});
}

TEST(MessageText, Characters) {
  for (const char* good : {"", "a\t\r\n~", "\xC3\xA9", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_message_text(good));
  for (const char* bad : {"\x01", "a\x0B", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xED\xA0\x80", "\xFF"})
    EXPECT_FALSE(is_message_text(bad)) << bad;
  EXPECT_FALSE(is_message_text(std::string_view("\0", 1)));
}

}  // namespace

}  // namespace martlet::sqs
