#include "patterns/folding.h"

#include <algorithm>

#include "base/utf8.h"

namespace martlet::patterns {
namespace {

/// Capital and small letters alternate there, the capital one first and even.
bool alternates_from_even(char32_t letter) {
  return (letter >= 0x100 && letter <= 0x137 && letter != 0x130) || (letter >= 0x14A && letter <= 0x177) ||
         (letter >= 0x1DE && letter <= 0x1EF) || (letter >= 0x200 && letter <= 0x21F) ||
         (letter >= 0x222 && letter <= 0x233) || (letter >= 0x3D8 && letter <= 0x3EF) ||
         (letter >= 0x460 && letter <= 0x481) || (letter >= 0x48A && letter <= 0x4BF) ||
         (letter >= 0x4D0 && letter <= 0x52F) || (letter >= 0x1E00 && letter <= 0x1E95) ||
         (letter >= 0x1EA0 && letter <= 0x1EFF);
}

bool alternates_from_odd(char32_t letter) {
  return (letter >= 0x139 && letter <= 0x148) || (letter >= 0x179 && letter <= 0x17E) ||
         (letter >= 0x1CD && letter <= 0x1DC) || (letter >= 0x4C1 && letter <= 0x4CE);
}

char32_t lower(char32_t letter) {
  if ((letter >= 0xC0 && letter <= 0xDE && letter != 0xD7) ||
      (letter >= 0x391 && letter <= 0x3AB && letter != 0x3A2) || (letter >= 0x410 && letter <= 0x42F)) {
    return letter + 0x20;
  }
  if (letter >= 0x400 && letter <= 0x40F) {
    return letter + 0x50;
  }
  if (letter >= 0x531 && letter <= 0x556) {
    return letter + 0x30;
  }
  if (letter == 0x178) {
    return 0xFF;
  }
  if (alternates_from_even(letter)) {
    return letter | 1U;
  }
  return alternates_from_odd(letter) && letter % 2 == 1 ? letter + 1 : letter;
}

/// The code point of a well-formed sequence of two or three bytes.
char32_t decode(std::string_view sequence) {
  const auto bits = [&](std::size_t at, unsigned mask) {
    return static_cast<unsigned char>(sequence[at]) & mask;
  };
  return sequence.size() == 2 ? bits(0, 0x1F) << 6U | bits(1, 0x3F)
                              : bits(0, 0x0F) << 12U | bits(1, 0x3F) << 6U | bits(2, 0x3F);
}

void append(std::string& text, char32_t letter) {
  if (letter >= 0x800) {
    text.push_back(static_cast<char>(0xE0U | letter >> 12U));
    text.push_back(static_cast<char>(0x80U | (letter >> 6U & 0x3FU)));
  } else {
    text.push_back(static_cast<char>(0xC0U | letter >> 6U));
  }
  text.push_back(static_cast<char>(0x80U | (letter & 0x3FU)));
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    const char head = text.front();
    std::size_t length = 1;
    if (static_cast<unsigned char>(head) < 0x80) {
      folded.push_back(head >= 'A' && head <= 'Z' ? static_cast<char>(head + ('a' - 'A')) : head);
    } else {
      length = std::max<std::size_t>(1, utf8_sequence_length(text));
      if (length == 2 || length == 3) {
        append(folded, lower(decode(text.substr(0, length))));
      } else {
        folded.append(text.substr(0, length));
      }
    }
    text.remove_prefix(length);
  }
  return folded;
}

}  // namespace martlet::patterns
