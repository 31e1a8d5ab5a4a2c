#include "environments/api_answers.h"

#include "environments/platform_log.h"

namespace martlet::environments {

net::Response api_json(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

net::Response api_refusal(int status, std::string_view type, std::string_view message) {
  return api_json(status, error_document(type, message));
}

net::Response response_to(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return api_json(202, "{\"status\":\"OK\"}\n");
    case Verdict::kUnknownRequest:
      return api_refusal(400, "InvalidRequestID", "Invalid request ID");
    case Verdict::kWrongState:
      break;
  }
  return api_refusal(403, "InvalidStateTransition",
                     "The environment is not in a state in which it takes this message");
}

Task<> refuse_path(net::ResponseWriter& writer) {
  co_await writer.send(api_refusal(404, "NotFound", "The Runtime API has no such resource"));
}

}  // namespace martlet::environments
