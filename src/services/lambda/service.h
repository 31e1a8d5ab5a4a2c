#pragma once

// The Lambda service: functions and their invocation. Its operations are grouped by noun: functions.cc keeps
// functions, invoke.cc runs them. Lives on the loop.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "api/lambda/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "environments/environments.h"
#include "environments/fleet.h"
#include "services/lambda/code_package.h"
#include "services/lambda/function_name.h"
#include "services/lambda/layer_use.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/records.h"
#include "store/blobs.h"
#include "store/store.h"

namespace martlet::lambda {

/// Credentials for environments of a function that acts as `role_arn`, as environment variables.
using CredentialsFor =
    std::function<Task<std::map<std::string, std::string>>(FunctionName function, std::string role_arn)>;

struct Dependencies {
  store::Store& store;
  store::Blobs& blobs;
  CodePackages& packages;
  environments::Fleet& fleet;
  Clock& clock;
  Ids& ids;
  CredentialsFor credentials_for;
  /// Signs the addresses in Code.Location.
  std::string location_key;
};

class LambdaService final : public Api {
 public:
  explicit LambdaService(Dependencies with) : with_(std::move(with)) {}

  Task<FunctionConfiguration> CreateFunction(wire::Context& context, CreateFunctionRequest input) override;
  Task<GetFunctionResponse> GetFunction(wire::Context& context, GetFunctionRequest input) override;
  Task<FunctionConfiguration> GetFunctionConfiguration(wire::Context& context,
                                                       GetFunctionConfigurationRequest input) override;
  Task<ListFunctionsResponse> ListFunctions(wire::Context& context, ListFunctionsRequest input) override;
  Task<FunctionConfiguration> UpdateFunctionCode(wire::Context& context,
                                                 UpdateFunctionCodeRequest input) override;
  Task<FunctionConfiguration> UpdateFunctionConfiguration(wire::Context& context,
                                                          UpdateFunctionConfigurationRequest input) override;
  Task<DeleteFunctionResponse> DeleteFunction(wire::Context& context, DeleteFunctionRequest input) override;
  Task<InvocationResponse> Invoke(wire::Context& context, InvocationRequest input) override;

  // Layers
  Task<PublishLayerVersionResponse> PublishLayerVersion(wire::Context& context,
                                                        PublishLayerVersionRequest input) override;
  Task<GetLayerVersionResponse> GetLayerVersion(wire::Context& context,
                                                GetLayerVersionRequest input) override;
  Task<GetLayerVersionResponse> GetLayerVersionByArn(wire::Context& context,
                                                     GetLayerVersionByArnRequest input) override;
  Task<ListLayersResponse> ListLayers(wire::Context& context, ListLayersRequest input) override;
  Task<ListLayerVersionsResponse> ListLayerVersions(wire::Context& context,
                                                    ListLayerVersionsRequest input) override;
  Task<> DeleteLayerVersion(wire::Context& context, DeleteLayerVersionRequest input) override;
  Task<AddLayerVersionPermissionResponse> AddLayerVersionPermission(
      wire::Context& context, AddLayerVersionPermissionRequest input) override;
  Task<> RemoveLayerVersionPermission(wire::Context& context,
                                      RemoveLayerVersionPermissionRequest input) override;
  Task<GetLayerVersionPolicyResponse> GetLayerVersionPolicy(wire::Context& context,
                                                            GetLayerVersionPolicyRequest input) override;

  // Resource-based policies
  Task<AddPermissionResponse> AddPermission(wire::Context& context, AddPermissionRequest input) override;
  Task<> RemovePermission(wire::Context& context, RemovePermissionRequest input) override;
  Task<GetPolicyResponse> GetPolicy(wire::Context& context, GetPolicyRequest input) override;

  // Function URLs
  Task<CreateFunctionUrlConfigResponse> CreateFunctionUrlConfig(
      wire::Context& context, CreateFunctionUrlConfigRequest input) override;
  Task<GetFunctionUrlConfigResponse> GetFunctionUrlConfig(wire::Context& context,
                                                          GetFunctionUrlConfigRequest input) override;
  Task<UpdateFunctionUrlConfigResponse> UpdateFunctionUrlConfig(
      wire::Context& context, UpdateFunctionUrlConfigRequest input) override;
  Task<> DeleteFunctionUrlConfig(wire::Context& context, DeleteFunctionUrlConfigRequest input) override;
  Task<ListFunctionUrlConfigsResponse> ListFunctionUrlConfigs(wire::Context& context,
                                                              ListFunctionUrlConfigsRequest input) override;

  // Tags
  Task<> TagResource(wire::Context& context, TagResourceRequest input) override;
  Task<> UntagResource(wire::Context& context, UntagResourceRequest input) override;
  Task<ListTagsResponse> ListTags(wire::Context& context, ListTagsRequest input) override;

  // Code signing
  Task<CreateCodeSigningConfigResponse> CreateCodeSigningConfig(
      wire::Context& context, CreateCodeSigningConfigRequest input) override;
  Task<GetCodeSigningConfigResponse> GetCodeSigningConfig(wire::Context& context,
                                                          GetCodeSigningConfigRequest input) override;
  Task<UpdateCodeSigningConfigResponse> UpdateCodeSigningConfig(
      wire::Context& context, UpdateCodeSigningConfigRequest input) override;
  Task<DeleteCodeSigningConfigResponse> DeleteCodeSigningConfig(
      wire::Context& context, DeleteCodeSigningConfigRequest input) override;
  Task<ListCodeSigningConfigsResponse> ListCodeSigningConfigs(wire::Context& context,
                                                              ListCodeSigningConfigsRequest input) override;
  Task<ListFunctionsByCodeSigningConfigResponse> ListFunctionsByCodeSigningConfig(
      wire::Context& context, ListFunctionsByCodeSigningConfigRequest input) override;
  Task<PutFunctionCodeSigningConfigResponse> PutFunctionCodeSigningConfig(
      wire::Context& context, PutFunctionCodeSigningConfigRequest input) override;
  Task<GetFunctionCodeSigningConfigResponse> GetFunctionCodeSigningConfig(
      wire::Context& context, GetFunctionCodeSigningConfigRequest input) override;
  Task<> DeleteFunctionCodeSigningConfig(wire::Context& context,
                                         DeleteFunctionCodeSigningConfigRequest input) override;

  // Smaller settings, and the account
  Task<PutRuntimeManagementConfigResponse> PutRuntimeManagementConfig(
      wire::Context& context, PutRuntimeManagementConfigRequest input) override;
  Task<GetRuntimeManagementConfigResponse> GetRuntimeManagementConfig(
      wire::Context& context, GetRuntimeManagementConfigRequest input) override;
  Task<PutFunctionRecursionConfigResponse> PutFunctionRecursionConfig(
      wire::Context& context, PutFunctionRecursionConfigRequest input) override;
  Task<GetFunctionRecursionConfigResponse> GetFunctionRecursionConfig(
      wire::Context& context, GetFunctionRecursionConfigRequest input) override;
  Task<PutFunctionScalingConfigResponse> PutFunctionScalingConfig(
      wire::Context& context, PutFunctionScalingConfigRequest input) override;
  Task<GetFunctionScalingConfigResponse> GetFunctionScalingConfig(
      wire::Context& context, GetFunctionScalingConfigRequest input) override;
  Task<GetAccountSettingsResponse> GetAccountSettings(wire::Context& context,
                                                      GetAccountSettingsRequest input) override;

  /// The zip file behind a Code.Location (its path and query); nullopt when the location is not, or no
  /// longer, valid.
  Task<std::optional<std::string>> download(std::string path, std::string query);

  /// Removes packages that no function refers to: what a crash may have left.
  Task<> sweep();
  /// Forgets what is kept in memory (when the store is cleared).
  void reset() { specs_.clear(); }

 private:
  /// Keeps the zip as a blob, checks and unpacks it while `use` runs, and beyond if a function refers to it
  /// then.
  Task<FunctionRecord> with_code(std::string zip,
                                 std::function<Task<FunctionRecord>(const store::BlobRef&)> use);
  /// Removes a package that no function refers to and no call is about to.
  Task<> release_code(store::BlobRef code);
  Task<FunctionRecord> require_function(FunctionName name, std::string partition);
  /// Loads, lets `change` edit, saves; answers with what is now stored.
  Task<FunctionRecord> update(FunctionName name, std::string partition,
                              std::optional<std::string> revision_id,
                              std::function<void(FunctionRecord&)> change);
  [[nodiscard]] std::string sign_location(std::string_view path, std::string_view expires) const;
  [[nodiscard]] std::string code_location(const wire::Context& context, const FunctionName& name) const;

  /// Keeps and checks the zip, and gives the version its number.
  Task<LayerVersionRecord> publish_layer(LayerName layer, LayerVersionRecord version, std::string zip);
  Task<GetLayerVersionResponse> get_layer_version(const wire::Context& context, LayerName layer,
                                                  std::int64_t number);
  /// The layer versions that a function of the caller's is to have. Throws what AWS answers for a list that
  /// is not acceptable, names what is not there, or what its owner keeps for himself.
  Task<std::vector<LayerUse>> resolve_layers(const wire::Context& context, std::vector<std::string> arns);
  /// Refuses code and layers that are too large together.
  Task<> check_size_with_layers(std::shared_ptr<const CodeDirectory> code, std::vector<LayerUse> layers);
  /// The layers merged, for /opt; null when there are none.
  Task<std::shared_ptr<const CodeDirectory>> open_layers(std::vector<LayerUse> layers);
  [[nodiscard]] std::string layer_location(const wire::Context& context, const LayerName& layer,
                                           std::int64_t version) const;
  [[nodiscard]] std::string signed_location(const wire::Context& context, const std::string& path) const;
  /// What the path of a location names, once its signature is checked.
  Task<std::optional<store::BlobRef>> blob_at(std::string path);

  /// What environments of this function are made from; made anew after every change.
  Task<std::shared_ptr<const environments::Spec>> spec_of(FunctionName name, std::string partition);
  void forget_spec(const FunctionName& name, std::string_view partition);

  Dependencies with_;
  /// Packages that calls under way are about to refer to, by SHA-256.
  std::multiset<std::string> being_kept_;
  /// By unqualified ARN. Dropped when the function changes; the store has everything needed to make them
  /// again.
  std::unordered_map<std::string, std::shared_ptr<const environments::Spec>> specs_;
};

}  // namespace martlet::lambda
