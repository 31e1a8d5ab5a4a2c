#pragma once

// There are no VPCs here: all subnets of an account and region belong to one, whose id is made from these.

#include <string>

namespace martlet::lambda {

std::string vpc_id(const std::string& account, const std::string& region);

}  // namespace martlet::lambda
