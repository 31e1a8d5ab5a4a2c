#pragma once

// The Lambda service: functions and their invocation. Its operations are grouped by noun, a file for each:
// functions.cc, versions.cc, aliases.cc, layers.cc, ...; invoke.cc runs functions. Lives on the loop.

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/lambda/api.h"
#include "net/http.h"
#include "services/lambda/answer_channel.h"
#include "services/lambda/attachments.h"
#include "services/lambda/authorization.h"
#include "services/lambda/dependencies.h"
#include "services/lambda/event_source_mappings.h"
#include "services/lambda/invocation_metrics.h"
#include "services/lambda/layer_use.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/provisioning.h"
#include "services/lambda/settings_store.h"
#include "services/lambda/specs.h"
#include "services/lambda/targets.h"
#include "services/lambda/url_requests.h"

namespace martlet::lambda {

class LambdaService final : public Api {
 public:
  explicit LambdaService(Dependencies with);

  // Functions
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
  Task<InvokeWithResponseStreamResponse> InvokeWithResponseStream(
      wire::Context& context, InvokeWithResponseStreamRequest input) override;

  // Versions and aliases
  Task<FunctionConfiguration> PublishVersion(wire::Context& context, PublishVersionRequest input) override;
  Task<ListVersionsByFunctionResponse> ListVersionsByFunction(wire::Context& context,
                                                              ListVersionsByFunctionRequest input) override;
  Task<AliasConfiguration> CreateAlias(wire::Context& context, CreateAliasRequest input) override;
  Task<AliasConfiguration> GetAlias(wire::Context& context, GetAliasRequest input) override;
  Task<AliasConfiguration> UpdateAlias(wire::Context& context, UpdateAliasRequest input) override;
  Task<> DeleteAlias(wire::Context& context, DeleteAliasRequest input) override;
  Task<ListAliasesResponse> ListAliases(wire::Context& context, ListAliasesRequest input) override;

  // Concurrency
  Task<Concurrency> PutFunctionConcurrency(wire::Context& context,
                                           PutFunctionConcurrencyRequest input) override;
  Task<GetFunctionConcurrencyResponse> GetFunctionConcurrency(wire::Context& context,
                                                              GetFunctionConcurrencyRequest input) override;
  Task<> DeleteFunctionConcurrency(wire::Context& context, DeleteFunctionConcurrencyRequest input) override;
  Task<PutProvisionedConcurrencyConfigResponse> PutProvisionedConcurrencyConfig(
      wire::Context& context, PutProvisionedConcurrencyConfigRequest input) override;
  Task<GetProvisionedConcurrencyConfigResponse> GetProvisionedConcurrencyConfig(
      wire::Context& context, GetProvisionedConcurrencyConfigRequest input) override;
  Task<> DeleteProvisionedConcurrencyConfig(wire::Context& context,
                                            DeleteProvisionedConcurrencyConfigRequest input) override;
  Task<ListProvisionedConcurrencyConfigsResponse> ListProvisionedConcurrencyConfigs(
      wire::Context& context, ListProvisionedConcurrencyConfigsRequest input) override;

  // Asynchronous invocation
  Task<InvokeAsyncResponse> InvokeAsync(wire::Context& context, InvokeAsyncRequest input) override;
  /// Events for functions become asynchronous invocations.
  targets::Target& target() { return target_; }
  /// The policies of functions and layer versions.
  authorization::ResourcePolicies& policies() { return policies_; }
  authorization::ResourceTags& resource_tags() { return tags_; }
  Task<FunctionEventInvokeConfig> PutFunctionEventInvokeConfig(
      wire::Context& context, PutFunctionEventInvokeConfigRequest input) override;
  Task<FunctionEventInvokeConfig> UpdateFunctionEventInvokeConfig(
      wire::Context& context, UpdateFunctionEventInvokeConfigRequest input) override;
  Task<FunctionEventInvokeConfig> GetFunctionEventInvokeConfig(
      wire::Context& context, GetFunctionEventInvokeConfigRequest input) override;
  Task<> DeleteFunctionEventInvokeConfig(wire::Context& context,
                                         DeleteFunctionEventInvokeConfigRequest input) override;
  Task<ListFunctionEventInvokeConfigsResponse> ListFunctionEventInvokeConfigs(
      wire::Context& context, ListFunctionEventInvokeConfigsRequest input) override;

  // Event source mappings
  Task<EventSourceMappingConfiguration> CreateEventSourceMapping(
      wire::Context& context, CreateEventSourceMappingRequest input) override;
  Task<EventSourceMappingConfiguration> GetEventSourceMapping(wire::Context& context,
                                                              GetEventSourceMappingRequest input) override;
  Task<ListEventSourceMappingsResponse> ListEventSourceMappings(
      wire::Context& context, ListEventSourceMappingsRequest input) override;
  Task<EventSourceMappingConfiguration> UpdateEventSourceMapping(
      wire::Context& context, UpdateEventSourceMappingRequest input) override;
  Task<EventSourceMappingConfiguration> DeleteEventSourceMapping(
      wire::Context& context, DeleteEventSourceMappingRequest input) override;

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

  /// Answers one request to a function URL. Throws only what the server is to see: net::Disconnected and
  /// cancellations. Request and writer outlive the task.
  Task<> answer_url(UrlCall call, net::Request& request, net::ResponseWriter& writer);

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
  /// Takes up what stored functions ask for: reserved and provisioned concurrency, snapshots that are still
  /// to be made. Before the first request.
  Task<> restore();
  /// Forgets what is kept in memory (when the store is cleared).
  void reset();
  /// Waits until no event is with a function. The fleet must still run.
  Task<> stop();

 private:
  /// Keeps the zip as a blob, checks and unpacks it while `use` runs, and beyond if a function refers to it
  /// then. `layers` are those that the function has beside it.
  Task<FunctionRecord> with_code(std::string zip, std::vector<LayerUse> layers,
                                 std::function<Task<FunctionRecord>(const StoredCode&)> use);
  /// The same for a container image.
  Task<FunctionRecord> with_image(std::string uri, std::string architecture,
                                  std::function<Task<FunctionRecord>(const StoredCode&)> use);
  /// Removes a package that no function refers to and no call is about to.
  Task<> release_code(store::BlobRef code);
  /// Refuses `bytes` more when the account's code would outgrow its quota.
  Task<> check_code_storage(FunctionName name, std::uint64_t bytes);

  /// $LATEST. Throws function_not_found().
  Task<FunctionRecord> require_function(FunctionName name, std::string partition);
  /// Throws function_not_found() for a qualifier that is not there, too.
  Task<Target> require_target(FunctionName name, std::string partition);
  struct Change {
    std::optional<std::string> revision_id;
    std::function<void(FunctionRecord&)> apply;
    Publish publish = Publish::kNo;
  };
  /// Loads $LATEST, lets the change edit it, saves; answers with what is now stored, or with the version
  /// published from it.
  Task<FunctionRecord> update(FunctionName name, std::string partition, Change change);
  /// The version that `latest` makes, or the last one when nothing has changed since. `description` goes over
  /// the function's own.
  Task<FunctionRecord> publish(store::Txn& txn, FunctionName name, FunctionRecord latest,
                               std::optional<std::string> description);
  Task<> delete_version(FunctionName name, std::string partition);
  /// Makes the snapshot of a version with SnapStart behind everybody's back.
  void begin_snapshot(const FunctionRecord& version, FunctionName name, std::string partition);
  Task<> make_snapshot(FunctionName name, std::string partition);

  void set_reserved_concurrency(const FunctionName& name, std::string_view partition,
                                std::optional<std::uint32_t> reserved);
  /// Provisions what the function's configurations ask for now, once the caller is gone.
  void begin_provisioning(FunctionName name, std::string partition);
  Task<> provision(FunctionName name, std::string partition);
  [[nodiscard]] std::string sign_location(std::string_view path, std::string_view expires) const;
  [[nodiscard]] std::string code_location(const wire::Context& context, const FunctionName& name) const;

  /// Keeps and checks the zip, and gives the version its number.
  Task<LayerVersionRecord> publish_layer(LayerName layer, LayerVersionRecord version, std::string zip);
  Task<GetLayerVersionResponse> get_layer_version(const wire::Context& context, LayerName layer,
                                                  std::int64_t number);
  /// The layer versions that a function of the caller's is to have. Throws what AWS answers for a bad list.
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

  /// Has everything ready for the first invocation of a new function.
  Task<> expect(FunctionName name, std::string partition);
  /// What environments of this version ("$LATEST" or a number) are made from.
  Task<Specs::Shared> spec_of(FunctionName name, std::string version, std::string partition);
  /// Runs one event on the version that it goes to. Invocation::trace_id is the header that came with the
  /// event. A channel, if any, is told before the event is with the function.
  Task<Ran> run(FunctionName name, std::string partition, environments::Invocation invocation,
                std::shared_ptr<AnswerChannel> channel = nullptr);
  /// The same in a task of its own, with the answer piece by piece.
  std::shared_ptr<AnswerChannel> begin_streamed(const FunctionName& name, const std::string& partition,
                                                environments::Invocation invocation);
  Task<> run_streamed(std::shared_ptr<AnswerChannel> channel, FunctionName name, std::string partition,
                      environments::Invocation invocation);
  /// Throws RecursiveInvocationException when the event has run the function too often for its settings.
  Task<> refuse_loop(FunctionName name, std::string partition, std::string trace_header);

  /// One request to a function URL (url_requests.cc).
  class UrlExchange;

  /// Stores an event; when this returns it is accepted.
  Task<> accept_event(wire::Context& context, FunctionName name, std::string payload, std::string tenant_id);
  Task<> accept_delivery(store::Txn& txn, const targets::Delivery& delivery);
  Task<AsyncAttempt> attempt(AsyncEvent event);
  Task<std::optional<AsyncSettings>> async_settings(AsyncEvent event);

  /// Has the function handle a batch of an event source mapping.
  Task<MappingAnswer> handle_batch(FunctionName name, std::string partition, MappingInvocation batch);

  /// The version that this invocation of the function, version or alias goes to.
  Task<std::string> choose_version(FunctionName name, std::string partition);

  Dependencies with_;
  PolicySource policies_{with_.store};
  TagSource tags_{with_.store};
  /// Packages that calls under way are about to refer to, by SHA-256.
  std::multiset<std::string> being_kept_;
  Specs specs_;
  Provisioning provisioning_;
  InvocationMetrics invocation_metrics_;
  AsyncInvocations async_;
  EventSourceMappings mappings_;
  FunctionTarget target_;
  /// Functions (unqualified ARNs) with reserved concurrency, as the fleet was told.
  std::set<std::string> reserved_;
};

}  // namespace martlet::lambda
