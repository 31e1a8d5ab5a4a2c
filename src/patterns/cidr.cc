#include "patterns/cidr.h"

#include <arpa/inet.h>

#include <algorithm>

namespace martlet::patterns {

std::optional<Address> parse_address(std::string_view text) {
  // What inet_pton() reads has an end; the longest address is far shorter than this.
  std::array<char, 64> buffer{};
  if (text.empty() || text.size() >= buffer.size() || text.contains('\0')) {
    return std::nullopt;
  }
  std::ranges::copy(text, buffer.begin());
  Address address;
  address.family = text.contains(':') ? Address::Family::kV6 : Address::Family::kV4;
  const int family = address.family == Address::Family::kV6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, buffer.data(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

Address masked(Address address, unsigned bits) {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const auto start = static_cast<unsigned>(i * 8);
    if (bits <= start) {
      address.bytes[i] = 0;
    } else if (bits < start + 8) {
      address.bytes[i] &= static_cast<unsigned char>(0xFFU << (start + 8 - bits));
    }
  }
  return address;
}

}  // namespace martlet::patterns
