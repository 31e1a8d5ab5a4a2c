#include "services/sns/service.h"

#include <utility>

namespace martlet::sns {

SnsService::SnsService(Dependencies with)
    : with_(std::move(with)),
      signing_(with_.store, with_.pool),
      topics_(with_.clock),
      metrics_(with_.metrics),
      outbox_(with_.store),
      http_(with_, signing_, metrics_),
      fan_out_({.with = with_,
                .topics = topics_,
                .signing = signing_,
                .outbox = outbox_,
                .http = http_,
                .metrics = metrics_}),
      target_(fan_out_) {}

Task<> SnsService::answer_certificate(net::Request& request, net::ResponseWriter& answer) {
  const std::shared_ptr<const SigningKey> key = co_await signing_.key();
  if (request.head().path() == key->certificate_path())
    co_await answer.send({200, {{"Content-Type", "application/x-pem-file"}}, key->certificate()});
  else
    co_await answer.send(
        {404, {{"Content-Type", "application/json"}}, "{\"message\": \"There is no such certificate.\"}\n"});
}

Task<> SnsService::answer_outbox(net::Request& request, net::ResponseWriter& answer) {
  return outbox_.answer(request, answer);
}

Task<> SnsService::restore() {
  co_await outbox_.restore();
  co_await http_.restore();
}

void SnsService::reset() {
  topics_.reset();
  policies_.changed();
  tags_.changed();
  signing_.reset();
  outbox_.reset();
  http_.reset();
}

Task<> SnsService::stop() { return http_.stop(); }

}  // namespace martlet::sns
