#pragma once

// The answers that the interfaces inside an environment (runtime_api.h names them) have in common. Pure.

#include <string>
#include <string_view>

#include "environments/runtime_api.h"
#include "net/http.h"

namespace martlet::environments {

net::Response api_json(int status, std::string body);
/// {"errorType": ..., "errorMessage": ...}
net::Response api_refusal(int status, std::string_view type, std::string_view message);
net::Response response_to(Verdict verdict);
/// No such resource.
Task<> refuse_path(net::ResponseWriter& writer);

}  // namespace martlet::environments
