// The first byte chooses where the bytes go: the Authorization field, the query of a presigned request, the
// Host, or an Origin. Whatever was read is verified, which must end in an answer or an AWS error.

#include <cstdint>
#include <cstdlib>

#include "base/clock.h"
#include "base/error.h"
#include "gateway/cors.h"
#include "gateway/host.h"
#include "gateway/verifier.h"

namespace {

class FixedClock final : public martlet::Clock {
 public:
  martlet::TimePoint now() const override { return martlet::from_epoch_ms(1'700'000'000'000); }
  martlet::Duration elapsed() const override { return martlet::Duration(0); }
  martlet::Task<> sleep_until(martlet::TimePoint) override { co_return; }
  martlet::Task<> sleep_elapsed(martlet::Duration) override { co_return; }
  void advance(martlet::Duration) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  using namespace martlet::gateway;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  net::RequestHead head{
      "GET", "/a/../b%20c?x=1", {{"Host", "localhost"}, {"X-Amz-Date", "20231114T221320Z"}}};
  const std::string algorithm = data[0] < 128 ? "AWS4-HMAC-SHA256" : "AWS4-ECDSA-P256-SHA256";
  switch (data[0] % 5) {
    case 0:
      head.headers.add("Authorization", algorithm + " " + text);
      break;
    case 1:
      head.target = "/?X-Amz-Algorithm=" + algorithm + "&" + text;
      break;
    case 2:
      head.headers.set("X-Amz-Date", text);
      break;
    case 3:
      head.target = text;
      break;
    default:
      parse_host_name(text);
      is_allowed_origin(text, {});
      return 0;
  }
  const FixedClock clock;
  Verifier verifier(clock);
  const Signature signature = parse_signature(head);
  for (const Dialect dialect : {Dialect::kQuery, Dialect::kS3}) {
    try {
      const std::string path = normalise_path(head.path());
      if (normalise_path(path) != path) std::abort();
      verifier.check_form(head, signature, dialect);
      verifier.check_signature(head, signature, "secret", "body", dialect);
    } catch (const aws::Error&) {
    }
  }
  return 0;
}
