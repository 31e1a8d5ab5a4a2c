#pragma once

// A refusal: what the caller is told, and the details of it for an encoded authorization message. The details
// have the form in which AWS's DecodeAuthorizationMessage gives them. Pure.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "policy/evaluate.h"

namespace martlet::authorization {

struct Denial {
  /// In AWS's words.
  std::string message;
  /// The encoded authorization message; empty where nobody would see it.
  std::string encoded = {};
};

/// The refusal as an error of a service, which carries the encoded message as a header.
aws::Error error_of(Denial denial, std::string code, int status);

/// Where a statement comes from.
struct PolicyOrigin {
  /// The ARN of a managed policy, "user/alice/NAME" of an inline one; empty where the policy has no name.
  std::string name;
  /// Null when it is not known any more.
  const std::string* document = nullptr;
};

/// One refusal with all that led to it.
struct Refused {
  const policy::Request& request;
  const policy::Decision& decision;
  policy::ResourceRule rule = policy::ResourceRule::kEither;
  const policy::Trace& trace;
  std::function<PolicyOrigin(const policy::MatchedStatement&)> origin_of;
};

/// Whose affair a refusal is: the account of the principal, or of the resource where that has none.
std::string account_of(const policy::Request& request);

/// JSON of `most` bytes at most: what is longest is left out first, which the lists then say ("omitted": how
/// many). Statements of another account's policies are not shown, nor external ids.
std::string details_of(const Refused& refused, std::size_t most);

}  // namespace martlet::authorization
