#include "gateway/call.h"

#include <algorithm>

namespace martlet::gateway {

namespace {

bool is_form(const net::RequestHead& head) {
  return head.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
}

}  // namespace

wire::Protocol guess_protocol(const net::RequestHead& head, const Signature& signature) {
  const auto& headers = head.headers;
  if (headers.get("smithy-protocol") == "rpc-v2-cbor") return wire::Protocol::kCbor;
  if (headers.find("x-amz-target"))
    return headers.get("content-type").ends_with("1.1") ? wire::Protocol::kAwsJson11
                                                        : wire::Protocol::kAwsJson10;
  if (is_form(head) || head.query().find("Action=") != std::string_view::npos) return wire::Protocol::kQuery;
  if (signature.scope.service == "s3") return wire::Protocol::kRestXml;
  return wire::Protocol::kRestJson;
}

std::string base_url(const net::RequestHead& head, bool is_tls) {
  std::string url = is_tls ? "https://" : "http://";
  const std::string_view host = head.headers.get("host", "localhost");
  // It ends up in answers, so only what a host may contain is repeated.
  url += net::parse_host_port(host) ? host : std::string_view("localhost");
  return url;
}

std::string partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

std::string usable_region(std::string_view region, const std::string& fallback) {
  const bool good =
      !region.empty() && region.size() <= 32 && std::all_of(region.begin(), region.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  // Global services are signed for a region of that name in some SDKs.
  return good && region != "aws-global" ? std::string(region) : fallback;
}

aws::Error unknown_service(const Route& route) {
  if (route.asked_for.empty())
    return {"UnknownOperationException",
            "Nothing in this request says which service it is for: it has no signature, X-Amz-Target, host "
            "or path that is "
            "known here.",
            404};
  return {"UnknownService",
          "Martlet has no service '" + route.asked_for + "'. 'martlet services' lists what it has.", 501};
}

aws::Error internal_failure(const wire::ServiceModel* service) {
  if (service != nullptr && service->signing_name == "s3")
    return {"InternalError", "We encountered an internal error. Please try again.", 500};
  for (const char* code : {"ServiceException", "InternalServerError", "InternalFailure"})
    if (service != nullptr && service->find_error(code) != nullptr)
      return {code, "An internal error occurred. The server's log has it under this request's id.", 500};
  return {"InternalFailure", "An internal error occurred. The server's log has it under this request's id.",
          500};
}

}  // namespace martlet::gateway
