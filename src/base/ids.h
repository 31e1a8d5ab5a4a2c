#pragma once

// Identifiers in the forms that AWS uses. Random comes from an Ids object, so that a simulation can own it.

#include <cstdint>
#include <functional>
#include <string>

namespace martlet {

class Ids {
 public:
  /// Secure random identifiers.
  Ids();
  /// Reproducible identifiers for simulations and tests.
  explicit Ids(std::uint64_t seed);

  /// "0f8fad5b-d9cb-469f-a165-70867728950e" (version 4), as request ids are.
  std::string uuid();
  /// `count` random bytes.
  std::string bytes(std::size_t count);
  /// `count` lower-case hexadecimal digits.
  std::string hex(std::size_t count);
  /// `count` characters of A-Z and 2-7, as in access keys and unique ids.
  std::string base32(std::size_t count);

 private:
  std::function<std::string(std::size_t)> source_;
};

}  // namespace martlet
