#pragma once

// The host's libnftables, loaded when it is first needed: a server whose functions have no network does not
// carry it. Used by one thread.

#include <string>

struct nft_ctx;

namespace martlet::sandbox {

class Nftables {
 public:
  /// Throws std::runtime_error with the remedy when the library is not installed.
  Nftables();
  ~Nftables();
  Nftables(const Nftables&) = delete;
  Nftables& operator=(const Nftables&) = delete;

  /// Carries out commands in nft's language, all or none. Throws std::runtime_error with what it says.
  void run(const std::string& commands);

 private:
  void* library_ = nullptr;
  nft_ctx* context_ = nullptr;
};

}  // namespace martlet::sandbox
