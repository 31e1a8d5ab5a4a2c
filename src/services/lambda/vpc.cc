#include "services/lambda/vpc.h"

#include "base/crypto.h"

namespace martlet::lambda {

std::string vpc_id(const std::string& account, const std::string& region) {
  return "vpc-" + to_hex(as_view(sha256(account + region))).substr(0, 17);
}

}  // namespace martlet::lambda
