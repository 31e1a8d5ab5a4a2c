#pragma once

// The access keys that this server knows: the root key of an enforcing server, and the temporary credentials
// with which functions call it. Lives on the loop.

#include <deque>
#include <map>
#include <string>
#include <unordered_map>

#include "base/ids.h"
#include "gateway/auth.h"
#include "services/lambda/function_name.h"

namespace martlet::server {

struct RootKey {
  std::string access_key_id;
  std::string secret_access_key;
};

/// The root key in `file`. Makes one, readable by its owner only, and says so on the log where there is none.
/// Throws std::runtime_error when the file cannot be read or written.
RootKey open_root_key(const std::string& file, Ids& ids);

class Credentials final : public gateway::CredentialSource {
 public:
  explicit Credentials(Ids& ids) : ids_(ids) {}

  void set_root(const RootKey& key, const std::string& account);

  /// Credentials for environments of `function`, which acts as `role_arn`, as the environment variables that
  /// SDKs read. `role_id` is the role's unique id ("AROA..."), empty when the role is not stored here. A
  /// function's credentials stay valid until it has been given newer ones twice.
  std::map<std::string, std::string> issue(const lambda::FunctionName& function, const std::string& role_arn,
                                           const std::string& role_id);

  /// Forgets those of functions.
  void reset();

  Task<std::optional<gateway::Credentials>> find(std::string access_key_id) override;

 private:
  Ids& ids_;
  std::unordered_map<std::string, gateway::Credentials> by_key_;
  std::unordered_map<std::string, std::deque<std::string>> keys_of_function_;
};

}  // namespace martlet::server
