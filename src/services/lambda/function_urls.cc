// Function URLs: their configuration. (Requests to them are answered elsewhere.)

#include <algorithm>
#include <array>

#include "services/lambda/answers.h"
#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"
#include "services/lambda/targets.h"

namespace martlet::lambda {

namespace {

constexpr std::array kMethods{"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"};
constexpr std::size_t kIdLength = 32;

std::string make_id(Ids& ids) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id;
  for (const char byte : ids.bytes(kIdLength))
    id += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
  return id;
}

/// "http://ID.lambda-url.REGION.localhost:PORT/" at the port by which the caller reached us.
std::string url_of(const std::string& id, const wire::Context& context) {
  const std::size_t host = context.base_url.find("://") + 3;
  const std::size_t colon = context.base_url.rfind(':');
  const bool has_port =
      colon != std::string::npos && colon >= host && context.base_url.find(']', colon) == std::string::npos;
  return context.base_url.substr(0, host) + id + ".lambda-url." + context.region + ".localhost" +
         (has_port ? context.base_url.substr(colon) : "") + "/";
}

CorsRecord record_of(const Cors& cors) {
  CorsRecord record;
  record.allow_credentials = cors.allow_credentials.value_or(false);
  const auto take = [](std::vector<std::string>& to, const std::optional<std::vector<std::string>>& from) {
    if (from) to = *from;
  };
  take(record.allow_headers, cors.allow_headers);
  take(record.allow_methods, cors.allow_methods);
  take(record.allow_origins, cors.allow_origins);
  take(record.expose_headers, cors.expose_headers);
  record.max_age_seconds = cors.max_age;
  for (const std::string& method : record.allow_methods)
    if (std::ranges::find(kMethods, method) == kMethods.end())
      throw constraint_violation(
          method, "cors.allowMethods.member",
          "Member must satisfy enum value set: [GET, PUT, HEAD, POST, PATCH, DELETE, *]");
  return record;
}

Cors cors_of(const CorsRecord& record) {
  Cors cors;
  if (record.allow_credentials) cors.allow_credentials = true;
  const auto give = [](std::optional<std::vector<std::string>>& to, const std::vector<std::string>& from) {
    if (!from.empty()) to = from;
  };
  give(cors.allow_headers, record.allow_headers);
  give(cors.allow_methods, record.allow_methods);
  give(cors.allow_origins, record.allow_origins);
  give(cors.expose_headers, record.expose_headers);
  cors.max_age = record.max_age_seconds;
  return cors;
}

/// An empty Cors asks for none.
std::optional<CorsRecord> wanted_cors(const Cors& cors) {
  const bool empty = !cors.allow_credentials && !cors.allow_headers && !cors.allow_methods &&
                     !cors.allow_origins && !cors.expose_headers && !cors.max_age;
  if (empty) return std::nullopt;
  return record_of(cors);
}

template <class Output>
Output describe(const FunctionUrlRecord& url, const FunctionName& name, const wire::Context& context) {
  Output out;
  out.function_url = url_of(url.id, context);
  out.function_arn = name.qualified_arn(context.partition);
  out.auth_type = url.auth_type;
  out.invoke_mode = url.invoke_mode;
  if (url.cors) out.cors = cors_of(*url.cors);
  out.creation_time = utc_text(url.created_ms);
  if constexpr (requires { out.last_modified_time; }) out.last_modified_time = utc_text(url.last_modified_ms);
  return out;
}

/// The function and, where the name has one, its alias.
Task<> require_owner(store::Txn& txn, FunctionName name) {
  if (!co_await target_exists(txn, name)) throw function_does_not_exist();
}

Task<FunctionUrlRecord> require_url(store::Txn& txn, FunctionName name) {
  co_await require_owner(txn, name);
  auto url = co_await load_url(txn, name);
  if (!url) throw resource_not_found();
  co_return std::move(*url);
}

}  // namespace

Task<CreateFunctionUrlConfigResponse> LambdaService::CreateFunctionUrlConfig(
    wire::Context& context, CreateFunctionUrlConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "CreateFunctionUrlConfig");
  FunctionUrlRecord url;
  url.id = make_id(with_.ids);
  url.qualifier = name.qualifier;
  url.auth_type = input.auth_type;
  url.invoke_mode = input.invoke_mode.value_or("BUFFERED");
  if (input.cors) url.cors = wanted_cors(*input.cors);
  url.created_ms = url.last_modified_ms = to_epoch_ms(with_.clock.now());
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await require_owner(txn, name);
    if (const auto function = co_await load_function(txn, name); function && function->isolates_tenants())
      throw invalid_parameter("Function URLs are not supported for functions with tenant isolation enabled.");
    if (co_await load_url(txn, name))
      throw conflict(
          "Failed to create function url config for [functionArn = " + name.qualified_arn(context.partition) +
          "]. Error message:  FunctionUrlConfig exists for this Lambda function");
    save_url(txn, name, url);
  });
  co_return describe<CreateFunctionUrlConfigResponse>(url, name, context);
}

Task<GetFunctionUrlConfigResponse> LambdaService::GetFunctionUrlConfig(wire::Context& context,
                                                                       GetFunctionUrlConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "GetFunctionUrlConfig");
  const auto url = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<FunctionUrlRecord> { co_return co_await require_url(txn, name); });
  co_return describe<GetFunctionUrlConfigResponse>(url, name, context);
}

Task<UpdateFunctionUrlConfigResponse> LambdaService::UpdateFunctionUrlConfig(
    wire::Context& context, UpdateFunctionUrlConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "UpdateFunctionUrlConfig");
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  const auto url = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionUrlRecord> {
    FunctionUrlRecord changed = co_await require_url(txn, name);
    if (input.auth_type) changed.auth_type = *input.auth_type;
    if (input.invoke_mode) changed.invoke_mode = *input.invoke_mode;
    if (input.cors) changed.cors = wanted_cors(*input.cors);
    changed.last_modified_ms = now_ms;
    save_url(txn, name, changed);
    co_return changed;
  });
  co_return describe<UpdateFunctionUrlConfigResponse>(url, name, context);
}

Task<> LambdaService::DeleteFunctionUrlConfig(wire::Context& context, DeleteFunctionUrlConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "DeleteFunctionUrlConfig");
  co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<> { erase_url(txn, name, co_await require_url(txn, name)); });
}

Task<ListFunctionUrlConfigsResponse> LambdaService::ListFunctionUrlConfigs(
    wire::Context& context, ListFunctionUrlConfigsRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "ListFunctionUrlConfigs");
  name.qualifier.clear();
  const std::string after = decode_marker(input.marker);
  const auto urls =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<FunctionUrlRecord>> {
        co_await require_owner(txn, name);
        co_return co_await list_urls(txn, name);
      });
  const std::size_t page = input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxItemsPerPage;
  ListFunctionUrlConfigsResponse out;
  std::string last;
  for (const FunctionUrlRecord& url : urls) {
    const std::string position = ":" + url.qualifier;  // never empty, as "after" is on the first page
    if (!after.empty() && position <= after) continue;
    if (out.function_url_configs.size() == page) {
      out.next_marker = encode_marker(last);
      break;
    }
    FunctionName owner = name;
    owner.qualifier = url.qualifier;
    out.function_url_configs.push_back(describe<FunctionUrlConfig>(url, owner, context));
    last = position;
  }
  co_return out;
}

}  // namespace martlet::lambda
