#pragma once

// The Extensions API, version 2020-01-01, on the port of the Runtime API: it turns HTTP into calls of
// Extensions. Lives on the loop.

#include <memory>
#include <string_view>

#include "base/task.h"
#include "environments/extensions.h"
#include "net/http.h"

namespace martlet::environments {

inline constexpr std::string_view kExtensionsPrefix = "/2020-01-01/extension/";

/// One environment as its extensions see it.
class ExtensionsHost {
 public:
  virtual ~ExtensionsHost() = default;
  virtual std::shared_ptr<Extensions> extensions() = 0;
  /// Initialisation goes on and the runtime is not done with it: internal extensions may register.
  [[nodiscard]] virtual bool internal_extensions_may_register() const = 0;
  [[nodiscard]] virtual const Spec& function() const = 0;
};

/// Answers a request whose path is `path` after kExtensionsPrefix.
Task<> answer_extension(std::shared_ptr<ExtensionsHost> host, std::string_view path, net::Request& request,
                        net::ResponseWriter& writer);

}  // namespace martlet::environments
