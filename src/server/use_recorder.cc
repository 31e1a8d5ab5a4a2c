#include "server/use_recorder.h"

#include "base/strings.h"

namespace martlet::server {

namespace {

/// The role of the session "AROA…:name"; empty where the role is not stored.
std::string_view role_of(std::string_view session_id) {
  const auto colon = session_id.find(':');
  return colon == std::string_view::npos ? std::string_view() : session_id.substr(0, colon);
}

}  // namespace

UseRecorder::UseRecorder(iam::LastAccessed& uses, const std::vector<RuledService>& services) : uses_(uses) {
  for (const RuledService& service : services) {
    for (const authorization::OperationRule& rule : service.rules.operations) {
      const wire::Operation* operation = service.model->find_operation(rule.operation);
      if (operation == nullptr) continue;
      Action action{.service = std::string(service.rules.arn_service), .name = std::string(rule.operation)};
      if (!rule.actions.empty()) {  // the first is what the operation is about
        const std::string_view full = rule.actions.front().action;
        action = {.service = to_lower(full.substr(0, full.find(':'))),
                  .name = std::string(full.substr(full.find(':') + 1))};
      }
      uses_.track(action.service, action.name);
      actions_.emplace(operation, std::move(action));
    }
  }
}

void UseRecorder::called(const wire::Context& context, const wire::ServiceModel& service,
                         const wire::Operation& operation) {
  const wire::Caller& caller = context.caller;
  const bool is_user = caller.kind == wire::Caller::Kind::kUser;
  const std::string_view id = is_user                                           ? caller.user_id
                              : caller.kind == wire::Caller::Kind::kAssumedRole ? role_of(caller.user_id)
                                                                                : std::string_view();
  if (id.empty()) return;
  const auto found = actions_.find(&operation);
  const bool known = found != actions_.end();
  const std::string_view name = known ? found->second.service : service.signing_name;
  uses_.note(id, name, known ? std::string_view(found->second.name) : operation.name, context.region);
  if (is_user && caller.access_key_id.starts_with("AKIA"))
    uses_.note(caller.access_key_id, name, {}, context.region);
}

void UseRecorder::acted(std::string_view session_id, std::string_view action, std::string_view region) {
  const std::string_view id = role_of(session_id);
  const auto colon = action.find(':');
  if (id.empty() || colon == std::string_view::npos) return;
  uses_.note(id, to_lower(action.substr(0, colon)), action.substr(colon + 1), region);
}

}  // namespace martlet::server
