// Whatever a policy document holds, it is accepted or refused as malformed; nothing else.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "services/iam/policy_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::iam;
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  for (const PolicyKind kind : {PolicyKind::kTrust, PolicyKind::kIdentity}) {
    try {
      check_policy(document, kind);
      if (counted_size(document) > size) std::abort();
    } catch (const martlet::aws::Error& error) {
      if (error.code() != "MalformedPolicyDocumentException") std::abort();
    }
  }
  return 0;
}
