#pragma once

// Which service a request is for, told from its head alone: the signature's credential scope, the
// X-Amz-Target header, the Host and the path, in that order. Hosts that name an API or a function URL come
// first, since requests to those may be signed in the name of any service.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/host.h"
#include "gateway/sigv4.h"
#include "net/http.h"
#include "net/url.h"
#include "wire/endpoint.h"

namespace martlet::gateway {

struct Route {
  /// Null when no service was found.
  const wire::Endpoint* service = nullptr;
  /// "execute-api", "lambda-url": the host belongs to something that services have made. `service` is null.
  std::string host_kind;
  /// What the Host names before the service: a bucket, an API, a function URL.
  std::string subject;
  /// Empty where the request does not tell.
  std::string region;
  /// The signing name of the service that the Host names; empty when it names none that is here.
  std::string_view named_service;
  /// For errors: the service that was asked for but is not there; empty when the request names none.
  std::string asked_for;
};

class ServiceRouter {
 public:
  /// `service` outlives the router.
  void add(const wire::Endpoint& service) { services_.push_back(&service); }
  /// Hosts "<subject>.<kind>.<region>.<domain>" are for that kind.
  void add_host_kind(std::string kind) { host_kinds_.push_back(std::move(kind)); }

  [[nodiscard]] Route find(const net::RequestHead& head, const Signature& signature) const;
  /// For a request that find() could not place and that carries a form: Query services by their Action and
  /// Version.
  [[nodiscard]] const wire::Endpoint* find_by_form(const net::Pairs& form) const;

 private:
  using Services = std::vector<const wire::Endpoint*>;

  [[nodiscard]] const wire::Endpoint* choose(const Services& among, const net::RequestHead& head,
                                             const HostName& host) const;
  [[nodiscard]] const wire::Endpoint* without_scope(const net::RequestHead& head, const HostName& host) const;
  [[nodiscard]] bool find_host_kind(const net::RequestHead& head, const HostName& host, Route& route) const;
  [[nodiscard]] Services signed_as(std::string_view signing_name) const;

  Services services_;
  std::vector<std::string> host_kinds_;
};

/// The request as the codecs see it. Both arguments outlive the result.
wire::RequestView view_of(const net::RequestHead& head, std::string_view body = {});

}  // namespace martlet::gateway
