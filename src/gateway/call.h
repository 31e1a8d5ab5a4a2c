#pragma once

// Call: what the gateway knows of one request to a service, from its head to its answer. Lives in the frame
// of the task that handles the request.

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "gateway/routing.h"
#include "gateway/sigv4.h"
#include "net/http.h"
#include "wire/context.h"
#include "wire/endpoint.h"

namespace martlet::gateway {

struct Call {
  const net::RequestHead& head;
  std::string request_id;
  Duration started;
  Signature signature;
  Route route;
  /// What the caller speaks, as far as can be told.
  wire::Protocol protocol = wire::Protocol::kRestJson;
  /// Null until it is known.
  const wire::Operation* operation = nullptr;
  wire::Context context = {};
  /// The path with the bucket that the host names put back in front; empty when it is the head's own.
  std::string path = {};

  /// The request as the codecs see it; both the call and `body` outlive it.
  [[nodiscard]] wire::RequestView view(std::string_view body = {}) const {
    wire::RequestView seen = view_of(head, body);
    if (!path.empty()) seen.path = path;
    return seen;
  }
  [[nodiscard]] const wire::ServiceModel* model() const {
    return route.service == nullptr ? nullptr : &route.service->model();
  }
};

/// The protocol of a request whose service is not known.
wire::Protocol guess_protocol(const net::RequestHead& head, const Signature& signature);

/// "http://localhost:4566": the URL by which the caller reached us.
std::string base_url(const net::RequestHead& head, bool is_tls);

/// The partition of a region: "aws", "aws-cn", "aws-us-gov".
std::string partition_of(std::string_view region);

/// A region that is safe to put into ARNs and keys: `region` if it looks like one, otherwise `fallback`.
std::string usable_region(std::string_view region, const std::string& fallback);

/// The error for a request to a service that is not here.
aws::Error unknown_service(const Route& route);

/// The error for a failure of ours, as the service words it.
aws::Error internal_failure(const wire::ServiceModel* service);

}  // namespace martlet::gateway
