#pragma once

// The public keys of OpenID Connect providers: fetched from where the provider's configuration document says,
// kept for an hour, and fetched again when a token names a key that is not among them. Bounded in number.
// Lives on the loop.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "net/client.h"
#include "services/sts/identity_token.h"
#include "services/sts/public_key.h"

namespace martlet::sts {

class ProviderKeys {
 public:
  ProviderKeys(net::Client& client, const Clock& clock) : client_(client), clock_(clock) {}

  /// Whether a key of the provider has signed the token. `url` is without its scheme: https, or http for
  /// providers on this machine's loopback interface. Throws aws::Error IDPCommunicationError.
  Task<bool> verify(std::string url, IdentityToken token);

 private:
  struct Kept {
    /// In elapsed time.
    Duration fetched = {};
    std::vector<PublicKey> keys;
  };

  Task<std::vector<PublicKey>> fetch(std::string url);
  Task<std::string> get(std::string address, std::string provider);

  net::Client& client_;
  const Clock& clock_;
  std::map<std::string, Kept> kept_;
};

/// Whether the URL, without its scheme, is on this machine's loopback interface.
bool is_on_loopback(std::string_view url);

}  // namespace martlet::sts
