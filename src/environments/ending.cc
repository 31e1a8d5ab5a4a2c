#include "environments/ending.h"

#include <cctype>
#include <csignal>
#include <cstring>

namespace martlet::environments {

namespace {

std::string signal_name(int number) {
  std::string name = ::strsignal(number) ? ::strsignal(number) : std::to_string(number);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

std::string describe_end(const sandbox::Result& result) {
  using Kind = sandbox::Result::Kind;
  switch (result.kind) {
    case Kind::kExited:
      return result.exit_code == 0 ? "" : "exit status " + std::to_string(result.exit_code);
    case Kind::kSignalled:
      return "signal: " + signal_name(result.signal);
    case Kind::kViolation:
      return "signal: " + signal_name(SIGSYS);
    case Kind::kKilled:
    case Kind::kOutOfMemory:
      return "signal: " + signal_name(SIGKILL);
    case Kind::kSetupError:
      break;
  }
  return result.detail;
}

Ending ending_of(const sandbox::Result& result) {
  using Kind = sandbox::Result::Kind;
  Ending ending;
  if (result.kind == Kind::kSetupError)
    return {.kind = Outcome::Kind::kInitError,
            .error_type = "Runtime.InvalidEntrypoint",
            .message = result.detail};
  if (result.kind == Kind::kOutOfMemory) {
    ending.kind = Outcome::Kind::kOutOfMemory;
    ending.error_type = "Runtime.OutOfMemory";
  }
  if (const std::string how = describe_end(result); !how.empty())
    ending.message = "Runtime exited with error: " + how;
  return ending;
}

}  // namespace martlet::environments
