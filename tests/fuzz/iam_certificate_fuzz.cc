// Certificates, chains and private keys that callers upload: read or refused, whatever they hold; and what
// was read can be looked at.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "services/iam/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::iam;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto key = PrivateKey::parse(text);
  const auto chain = Certificate::parse_chain(text);
  if (Certificate::parse(text).has_value() != (chain && chain->size() == 1)) std::abort();
  if (!chain) return 0;
  if (key || chain->empty() || chain->size() > Certificate::kMaxChain) std::abort();
  const Certificate& first = chain->front();
  if (first.fingerprint().size() != 64) std::abort();
  (void)martlet::to_epoch_ms(first.not_before());
  (void)martlet::to_epoch_ms(first.not_after());
  (void)first.is_signed_by(chain->back());
  return 0;
}
