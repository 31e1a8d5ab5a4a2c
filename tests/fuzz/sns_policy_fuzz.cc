// Delivery policies and filter policies, both from outside.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/filter_policy.h"

namespace {

template <class Call>
void call(Call parse) {
  try {
    parse();
  } catch (const martlet::aws::Error&) {
    // A policy that is not well-formed.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::sns;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  call([&] { effective_topic_json(parse_topic_policy(text)); });
  call([&] {
    const EffectivePolicy policy = effective_policy({}, parse_subscription_policy(text));
    for (std::uint32_t number = 0; policy.retry.delay_before(number + 1); ++number) {
    }
    effective_subscription_json(policy);
  });
  size_of_filter_policy(text);
  for (const FilterScope scope : {FilterScope::kAttributes, FilterScope::kBody})
    call([&] { compile_filter_policy(text, scope); });
  return 0;
}
