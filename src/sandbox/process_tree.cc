#include "sandbox/process_tree.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>

#include "base/strings.h"
#include "sandbox/descriptor.h"

namespace martlet::sandbox {

namespace {

/// The fields of /proc/PID/stat from the third on; empty when there is no such process.
std::vector<std::string> stat_fields(const std::string& process) {
  std::vector<std::string> fields;
  try {
    const std::string text = read_file("/proc/" + process + "/stat");
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return fields;
    std::istringstream words(text.substr(name_end + 1));
    for (std::string word; words >> word;) fields.push_back(word);
  } catch (const std::exception&) {
    // It has ended.
  }
  return fields;
}

// Numbers of fields as proc(5) counts them.
constexpr std::size_t kUserTime = 14;
constexpr std::size_t kChildrenSystemTime = 17;
constexpr std::size_t kResidentPages = 24;
constexpr std::size_t kArgumentsStart = 48;
constexpr std::size_t kArgumentsEnd = 49;

std::uint64_t number_at(const std::vector<std::string>& fields, std::size_t field) {
  constexpr std::size_t kFirst = 3;
  return field - kFirst < fields.size() ? std::strtoull(fields[field - kFirst].c_str(), nullptr, 10) : 0;
}

/// Children belong to the thread that made them.
void add_children(pid_t pid, std::vector<pid_t>& to) {
  std::error_code error;
  const std::filesystem::path threads = "/proc/" + std::to_string(pid) + "/task";
  for (std::filesystem::directory_iterator it(threads, error), end; !error && it != end;
       it.increment(error)) {
    try {
      std::istringstream children(read_file(it->path() / "children"));
      for (pid_t child; children >> child;) to.push_back(child);
    } catch (const std::exception&) {
      // It has ended.
    }
  }
}

}  // namespace

Usage process_tree_usage(pid_t root) {
  Usage usage;
  std::uint64_t ticks = 0;
  std::vector<pid_t> left = {root};
  while (!left.empty()) {
    const pid_t pid = left.back();
    left.pop_back();
    const auto fields = stat_fields(std::to_string(pid));
    if (pid != root)
      usage.memory_bytes += number_at(fields, kResidentPages) * static_cast<std::uint64_t>(::getpagesize());
    for (std::size_t field = kUserTime; field <= kChildrenSystemTime; ++field)
      ticks += number_at(fields, field);
    add_children(pid, left);
  }
  usage.peak_memory_bytes = usage.memory_bytes;
  usage.cpu_time =
      std::chrono::nanoseconds(1'000'000'000 / ::sysconf(_SC_CLK_TCK) * static_cast<std::int64_t>(ticks));
  return usage;
}

void close_all_but(std::vector<int> keep) {
  std::ranges::sort(keep);
  unsigned from = 3;
  for (const int fd : keep) {
    const auto kept = static_cast<unsigned>(fd);
    if (kept < from) continue;
    if (kept > from) ::close_range(from, kept - 1, 0);
    from = kept + 1;
  }
  ::close_range(from, ~0U, 0);
}

void set_process_title(const char* title) {
  ::prctl(PR_SET_NAME, title);
  const auto fields = stat_fields("self");
  const auto start = number_at(fields, kArgumentsStart);
  const auto end = number_at(fields, kArgumentsEnd);
  if (start == 0 || end <= start + std::strlen(title)) return;
  // The kernel shows this memory as the command line.
  auto* const arguments = reinterpret_cast<char*>(start);
  std::memset(arguments, 0, end - start);
  std::memcpy(arguments, title, std::strlen(title));
}

}  // namespace martlet::sandbox
