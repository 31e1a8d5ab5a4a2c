#include "sandbox/main_program.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "sandbox/confinement.h"

namespace martlet::sandbox {

namespace {

/// argv or envp: pointers into strings that outlive them, and a null at the end.
class StringArray {
 public:
  explicit StringArray(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (auto& text : strings_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> strings;
  for (const auto& [name, value] : program.environment) strings.push_back(name + '=' + value);
  return strings;
}

/// Or less, where this process may not have as much itself.
void set_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  checked(::getrlimit(resource, &limit), "cannot read a resource limit");
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  checked(::setrlimit(resource, &limit), "cannot set a resource limit");
}

void set_limits(const ProgramLimits& limits) {
  set_limit(RLIMIT_NOFILE, limits.max_open_files);
  set_limit(RLIMIT_NPROC, limits.max_processes + 1);
  set_limit(RLIMIT_CORE, 0);
  if (limits.data_bytes > 0) set_limit(RLIMIT_DATA, limits.data_bytes);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void connect_standard_streams(const Descriptor& output, const Descriptor& error) {
  // Moved up first: one of them may be where another has to go.
  const int out = checked(::fcntl(output.get(), F_DUPFD_CLOEXEC, 3), "cannot keep standard output");
  const int err = checked(::fcntl(error.get(), F_DUPFD_CLOEXEC, 3), "cannot keep standard error");
  const Descriptor null(checked(::open("/dev/null", O_RDONLY | O_CLOEXEC), "cannot open /dev/null"));
  checked(::dup2(null.get(), 0), "cannot connect standard input");
  checked(::dup2(out, 1), "cannot connect standard output");
  checked(::dup2(err, 2), "cannot connect standard error");
}

/// In the child. Returns only when the program cannot be executed, and then throws.
void execute(const Program& program, const ProgramLimits& limits, const Descriptor& output,
             const Descriptor& error, const SystemCallFilter* filter) {
  StringArray arguments(program.command);
  StringArray variables(environment_of(program));
  // First of all, so that the rest is judged by the program's rights.
  if (filter != nullptr) confine(*filter);
  ::setsid();
  connect_standard_streams(output, error);
  checked(::chdir(program.working_directory.c_str()), "cannot enter " + program.working_directory);
  set_limits(limits);
  reset_signals();
  checked(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "cannot close descriptors");
  ::execve(arguments.get()[0], arguments.get(), variables.get());
  throw_errno("cannot execute " + program.command.front());
}

}  // namespace

StartingProgram start_program(const Program& program, const ProgramLimits& limits,
                              const Descriptor& standard_output, const Descriptor& standard_error,
                              const SystemCallFilter* filter) {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC), "cannot make a pipe");
  Descriptor outcome(ends[0]);
  const Descriptor tell(ends[1]);
  const pid_t child = checked(::fork(), "cannot start the program");
  if (child == 0) {
    try {
      execute(program, limits, standard_output, standard_error, filter);
    } catch (const std::exception& error) {
      const std::string text = error.what();
      (void)!::write(tell.get(), text.data(), text.size());
    }
    ::_exit(127);
  }
  return {child, std::move(outcome)};
}

std::string start_failure(const StartingProgram& program) {
  // What the child wrote before it ended; nothing when it became the program, which closed its end.
  std::string text(512, '\0');
  ssize_t count;
  do {
    count = ::read(program.outcome.get(), text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace martlet::sandbox
