#include "store/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace martlet::store {
namespace {

enum class Colour : std::uint8_t { kRed = 3 };

std::string zero_bytes(std::string_view text) { return std::string(text); }

TEST(Key, IsEncodedAsTheTupleLayerDoes) {
  EXPECT_EQ(Key("a", 1).str(), std::string("\x02"
                                           "a\x00\x15\x01",
                                           5));
  EXPECT_EQ(Key(0).str(), "\x14");
  EXPECT_EQ(Key(-1).str(), "\x13\xFE");
  EXPECT_EQ(Key(-5551212).str(), std::string("\x11\xabK\x93", 4));
  EXPECT_EQ(Key(Bytes{std::string("foo\0bar", 7)}).str(), std::string("\x01"
                                                                      "foo\x00\xFF"
                                                                      "bar\x00",
                                                                      10));
}

TEST(Key, ComesBackElementByElement) {
  const std::string strange = zero_bytes({"\0a\0\0\xFF", 5});
  const std::string key = Key("fn", strange, Bytes{strange}, -7, Colour::kRed, ~0ULL, "");
  const auto [fn, text, bytes, number, colour, large, empty] =
      unpack<std::string, std::string, Bytes, std::int64_t, Colour, std::uint64_t, std::string>(key);
  EXPECT_EQ(fn, "fn");
  EXPECT_EQ(text, strange);
  EXPECT_EQ(bytes.data, strange);
  EXPECT_EQ(number, -7);
  EXPECT_EQ(colour, Colour::kRed);
  EXPECT_EQ(large, ~0ULL);
  EXPECT_EQ(empty, "");
  EXPECT_EQ(unpack_any(key).size(), 7u);
}

TEST(Key, IntegersOrderAsNumbers) {
  std::vector<std::int64_t> numbers{std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(), 0};
  for (int bits = 0; bits < 63; ++bits) {
    for (const std::int64_t near : {-1, 0, 1}) {
      numbers.push_back((1LL << bits) + near);
      numbers.push_back(-(1LL << bits) + near);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::string last;
  for (const std::int64_t number : numbers) {
    const std::string key = Key(number);
    EXPECT_LT(last, key) << number;
    EXPECT_EQ(std::get<0>(unpack<std::int64_t>(key)), number);
    last = key;
  }
  const std::string past = Key(1ULL << 63);
  EXPECT_LT(last, past);
  EXPECT_LT(past, Key(~0ULL).str());
}

TEST(Key, TuplesOrderElementByElement) {
  std::mt19937 random(1);
  auto tuple = [&] {
    std::vector<KeyPart> parts;
    for (auto count = random() % 4; count > 0; --count) {
      std::string text;
      for (auto length = random() % 4; length > 0; --length)
        text += static_cast<char>(random() % 3 - 1);  // FF, 00, 01
      switch (random() % 3) {
        case 0:
          parts.emplace_back(text);
          break;
        case 1:
          parts.emplace_back(Bytes{text});
          break;
        default:
          parts.emplace_back(static_cast<std::int64_t>(random() % 7) - 3);
      }
    }
    return parts;
  };
  auto rank = [](const KeyPart& part) { return part.index() == 1 ? 0 : part.index() == 0 ? 1 : 2; };
  auto less = [&](const KeyPart& a, const KeyPart& b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (const auto* text = std::get_if<std::string>(&a)) return *text < std::get<std::string>(b);
    if (const auto* bytes = std::get_if<Bytes>(&a)) return bytes->data < std::get<Bytes>(b).data;
    return std::get<std::int64_t>(a) < std::get<std::int64_t>(b);
  };
  auto encode = [](const std::vector<KeyPart>& parts) {
    Key key;
    for (const KeyPart& part : parts) std::visit([&](const auto& value) { key.add(value); }, part);
    return key.str();
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto a = tuple();
    const auto b = tuple();
    const bool expected = std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
    ASSERT_EQ(encode(a) < encode(b), expected);
    ASSERT_EQ(unpack_any(encode(a)), a);
  }
}

TEST(Key, RangesHoldWhatTheySay) {
  auto in = [](const Range& range, const std::string& key) { return range.begin <= key && key < range.end; };
  const Range below = prefix_range("q", "name");
  EXPECT_TRUE(in(below, Key("q", "name", "")));
  EXPECT_TRUE(in(below, Key("q", "name", -1, "more")));
  EXPECT_FALSE(in(below, Key("q", "name")));
  EXPECT_FALSE(in(below, Key("q", "name2", 1)));
  EXPECT_FALSE(in(below, Key("q", zero_bytes({"name\0", 5}), 1)));

  const Range groups = text_prefix_range(Key("g"), "/aws/");
  EXPECT_TRUE(in(groups, Key("g", "/aws/")));
  EXPECT_TRUE(in(groups, Key("g", "/aws/x", 1)));
  EXPECT_TRUE(in(groups, Key("g", "/aws/\xFF\xFF")));
  EXPECT_FALSE(in(groups, Key("g", "/awt")));
  EXPECT_FALSE(in(groups, Key("g", "/aws")));
  const Range odd = text_prefix_range(Key("g"), zero_bytes({"a\0", 2}));
  EXPECT_TRUE(in(odd, Key("g", zero_bytes({"a\0b", 3}))));
  EXPECT_FALSE(in(odd, Key("g", "ab")));
  EXPECT_TRUE(in(text_prefix_range(Key("g"), ""), Key("g", "anything")));
  EXPECT_FALSE(in(text_prefix_range(Key("g"), ""), Key("g", 1)));

  const Range rest = after(below, Key("q", "name", "b"));
  EXPECT_FALSE(in(rest, Key("q", "name", "b")));
  EXPECT_FALSE(in(rest, Key("q", "name", "b", 1)));
  EXPECT_TRUE(in(rest, Key("q", "name", "ba")));
  EXPECT_TRUE(in(rest, Key("q", "name", zero_bytes({"b\0", 2}))));
  EXPECT_EQ(after(below, Key("a")).begin, below.begin);
  const Range start = before(below, Key("q", "name", "b"));
  EXPECT_FALSE(in(start, Key("q", "name", "b")));
  EXPECT_TRUE(in(start, Key("q", "name", "a", 9)));
}

TEST(Key, ReaderRefusesWhatNoKeyIs) {
  for (const std::string_view bytes : std::vector<std::string_view>{{"\x02"
                                                                     "a",
                                                                     2},
                                                                    {"\x02", 1},
                                                                    {"\x01"
                                                                     "a\0\xFF",
                                                                     4},
                                                                    {"\x15", 1},
                                                                    {"\x15\0", 2},
                                                                    {"\x16\0\x01", 3},
                                                                    {"\x13\xFF", 2},
                                                                    {"\x03", 1},
                                                                    {"\x0B", 1},
                                                                    {"\x1D", 1},
                                                                    {"\xFF", 1},
                                                                    {"\0", 1},
                                                                    {"\x14\x14\x16\x01", 4},
                                                                    {"\x0C\0\0\0\0\0\0\0\0", 9}}) {
    EXPECT_THROW(unpack_any(bytes), MalformedKey) << testing::PrintToString(bytes);
  }
}

TEST(Key, ReaderRefusesOtherTypesThanAskedFor) {
  EXPECT_THROW(unpack<std::string>(Key(1).str()), MalformedKey);
  EXPECT_THROW(unpack<Bytes>(Key("a").str()), MalformedKey);
  EXPECT_THROW(unpack<std::int64_t>(Key("a").str()), MalformedKey);
  EXPECT_THROW(unpack<std::int64_t>(Key(~0ULL).str()), MalformedKey);
  EXPECT_THROW(unpack<std::uint64_t>(Key(-1).str()), MalformedKey);
  EXPECT_THROW(unpack<std::int8_t>(Key(128).str()), MalformedKey);
  EXPECT_THROW(unpack<std::string>(Key("a", "b").str()), MalformedKey);
  EXPECT_THROW((unpack<std::string, std::string>(Key("a").str())), MalformedKey);
}

}  // namespace
}  // namespace martlet::store
