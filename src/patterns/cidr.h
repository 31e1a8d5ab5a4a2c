#pragma once

// Blocks of IP addresses. Plain values.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace martlet::patterns {

/// An IPv4 address has the first 4 bytes, the others are zero.
struct Address {
  enum class Family : unsigned char { kV4, kV6 };
  Family family = Family::kV4;
  std::array<unsigned char, 16> bytes{};

  bool operator==(const Address&) const = default;
};

std::optional<Address> parse_address(std::string_view text);

/// `address` with all but its first `bits` bits zero.
Address masked(Address address, unsigned bits);

struct Cidr {
  Address network;
  unsigned bits = 0;

  [[nodiscard]] bool contains(const Address& address) const {
    return address.family == network.family && masked(address, bits) == network;
  }
};

}  // namespace martlet::patterns
