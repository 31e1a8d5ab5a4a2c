#include "environments/extensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::environments {

namespace {

namespace fs = std::filesystem;
using State = Extensions::Member::State;

constexpr std::size_t kUuidLength = 36;

std::string_view name_of(State state) {
  switch (state) {
    case State::kStarted:
      return "Started";
    case State::kRegistered:
      return "Registered";
    case State::kReady:
      return "Ready";
    case State::kRunning:
      return "Running";
    case State::kInitError:
      return "InitError";
    case State::kExitError:
      return "ExitError";
    case State::kExited:
      break;
  }
  return "Exited";
}

std::string_view name_of(ShutdownReason reason) {
  switch (reason) {
    case ShutdownReason::kTimeout:
      return "timeout";
    case ShutdownReason::kFailure:
      return "failure";
    case ShutdownReason::kSpindown:
      break;
  }
  return "spindown";
}

std::unexpected<ExtensionRefusal> refuse(std::string type, std::string message) {
  return std::unexpected(ExtensionRefusal{std::move(type), std::move(message)});
}

std::unexpected<ExtensionRefusal> wrong_state(const Extensions::Member& member, State wanted) {
  return refuse("Extension.InvalidExtensionState",
                fmt::format("The extension {} is {} and cannot become {}", member.name, name_of(member.state),
                            name_of(wanted)));
}

}  // namespace

std::string make_identifier() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::vector<std::string> external_extensions_of(const Spec& spec) {
  std::vector<std::string> names;
  const std::string directory = spec.image ? spec.image->directory + "/opt" : spec.opt_directory;
  if (directory.empty()) return names;
  std::error_code failure;
  for (fs::directory_iterator it(directory + "/extensions", failure), end; !failure && it != end;
       it.increment(failure)) {
    std::error_code ignored;
    const fs::file_status status = it->status(ignored);
    if (fs::is_regular_file(status) &&
        (status.permissions() & (fs::perms::owner_exec | fs::perms::others_exec)) != fs::perms::none)
      names.push_back(it->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

bool Extensions::Member::wants(std::string_view event) const {
  return std::ranges::find(events, event) != events.end();
}

Extensions::Extensions(Executor executor, Watchers watchers)
    : watchers_(std::move(watchers)), changed_(std::move(executor)) {}

Extensions::Member& Extensions::add_external(std::string name) {
  Member& member = members_.emplace_back();
  member.name = std::move(name);
  member.id = make_identifier();
  member.external = true;
  return member;
}

std::expected<std::string, ExtensionRefusal> Extensions::enrol(std::string name,
                                                               std::vector<std::string> events,
                                                               bool internal_ones_may) {
  auto found = std::ranges::find(members_, name, &Member::name);
  const bool external = found != members_.end() && found->external;
  for (const std::string& event : events)
    if (event != "INVOKE" && (event != "SHUTDOWN" || !external))
      return refuse("Extension.InvalidEventType", event + ": there is no such event for this extension");
  if (external) {
    if (found->state != State::kStarted) return wrong_state(*found, State::kRegistered);
  } else {
    if (!internal_ones_may)
      return refuse("Extension.RegistrationClosed", "Extensions register during initialisation only");
    if (found != members_.end())
      return refuse("Extension.InvalidExtensionState", "An extension of this name has registered already");
    if (members_.size() >= kMaxExtensions)
      return refuse("Extension.TooManyExtensions", fmt::format("There are {} already", kMaxExtensions));
    found = members_.emplace(members_.end());
    found->name = std::move(name);
    found->id = make_identifier();
  }
  std::ranges::sort(events);
  const auto repeated = std::ranges::unique(events);
  events.erase(repeated.begin(), repeated.end());
  found->events = std::move(events);
  found->state = State::kRegistered;
  watchers_.progressed();
  return found->id;
}

std::expected<Extensions::Member*, ExtensionRefusal> Extensions::find(std::string_view id) {
  if (id.empty())
    return refuse("Extension.MissingExtensionIdentifier",
                  "The header Lambda-Extension-Identifier is missing");
  if (id.size() != kUuidLength)
    return refuse("Extension.InvalidExtensionIdentifier", "The identifier is not one that was given out");
  const auto found = std::ranges::find(members_, id, &Member::id);
  if (found == members_.end() || found->state == State::kStarted)
    return refuse("Extension.UnknownExtensionIdentifier", "No extension has this identifier");
  return &*found;
}

Task<std::expected<std::string, ExtensionRefusal>> Extensions::next(std::string id) {
  const auto self = shared_from_this();
  const auto found = find(id);
  if (!found) co_return std::unexpected(found.error());
  Member& member = **found;
  if (member.failed()) co_return wrong_state(member, State::kReady);
  const std::uint64_t ticket = ++member.calls;
  if (member.pending.empty()) {
    member.state = State::kReady;
    changed_.notify_all();  // an older call that still waits gives way
    watchers_.progressed();
  }
  while (ticket == member.calls && member.pending.empty() && !member.failed()) co_await changed_.wait();
  if (ticket != member.calls || member.failed()) co_return wrong_state(member, State::kReady);
  co_return std::exchange(member.pending, {});
}

std::expected<void, ExtensionRefusal> Extensions::fail(const std::string& id, State state,
                                                       const std::string& reason) {
  const auto found = find(id);
  if (!found) return std::unexpected(found.error());
  Member& member = **found;
  if (reason.empty())
    return refuse("Extension.MissingHeader", "The header Lambda-Extension-Function-Error-Type is missing");
  if (member.failed() || (state == State::kInitError && member.state != State::kRegistered))
    return wrong_state(member, state);
  member.state = state;
  changed_.notify_all();
  watchers_.failed(member, state == State::kInitError ? "Extension.InitError" : "Extension.ExitError",
                   reason);
  return {};
}

std::expected<void, ExtensionRefusal> Extensions::fail_init(const std::string& id,
                                                            const std::string& reason) {
  return fail(id, State::kInitError, reason);
}

std::expected<void, ExtensionRefusal> Extensions::fail_exit(const std::string& id,
                                                            const std::string& reason) {
  return fail(id, State::kExitError, reason);
}

void Extensions::post_invoke(const InvokeEvent& event) {
  std::string tracing;
  if (!event.trace_id.empty())
    tracing = fmt::format(R"("type":"X-Amzn-Trace-Id","value":{})", quote_json(event.trace_id));
  for (Member& member : members_) {
    if (!member.wants("INVOKE") || member.failed()) continue;
    member.pending = fmt::format(
        R"({{"eventType":"INVOKE","deadlineMs":{},"requestId":{},"invokedFunctionArn":{},"tracing":{{{}}}}})",
        event.deadline_ms, quote_json(event.request_id), quote_json(event.invoked_function_arn), tracing);
    member.state = State::kRunning;
  }
  changed_.notify_all();
}

void Extensions::post_shutdown(ShutdownReason reason, std::int64_t deadline_ms) {
  for (Member& member : members_) {
    if (!member.wants("SHUTDOWN") || member.failed()) continue;
    member.pending = fmt::format(R"({{"eventType":"SHUTDOWN","shutdownReason":"{}","deadlineMs":{}}})",
                                 name_of(reason), deadline_ms);
    member.state = State::kRunning;
  }
  changed_.notify_all();
}

bool Extensions::all_registered() const {
  return std::ranges::none_of(members_, [](const Member& member) { return member.state == State::kStarted; });
}

bool Extensions::all_ready() const {
  return std::ranges::none_of(members_, [](const Member& member) {
    return member.state == State::kStarted || member.state == State::kRegistered;
  });
}

bool Extensions::busy() const {
  return std::ranges::any_of(members_, [](const Member& member) { return member.state == State::kRunning; });
}

bool Extensions::has_external() const { return std::ranges::any_of(members_, &Member::external); }

bool Extensions::has_internal() const {
  return std::ranges::any_of(members_, [](const Member& member) { return !member.external; });
}

bool Extensions::all_exited() const {
  return std::ranges::all_of(members_, [](const Member& member) {
    return !member.external || !member.process || member.state == State::kExited;
  });
}

void Extensions::exited(Member& member) {
  member.state = State::kExited;
  changed_.notify_all();
  watchers_.progressed();
}

}  // namespace martlet::environments
