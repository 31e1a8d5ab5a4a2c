#pragma once

// Which service a request is for, told from its head alone: the signature's credential scope, the X-Amz-Target header, the
// Host and the path, in that order. Hosts that name an API or a function URL come first, since requests to those may be
// signed in the name of any service.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host.h"
#include "gateway/sigv4.h"
#include "net/http.h"
#include "net/url.h"
#include "wire/router.h"
#include "wire/service.h"

namespace martlet::gateway {

struct Route {
  /// Null when no service was found.
  const wire::ServiceModel* service = nullptr;
  /// "execute-api", "lambda-url": the host belongs to something that services have made. `service` is null.
  std::string host_kind;
  /// What the Host names before the service: a bucket, an API, a function URL.
  std::string subject;
  /// Empty where the request does not tell.
  std::string region;
  /// For errors: the service that was asked for but is not there; empty when the request names none.
  std::string asked_for;
};

class ServiceRouter {
 public:
  /// `model` outlives the router.
  void add(const wire::ServiceModel& model);
  /// Hosts "<subject>.<kind>.<region>.<domain>" are for that kind.
  void add_host_kind(std::string kind) { host_kinds_.push_back(std::move(kind)); }

  [[nodiscard]] Route find(const net::RequestHead& head, const Signature& signature) const;
  /// For a request that find() could not place and that carries a form: Query services by their Action and Version.
  [[nodiscard]] const wire::ServiceModel* find_by_form(const net::Pairs& form) const;

  /// The operation of a REST service; null when its paths and methods have no such one.
  [[nodiscard]] const wire::Operation* match_rest(const wire::ServiceModel& service, const net::RequestHead& head,
                                                  std::string_view path) const;

 private:
  struct Entry {
    const wire::ServiceModel* model;
    /// Only for the REST protocols.
    std::unique_ptr<wire::Router> rest;
  };
  using Candidates = std::vector<const Entry*>;

  [[nodiscard]] const Entry* by_target(const Candidates& among, const net::RequestHead& head) const;
  [[nodiscard]] const Entry* by_path(const Candidates& among, const net::RequestHead& head) const;
  [[nodiscard]] const Entry* by_host(const Candidates& among, const HostName& host) const;
  [[nodiscard]] const Entry* choose(const Candidates& among, const net::RequestHead& head, const HostName& host) const;
  [[nodiscard]] const Entry* without_scope(const net::RequestHead& head, const HostName& host) const;
  [[nodiscard]] bool find_host_kind(const net::RequestHead& head, const HostName& host, Route& route) const;
  [[nodiscard]] Candidates signed_as(std::string_view signing_name) const;

  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::string> host_kinds_;
};

/// The request as the codecs see it; `path` may differ from the head's. All arguments outlive the result.
wire::RequestView view_of(const net::RequestHead& head, std::string_view path, std::string_view body = {});

}  // namespace martlet::gateway
