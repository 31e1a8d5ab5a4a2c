#include "wire/event_stream.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/error.h"

namespace martlet::wire {
namespace {

EventMessage every_type() {
  return {.headers = {{"true", true},
                      {"false", false},
                      {"byte", std::int8_t{-5}},
                      {"short", std::int16_t{-300}},
                      {"int", std::int32_t{-70000}},
                      {"long", std::int64_t{-5'000'000'000}},
                      {"bytes", EventBytes{std::string("\0\xff", 2)}},
                      {"text", std::string("grün")},
                      {"time", TimePoint(std::chrono::milliseconds(1398796238120))},
                      {"uuid", EventUuid{1, 2, 3}}},
          .payload = "payload"};
}

TEST(EventStream, EveryTypeComesBack) {
  const std::string bytes = encode_event_message(every_type()) + encode_event_message({});
  std::string_view rest = bytes;
  EXPECT_EQ(decode_event_message(rest), every_type());
  EXPECT_EQ(decode_event_message(rest), EventMessage());
  EXPECT_TRUE(rest.empty());
}

TEST(EventStream, HasTheBytesOfTheSpecification) {
  // The empty message, and one header with a payload, as AWS documents the format.
  EXPECT_EQ(to_hex(encode_event_message({})), "000000100000000005c248eb7d98c8ff");
  EXPECT_EQ(to_hex(encode_event_message({.headers = {}, .payload = "{'foo':'bar'}"})),
            "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936");
}

TEST(EventStream, AnIncompleteMessageIsNotThereYet) {
  const std::string bytes = encode_event_message(every_type());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::string_view rest = std::string_view(bytes).substr(0, length);
    EXPECT_EQ(decode_event_message(rest), std::nullopt);
    EXPECT_EQ(rest.size(), length);
  }
}

TEST(EventStream, DamageIsNoticed) {
  const std::string bytes = encode_event_message(every_type());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    std::string_view rest = damaged;
    EXPECT_THROW(static_cast<void>(decode_event_message(rest)), aws::Error) << i;
  }
}

TEST(EventStream, TooLongIsRefused) {
  EXPECT_THROW(encode_event_message({.headers = {{std::string(256, 'n'), true}}, .payload = ""}),
               std::length_error);
  EXPECT_THROW(encode_event_message({.headers = {{"n", std::string(40'000, 'v')}}, .payload = ""}),
               std::length_error);
}

TEST(EventStream, TextOfAHeader) {
  EXPECT_EQ(every_type().text("text"), "grün");
  EXPECT_EQ(every_type().text("int"), std::nullopt);
}

}  // namespace
}  // namespace martlet::wire
