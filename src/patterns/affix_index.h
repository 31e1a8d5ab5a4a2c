#pragma once

// Which of many beginnings (or ends) a text has. Owned by a ValueIndex.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace martlet::patterns {

enum class Affix : bool { kPrefix, kSuffix };

/// A hash table, asked with the beginning of the text of each length that any key has. The hash of a
/// beginning is made of that of the one before it, so that asking costs the length of the text and one
/// look-up for each length, however many keys there are.
template <typename Value, Affix kAffix>
class AffixIndex {
 public:
  /// What stands under `affix`, which is made if need be.
  Value& at(std::string_view affix) {
    const auto [place, added] = values_.try_emplace(std::string(affix));
    lengths_[affix.size()] += added ? 1 : 0;
    return place->second;
  }

  /// Null when there is no such key.
  Value* find(std::string_view affix) {
    const auto found = values_.find(affix);
    return found == values_.end() ? nullptr : &found->second;
  }

  void erase(std::string_view affix) {
    const auto found = values_.find(affix);
    if (found == values_.end()) {
      return;
    }
    const auto length = lengths_.find(affix.size());
    values_.erase(found);
    if (--length->second == 0) {
      lengths_.erase(length);
    }
  }

  [[nodiscard]] bool empty() const { return values_.empty(); }

  /// Calls `each` with what stands under every key that `text` begins (or ends) with.
  template <typename Each>
  void visit(std::string_view text, const Each& each) const {
    std::uint64_t hash = kSeed;
    std::size_t hashed = 0;
    for (const auto& [length, keys] : lengths_) {
      if (length > text.size()) {
        return;
      }
      for (; hashed < length; ++hashed) {
        hash = step(hash, byte(text, hashed));
      }
      const std::string_view affix =
          kAffix == Affix::kPrefix ? text.substr(0, length) : text.substr(text.size() - length);
      if (const auto found = values_.find(Hashed{.text = affix, .hash = hash}); found != values_.end()) {
        each(found->second);
      }
    }
  }

 private:
  /// A key whose hash is known.
  struct Hashed {
    std::string_view text;
    std::uint64_t hash;
  };

  static constexpr std::uint64_t kSeed = 0xCBF29CE484222325U;

  static std::uint64_t step(std::uint64_t hash, unsigned char byte) { return (hash ^ byte) * 0x100000001B3U; }
  /// From the beginning, or from the end.
  static unsigned char byte(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(kAffix == Affix::kPrefix ? text[at] : text[text.size() - 1 - at]);
  }

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Hashed& key) const { return key.hash; }
    std::size_t operator()(std::string_view text) const {
      std::uint64_t hash = kSeed;
      for (std::size_t i = 0; i < text.size(); ++i) {
        hash = step(hash, byte(text, i));
      }
      return hash;
    }
  };

  struct Equal {
    using is_transparent = void;
    static std::string_view text_of(const Hashed& key) { return key.text; }
    static std::string_view text_of(std::string_view text) { return text; }
    template <typename One, typename Other>
    bool operator()(const One& one, const Other& other) const {
      return text_of(one) == text_of(other);
    }
  };

  std::unordered_map<std::string, Value, Hash, Equal> values_;
  /// How many keys have that length.
  std::map<std::size_t, std::size_t> lengths_;
};

}  // namespace martlet::patterns
