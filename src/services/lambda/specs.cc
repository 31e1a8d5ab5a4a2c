#include "services/lambda/specs.h"

#include <algorithm>

#include "base/log.h"
#include "services/lambda/environment_variables.h"
#include "services/lambda/errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

using environments::Logging;
using environments::Spec;

Specs::Shared Specs::find(const std::string& function_arn, const std::string& version) const {
  const auto versions = of_function_.find(function_arn);
  if (versions == of_function_.end()) return nullptr;
  const auto spec = versions->second.find(version);
  return spec == versions->second.end() ? nullptr : spec->second.spec;
}

Specs::Shared Specs::keep(const Shared& spec) {
  auto& version = of_function_[spec->function_arn][spec->version];
  if (!version.spec) version.spec = spec;
  return version.spec;
}

Specs::Shared Specs::of_tenant(const Shared& spec, const std::string& tenant_id) {
  const auto versions = of_function_.find(spec->function_arn);
  Version* version = nullptr;
  if (versions != of_function_.end())
    if (const auto found = versions->second.find(spec->version);
        found != versions->second.end() && found->second.spec == spec)
      version = &found->second;
  if (version != nullptr)
    if (const auto known = version->tenants.find(tenant_id); known != version->tenants.end())
      if (auto alive = known->second.lock()) return alive;
  auto made = std::make_shared<Spec>(*spec);
  made->tenant_id = tenant_id;
  if (version == nullptr) return made;  // the function has just been changed
  if (version->tenants.size() >= version->sweep_at) {
    std::erase_if(version->tenants, [](const auto& tenant) { return tenant.second.expired(); });
    version->sweep_at = std::max(version->sweep_at, version->tenants.size() * 2);
  }
  version->tenants[tenant_id] = made;
  return made;
}

void Specs::retire(const Version& version) {
  fleet_.retire(version.spec);
  for (const auto& [tenant_id, spec] : version.tenants)
    if (const auto alive = spec.lock()) fleet_.retire(alive);
}

void Specs::forget(const std::string& function_arn, const std::string& version) {
  const auto versions = of_function_.find(function_arn);
  if (versions == of_function_.end()) return;
  if (const auto spec = versions->second.find(version); spec != versions->second.end()) {
    retire(spec->second);
    versions->second.erase(spec);
  }
  if (versions->second.empty()) of_function_.erase(versions);
}

void Specs::forget(const std::string& function_arn) {
  of_function_.erase(function_arn);
  fleet_.retire(function_arn);
}

namespace {

Logging logging_of(const FunctionRecord& function) {
  Logging logging;
  if (function.log_format != "JSON") return logging;
  logging.format = Logging::Format::kJson;
  logging.application_level = function.application_log_level;
  logging.system_level = function.system_log_level;
  return logging;
}

void copy_settings(Spec& spec, const FunctionRecord& function) {
  spec.runtime = function.runtime;
  spec.handler = function.handler;
  spec.memory_mb = static_cast<std::uint32_t>(function.memory_mb);
  spec.ephemeral_storage_mb = static_cast<std::uint32_t>(function.ephemeral_storage_mb);
  spec.timeout = std::chrono::seconds(function.timeout_seconds);
  spec.log_group = function.log_group;
  spec.logging = logging_of(function);
  spec.tracing_mode = function.tracing_mode;
  spec.per_tenant = !function.tenant_isolation_mode.empty();
  spec.snap_start = function.snapshot != Snapshot::kNone;
}

/// How the image is run: as its configuration says, but for what the function says.
environments::Image image_of(const FunctionRecord& function) {
  const ImageOverrides overrides = function.image_overrides.value_or(ImageOverrides{});
  environments::Image image;
  image.entry_point = overrides.entry_point.empty() ? function.image->entry_point : overrides.entry_point;
  image.command = overrides.command.empty() ? function.image->command : overrides.command;
  image.working_directory =
      overrides.working_directory.empty() ? function.image->working_directory : overrides.working_directory;
  image.variables = function.image->variables;
  return image;
}

/// What its security groups allow. Groups that this server was not told of allow nothing, as templates name
/// those of their AWS account.
sandbox::Egress egress_of(const EgressFor& egress_for, const FunctionRecord& function) {
  auto egress = egress_for(function.vpc ? function.vpc->security_group_ids : std::vector<std::string>{});
  if (egress) return std::move(*egress);
  log::warning("a function reaches nothing outside",
               {{"function", function.name}, {"reason", egress.error()}});
  return {};
}

}  // namespace

Task<> LambdaService::expect(FunctionName name, std::string partition) {
  try {
    with_.fleet.expect(co_await spec_of(name, "$LATEST", partition));
  } catch (const aws::Error&) {
    // It has been deleted meanwhile.
  }
}

Task<Specs::Shared> LambdaService::spec_of(FunctionName name, std::string version, std::string partition) {
  const std::string arn = name.arn(partition);
  if (auto known = specs_.find(arn, version)) co_return known;
  name.qualifier = is_latest(version) ? "" : version;
  const FunctionRecord function = (co_await require_target(name, partition)).function;
  const auto spec = std::make_shared<Spec>();
  spec->account = name.account;
  spec->region = name.region;
  spec->function_name = name.name;
  spec->version = version;
  spec->function_arn = arn;
  copy_settings(*spec, function);
  spec->variables = open_variables(function, name, with_.secrets);
  if (function.image) {
    spec->image = image_of(function);
    const auto root = co_await with_.images.open(*function.image);
    spec->image->directory = root->path();
    spec->code_lease = root;
  } else {
    const auto code = co_await with_.packages.open(function.code.sha256, with_.blobs.path_of(function.code));
    spec->code_directory = code->path();
    spec->code_lease = code;
  }
  if (const auto layers = co_await open_layers(function.layers)) {
    spec->opt_directory = layers->path();
    spec->opt_lease = layers;
  }
  spec->egress = egress_of(with_.egress_for, function);
  spec->credentials = [this, name, role = function.role](std::string environment, Duration lifetime) {
    return with_.credentials_for(name, role, std::move(environment), lifetime);
  };
  // The function may have changed, or another call have made the spec, while the code was being unpacked.
  const FunctionRecord now_stored = (co_await require_target(name, partition)).function;
  if (now_stored.revision_id != function.revision_id) co_return co_await spec_of(name, version, partition);
  co_return specs_.keep(spec);
}

}  // namespace martlet::lambda
