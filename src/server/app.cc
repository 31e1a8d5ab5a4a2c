#include "server/app.h"

#include <csignal>
#include <cstdlib>
#include <optional>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "actions/actions.h"
#include "base/arn.h"
#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/task_group.h"
#include "environments/fleet.h"
#include "gateway/gateway.h"
#include "net/client.h"
#include "net/server.h"
#include "server/admin.h"
#include "server/credentials.h"
#include "server/embedded_files.h"
#include "server/enforcement.h"
#include "server/memory.h"
#include "server/role_directory.h"
#include "server/secret_key.h"
#include "server/use_recorder.h"
#include "services/iam/bind.h"
#include "services/lambda/bind.h"
#include "services/logs/bind.h"
#include "services/sns/bind.h"
#include "services/sqs/bind.h"
#include "services/sts/bind.h"
#include "store/blobs.h"
#include "store/store.h"

namespace martlet::server {

namespace {

constexpr std::size_t kBlockingThreads = 4;
/// What is heard on other listeners comes from inside environments.
constexpr const char* kListener = "endpoint";
/// How long an identity provider may take to send its keys.
constexpr Duration kProviderPatience = std::chrono::seconds(10);
constexpr Duration kDrainGrace = std::chrono::seconds(10);

std::unique_ptr<store::Store> open_store(Executor executor, const ServeOptions& options,
                                         const StateDirectory& state) {
  if (options.ephemeral) return store::make_memory_store(std::move(executor));
  return store::open_rocksdb_store(
      std::move(executor),
      {.directory = state.path() + "/store",
       .durability = options.durable_on_disk ? store::Durability::kDisk : store::Durability::kProcess});
}

gateway::GatewayOptions gateway_options(const ServeOptions& options) {
  gateway::GatewayOptions out;
  out.auth = options.auth;
  out.region = options.region;
  out.account = options.account;
  out.listener = kListener;
  return out;
}

authorization::Mode authorization_mode(gateway::AuthMode auth) {
  switch (auth) {
    case gateway::AuthMode::kOpen:
      return authorization::Mode::kObserve;
    case gateway::AuthMode::kAudit:
      return authorization::Mode::kAudit;
    case gateway::AuthMode::kEnforce:
      break;
  }
  return authorization::Mode::kEnforce;
}

}  // namespace

/// In the order in which they depend on one another; destroyed in the opposite order.
struct App::Parts {
  Parts(boost::asio::io_context& on, const ServeOptions& with, const StateDirectory& in,
        sandbox::WardenProcess warden_process)
      : loop(on), options(with), state(in), warden(sandbox::connect_warden(executor, warden_process)) {}

  boost::asio::io_context& loop;
  const ServeOptions& options;
  const StateDirectory& state;
  Executor executor = loop.get_executor();

  std::unique_ptr<Clock> clock = make_system_clock(executor);
  Ids ids;
  metrics::Registry metrics;
  BlockingPool pool{kBlockingThreads};
  TaskGroup tasks{executor};
  std::unique_ptr<store::Store> store = open_store(executor, options, state);
  store::Blobs blobs{pool, state.path() + "/blobs",
                     options.durable_on_disk ? store::Durability::kDisk : store::Durability::kProcess};
  lambda::CodePackages packages{state.path() + "/code", pool, tasks};
  net::Client registries{executor, *clock};
  lambda::Images images{state.path() + "/images", pool, blobs, packages, registries};
  Credentials credentials{*clock, ids};
  std::unique_ptr<sandbox::Warden> warden;

  SecretBox secrets =
      options.ephemeral ? passing_secret_key() : open_secret_key(state.path() + "/secret-key");
  iam::IamService iam{
      {.executor = executor, .store = *store, .clock = *clock, .ids = ids, .secrets = secrets}};
  logs::LogsService logs{*store, *clock, ids};

  iam::Names iam_names{iam.directory()};
  lambda::Names lambda_names{*store};
  UseRecorder uses{iam.last_accessed(), rules_of_services(iam_names, lambda_names)};
  std::unique_ptr<Enforcement> enforcement = make_enforcement();
  RoleDirectory role_directory{iam.directory(), iam.mfa_codes(), credentials};
  net::Client identity_providers{executor, *clock, {.read_timeout = kProviderPatience}};
  sts::StsService sts{{.clock = *clock,
                       .ids = ids,
                       .secrets = secrets,
                       .identities = role_directory,
                       .callers = options.auth == gateway::AuthMode::kEnforce ? sts::Callers::kVerified
                                                                              : sts::Callers::kBelieved,
                       .trust = enforcement.get(),
                       .second_factors = &role_directory,
                       .client = identity_providers}};
  gateway::Gateway gateway{{.clock = *clock,
                            .ids = ids,
                            .metrics = metrics,
                            .credentials = &credentials,
                            .authorizer = enforcement.get(),
                            .observer = &uses},
                           gateway_options(options)};
  net::Server server{executor, *clock, {}, gateway.handler()};
  targets::Targets targets;
  actions::Actions actions;
  sources::Sources sources;
  sqs::SqsService sqs{
      {.executor = executor, .store = *store, .clock = *clock, .ids = ids, .metrics = metrics}};
  sns::SnsService sns{{.executor = executor,
                       .store = *store,
                       .pool = pool,
                       .clock = *clock,
                       .ids = ids,
                       .metrics = metrics,
                       .targets = targets}};
  environments::Fleet fleet{executor, *clock, ids, *warden, logs.function_logs(), fleet_options()};
  lambda::LambdaService lambda{
      {.store = *store,
       .blobs = blobs,
       .packages = packages,
       .images = images,
       .fleet = fleet,
       .clock = *clock,
       .ids = ids,
       .tasks = tasks,
       .executor = executor,
       .metrics = metrics,
       .secrets = secrets,
       .targets = targets,
       .sources = sources,
       .credentials_for =
           [this](lambda::FunctionName name, std::string role, std::string environment, Duration lifetime) {
             return credentials_for(std::move(name), std::move(role), std::move(environment), lifetime);
           },
       .egress_for = [groups = security_groups(options)](
                         const std::vector<std::string>& ids) { return groups.egress_for(ids); },
       .role_is_usable = role_check(),
       .role_refusal = role_refusal(),
       .caller_refusal = caller_refusal(),
       .location_key = ids.bytes(32)}};
  std::vector<wire::BoundService> services{iam::bind_service(iam),   lambda::bind_service(lambda),
                                           logs::bind_service(logs), sns::bind_service(sns),
                                           sqs::bind_service(sqs),   sts::bind_service(sts)};
  Admin admin{{.clock = *clock,
               .lambda = lambda,
               .sns = sns,
               .services = services,
               .reset = [this] { return reset(); },
               .open = options.auth != gateway::AuthMode::kEnforce,
               .authorizer = enforcement->authorizer(),
               .region = options.region,
               .account = options.account,
               .listener = kListener}};

  std::unique_ptr<Enforcement> make_enforcement();
  lambda::RoleIsUsable role_check();
  lambda::RoleRefusal role_refusal();
  lambda::CallerRefusal caller_refusal();
  environments::FleetOptions fleet_options();
  Task<std::map<std::string, std::string>> credentials_for(lambda::FunctionName function,
                                                           std::string role_arn, std::string environment,
                                                           Duration lifetime);
  Task<lambda::UrlSigner> url_signer(const net::Request& request, std::string body);
  Task<bool> may_call_url(const net::Request& request, lambda::UrlAsk ask);
  void register_everything();
  void register_metrics();
  void register_concurrency_metrics();
  void open_root_keys();
  std::string listen();
  Task<> reset();
  Task<> stop();
};

std::unique_ptr<Enforcement> App::Parts::make_enforcement() {
  if (options.auth != gateway::AuthMode::kOpen) credentials.set_directory(iam.directory());
  return std::make_unique<Enforcement>(Enforcement::Parts{.clock = *clock,
                                                          .mode = authorization_mode(options.auth),
                                                          .directory = iam.directory(),
                                                          .credentials = credentials,
                                                          .secrets = secrets,
                                                          .store = *store,
                                                          .uses = uses});
}

lambda::RoleIsUsable App::Parts::role_check() {
  if (options.auth != gateway::AuthMode::kEnforce) return {};
  return [this](std::string role_arn) {
    return enforcement->trusts(std::move(role_arn), "lambda.amazonaws.com");
  };
}

lambda::RoleRefusal App::Parts::role_refusal() {
  return [this](std::string role_arn, std::string function, std::string action, std::string resource) {
    return enforcement->role_refusal(std::move(role_arn), std::move(function), std::move(action),
                                     std::move(resource));
  };
}

lambda::CallerRefusal App::Parts::caller_refusal() {
  if (options.auth == gateway::AuthMode::kOpen) return {};
  return [this](const wire::Context& context, std::string action, std::string resource) {
    return enforcement->caller_refusal(context, std::move(action), std::move(resource));
  };
}

environments::FleetOptions App::Parts::fleet_options() {
  environments::FleetOptions out;
  out.runtimes_directory = unfold_runtimes(state.path());
  out.runtimes = {.search = environments::RuntimeSearch::of_this_machine(options.runtime_paths),
                  .strict = options.strict_runtimes};
  out.stock.per_runtime = options.prebooted;
  out.stock.memory_bytes = options.prebooted_memory_mb << 20;
  out.memory_budget_bytes = options.memory_budget_mb << 20;
  out.adopt_endpoint = [this](int fd, std::string tag) { return server.adopt(fd, std::move(tag)); };
  out.remove_endpoint = [this](std::uint64_t id) { server.remove(id); };
  out.environment_ended = [this](const std::string& tag) { credentials.revoke(tag); };
  return out;
}

Task<std::map<std::string, std::string>> App::Parts::credentials_for(lambda::FunctionName function,
                                                                     std::string role_arn,
                                                                     std::string environment,
                                                                     Duration lifetime) {
  const std::string role_id = co_await iam.role_id(role_arn);
  co_return credentials.issue({.function = std::move(function),
                               .role_arn = std::move(role_arn),
                               .role_id = role_id,
                               .environment = std::move(environment),
                               .lifetime = lifetime});
}

Task<lambda::UrlSigner> App::Parts::url_signer(const net::Request& request, std::string body) {
  gateway::Signer signer = co_await gateway.authenticate(request, std::move(body));
  co_return lambda::UrlSigner{.caller = std::move(signer.caller),
                              .service = std::move(signer.service),
                              .is_signed = signer.is_signed,
                              .is_function = signer.is_function,
                              .entity_id = std::move(signer.entity_id)};
}

Task<bool> App::Parts::may_call_url(const net::Request& request, lambda::UrlAsk ask) {
  Enforcement::UrlCaller who{.context = gateway.origin_of(request),
                             .is_function = ask.signer.is_function,
                             .entity_id = std::move(ask.signer.entity_id)};
  who.context.caller = std::move(ask.signer.caller);
  who.context.region = Arn::parse(ask.function_arn).value_or(Arn{}).region;
  co_return co_await enforcement->may_call_url(std::move(who), std::move(ask.function_arn),
                                               std::move(ask.auth_type));
}

void App::Parts::register_everything() {
  enforcement->add(lambda, logs, sns, sqs);
  targets.set_guard([this](const targets::Delivery& delivery) { return enforcement->admit(delivery); });
  logs.set_log_permission(
      {.version = [this] { return iam.directory().generation(); },
       .may =
           [this](const environments::Spec& spec, std::string action, std::string resource) {
             return enforcement->may_log(spec.role_arn, spec.function_name, std::move(action),
                                         std::move(resource));
           }});
  targets.add("lambda", lambda.target());
  targets.add("sns", sns.target());
  targets.add("sqs", sqs.target());
  sources.add("sqs", sqs.source());
  gateway.register_host("lambda-url", [this](const gateway::HostTarget& target, net::Request& request,
                                             net::ResponseWriter& writer) {
    lambda::UrlCall call{
        .id = target.subject,
        .region = target.region,
        .target = target.target,
        .authenticate = [this, &request](std::string body) { return url_signer(request, std::move(body)); }};
    if (options.auth != gateway::AuthMode::kOpen)
      call.may_call = [this, &request](lambda::UrlAsk ask) { return may_call_url(request, std::move(ask)); };
    return lambda.answer_url(std::move(call), request, writer);
  });
  for (const wire::BoundService& service : services) {
    gateway.register_service(service);
    actions.add(service);
  }
  const auto endpoint = [this](const char* method, const char* path,
                               Task<> (Admin::*answer)(net::Request&, net::ResponseWriter&)) {
    gateway.register_endpoint(method, path,
                              [this, answer](net::Request& request, net::ResponseWriter& writer) {
                                return (admin.*answer)(request, writer);
                              });
  };
  endpoint("GET", "/_martlet/health", &Admin::health);
  endpoint("GET", "/_localstack/health", &Admin::localstack_health);
  endpoint("*", "/_martlet/reset", &Admin::reset);
  endpoint("*", "/_martlet/clock", &Admin::clock);
  endpoint("GET", "/_martlet/audit", &Admin::audit);
  endpoint("GET", "/_martlet/policy", &Admin::policy);
  endpoint("GET", "/_martlet/lambda/code", &Admin::code);
  endpoint("*", "/_martlet/outbox", &Admin::outbox);
  gateway.register_endpoint("GET", std::string(sns::kCertificateFolder),
                            [this](net::Request& request, net::ResponseWriter& writer) {
                              return sns.answer_certificate(request, writer);
                            });
  gateway.register_endpoint("GET", "/metrics", [this](net::Request&, net::ResponseWriter& writer) {
    return writer.send({200, {{"Content-Type", "text/plain; version=0.0.4"}}, metrics.text()});
  });
}

void App::Parts::register_metrics() {
  const auto environments = [&](const char* state_name,
                                std::size_t environments::Fleet::Statistics::* member) {
    metrics.gauge("martlet_environments", "Function environments by state.",
                  [this, member] { return static_cast<double>(fleet.statistics().*member); },
                  {{"state", state_name}});
  };
  using Statistics = environments::Fleet::Statistics;
  environments("starting", &Statistics::starting);
  environments("idle", &Statistics::idle);
  environments("frozen", &Statistics::frozen);
  environments("busy", &Statistics::busy);
  environments("held", &Statistics::held);
  const auto total = [&](const char* name, const char* help, std::uint64_t Statistics::* member) {
    metrics.total(name, help, [this, member] { return static_cast<double>(fleet.statistics().*member); });
  };
  total("martlet_cold_starts_total", "Environments started.", &Statistics::cold_starts);
  total("martlet_invocations_total", "Invocations of functions.", &Statistics::invocations);
  total("martlet_invocation_failures_total", "Invocations that ended in an error.", &Statistics::failures);
  total("martlet_throttles_total", "Invocations for which there was no room.", &Statistics::throttles);
  metrics.gauge("martlet_environment_memory_bytes", "Memory that environments count, all together.",
                [this] { return static_cast<double>(fleet.statistics().memory_bytes); });
  register_concurrency_metrics();
  metrics.gauge("martlet_connections_open", "Connections to the endpoint.",
                [this] { return static_cast<double>(server.statistics().connections_open); });
  metrics.gauge("martlet_store_keys", "Keys in the store, about.",
                [this] { return static_cast<double>(store->approximate_size()); });
}

void App::Parts::register_concurrency_metrics() {
  using Statistics = environments::Fleet::Statistics;
  const auto gauge = [&](const char* name, const char* help, auto Statistics::* member,
                         metrics::Labels labels = {}) {
    metrics.gauge(
        name, help, [this, member] { return static_cast<double>(fleet.statistics().*member); },
        std::move(labels));
  };
  const char* executions = "martlet_concurrent_executions";
  const char* executions_help = "Invocations in flight, by the concurrency they use.";
  gauge(executions, executions_help, &Statistics::executions, {{"concurrency", "all"}});
  gauge(executions, executions_help, &Statistics::unreserved_executions, {{"concurrency", "unreserved"}});
  gauge(executions, executions_help, &Statistics::provisioned_executions, {{"concurrency", "provisioned"}});
  gauge("martlet_claimed_concurrency", "Concurrency that on-demand invocations cannot have.",
        &Statistics::claimed_concurrency);
  const char* provisioned = "martlet_provisioned_environments";
  const char* provisioned_help = "Provisioned concurrency of all functions.";
  gauge(provisioned, provisioned_help, &Statistics::provisioned_requested, {{"state", "requested"}});
  gauge(provisioned, provisioned_help, &Statistics::provisioned_allocated, {{"state", "allocated"}});
  const char* stock = "martlet_preboot_runtimes";
  const char* stock_help = "Runtimes that are started before their function is known.";
  gauge(stock, stock_help, &Statistics::stock_waiting, {{"state", "waiting"}});
  gauge(stock, stock_help, &Statistics::stock_booting, {{"state", "booting"}});
  gauge("martlet_preboot_memory_bytes", "Memory that pre-booted runtimes hold.",
        &Statistics::stock_memory_bytes);
  metrics.total("martlet_preboot_taken_total", "Environments made from pre-booted runtimes.",
                [this] { return static_cast<double>(fleet.statistics().stock_taken); });
}

void App::Parts::open_root_keys() {
  const std::string file = state.path() + "/root-access-key";
  for (const std::string& account : options.more_accounts)
    credentials.set_root(open_root_key(file + "-" + account, ids), account);
  credentials.set_root(open_root_key(file, ids), options.account);
}

std::string App::Parts::listen() {
  const Endpoint endpoint = parse_endpoint(options.listen);
  const bool tls = !options.tls_certificate.empty();
  const std::uint16_t port = tls ? server.listen_tls(endpoint.address, endpoint.port,
                                                     {options.tls_certificate, options.tls_key}, kListener)
                                 : server.listen(endpoint.address, endpoint.port, kListener);
  const bool ipv6 = endpoint.address.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (ipv6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(port);
}

Task<> App::Parts::reset() {
  lambda.reset();  // so that events whose functions end now are not put back
  sns.reset();     // nor deliveries whose endpoints answer now
  sqs.reset();     // so that what is being sent now is not kept
  co_await fleet.clear();
  co_await store->clear();
  lambda.reset();
  sns.reset();
  logs.reset();
  iam.reset();
  enforcement->authorizer().audit().clear();
  enforcement->authorizer().usage().clear(clock->now());
  sqs.reset();
  credentials.reset();
  packages.sweep([](const std::string&) { return false; });
  co_await blobs.clear();
  log::info("forgot everything");
}

Task<> App::Parts::stop() {
  sqs.end_waits();
  co_await server.drain(kDrainGrace);
  co_await sns.stop();
  co_await lambda.stop();
  co_await sqs.stop();
  co_await fleet.stop();
  co_await registries.stop();
  co_await identity_providers.stop();
  co_await tasks.stop();
  co_await iam.stop();
  co_await store->close();
}

App::App(boost::asio::io_context& loop, const ServeOptions& options, const StateDirectory& state,
         sandbox::WardenProcess warden)
    : parts_(std::make_unique<Parts>(loop, options, state, warden)) {
  if (options.auth == gateway::AuthMode::kEnforce) parts_->open_root_keys();
  parts_->credentials.set_sessions(parts_->sts.tokens(), parts_->iam.directory());
  parts_->register_everything();
  parts_->register_metrics();
}

App::~App() = default;

Task<> App::run() {
  Parts& parts = *parts_;
  co_await parts.iam.restore();
  co_await parts.sqs.restore();
  co_await parts.lambda.restore();
  co_await parts.sns.restore();
  const std::string url = parts.listen();
  parts.sns.set_endpoint(url);
  parts.logs.start(parts.tasks);
  parts.iam.start(parts.tasks);
  parts.tasks.spawn("sweep of code packages", parts.lambda.sweep());
  const std::string& refusal = parts.warden->capabilities().refusal;
  if (!refusal.empty()) log::warning("functions cannot be run on this machine", {{"reason", refusal}});
  // Before anybody is told: who reads that may end the server at once.
  boost::asio::signal_set signals(parts.executor, SIGINT, SIGTERM);
  log::info("ready",
            {{"endpoint", url}, {"data", parts.options.ephemeral ? "in memory" : parts.state.path()}});
  release_startup_memory();

  const int received = co_await signals.async_wait(boost::asio::use_awaitable);
  log::info("stopping: requests under way may finish; once more ends it now",
            {{"signal", received == SIGINT ? "SIGINT" : "SIGTERM"}});
  signals.async_wait([](const boost::system::error_code& cancelled, int) {
    if (!cancelled) std::_Exit(130);
  });
  co_await parts.stop();
  log::info("stopped");
}

}  // namespace martlet::server
