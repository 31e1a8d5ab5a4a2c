#pragma once

// A request to a function URL, as the server hands it to the Lambda service.

#include <functional>
#include <string>

#include "base/task.h"
#include "wire/context.h"

namespace martlet::lambda {

/// Who signed a request.
struct UrlSigner {
  wire::Caller caller;
  /// In the credential scope; empty without one.
  std::string service;
  bool is_signed = false;
  /// With the credentials of a function.
  bool is_function = false;
  /// The unique id of the user whose policies a federated user has; empty for all others.
  std::string entity_id = {};
};

/// Whether somebody may call a function by its URL.
struct UrlAsk {
  /// Nobody where the AuthType is NONE.
  UrlSigner signer;
  /// Qualified, if the URL is an alias's.
  std::string function_arn;
  std::string auth_type;
};

struct UrlCall {
  /// Id of the URL.
  std::string id;
  /// That the host names; empty where the path names the URL.
  std::string region;
  /// Path and query below the URL, encoded.
  std::string target;
  /// Tells who signed the request, given its body. Throws aws::Error where the signature is not good.
  std::function<Task<UrlSigner>(std::string body)> authenticate;
  /// Empty: everybody may.
  std::function<Task<bool>(UrlAsk ask)> may_call = {};
};

}  // namespace martlet::lambda
