#include "environments/log_lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace martlet::environments {
namespace {

std::vector<std::string> messages_of(const std::vector<std::string>& pieces) {
  LogLines lines;
  std::vector<std::string> messages;
  const auto take = [&](std::string message) { messages.push_back(std::move(message)); };
  for (const std::string& piece : pieces) lines.feed(piece, take);
  lines.finish(take);
  return messages;
}

using Messages = std::vector<std::string>;

TEST(LogLines, OneMessagePerLineWhereverThePiecesEnd) {
  EXPECT_EQ(messages_of({"a\nb", "c\n", "\n"}), (Messages{"a\n", "bc\n", "\n"}));
  EXPECT_EQ(messages_of({"no newline"}), (Messages{"no newline\n"}));
  EXPECT_EQ(messages_of({}), Messages{});
}

TEST(LogLines, AUnitSeparatorBeforeTheNewlineContinuesTheMessage) {
  EXPECT_EQ(messages_of({"Traceback\x1f\n  File\x1f", "\nValueError\nnext\n"}),
            (Messages{"Traceback\n  File\nValueError\n", "next\n"}));
  EXPECT_EQ(messages_of({"end\x1f\n"}), (Messages{"end\n"}));
}

TEST(LogLines, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(messages_of({"a\xff z\n"}), (Messages{"a\xEF\xBF\xBD z\n"}));
}

TEST(LogLines, LongMessagesAreSplitBetweenCharacters) {
  std::string text;
  while (text.size() <= 2 * kMaxMessageBytes) text += "\xE2\x82\xAC";  // three bytes
  const auto messages = messages_of({text.substr(0, 1000), text.substr(1000)});
  ASSERT_EQ(messages.size(), 3u);
  std::string together;
  for (const std::string& message : messages) {
    EXPECT_LE(message.size(), kMaxMessageBytes);
    EXPECT_EQ(message.find("\xEF\xBF\xBD"), std::string::npos);
    together += message;
  }
  EXPECT_EQ(together, text + "\n");
}

TEST(LogLines, AMessageOfExactlyTheLimitStaysWhole) {
  const std::string text(kMaxMessageBytes - 1, 'x');
  EXPECT_EQ(messages_of({text + "\n", "y\n"}), (Messages{text + "\n", "y\n"}));
  EXPECT_EQ(messages_of({text + "x\n"}).size(), 2u);
}

}  // namespace
}  // namespace martlet::environments
