#include "sandbox/protocol.h"

#include <cstring>
#include <type_traits>

namespace martlet::sandbox {

namespace {

class Writer {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what Writer wrote. After the first thing that does not fit, everything reads as zero and done() is
/// false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    T value{};
    if (bytes_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  template <class T>
  T enumeration(T last) {
    using Number = std::underlying_type_t<T>;
    const auto value = number<Number>();
    if (value < 0 || value > static_cast<Number>(last)) fail();
    return ok_ ? static_cast<T>(value) : T{};
  }
  bool boolean() { return number<std::uint8_t>() != 0; }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > bytes_.size()) {
      fail();
      return {};
    }
    std::string value(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return value;
  }
  /// A count of elements that take at least `least_size` bytes each.
  std::uint32_t count(std::size_t least_size) {
    const auto value = number<std::uint32_t>();
    if (value > bytes_.size() / least_size) fail();
    return ok_ ? value : 0;
  }
  [[nodiscard]] bool done() const { return ok_ && bytes_.empty(); }

 private:
  void fail() {
    ok_ = false;
    bytes_ = {};
  }

  std::string_view bytes_;
  bool ok_ = true;
};

void write(Writer& out, const Policy& policy) {
  out.text(policy.name);
  out.number(static_cast<std::uint32_t>(policy.command.size()));
  for (const auto& word : policy.command) out.text(word);
  out.number(static_cast<std::uint32_t>(policy.environment.size()));
  for (const auto& [name, value] : policy.environment) {
    out.text(name);
    out.text(value);
  }
  out.text(policy.working_directory);
  out.text(policy.hostname);
  out.number(policy.uid);
  out.number(policy.gid);
  out.number(static_cast<std::uint32_t>(policy.binds.size()));
  for (const auto& bind : policy.binds) {
    out.text(bind.source);
    out.text(bind.target);
  }
  out.number(policy.tmp_bytes);
  out.number(policy.memory_bytes);
  out.number(policy.cpus);
  out.number(policy.max_processes);
  out.number(policy.max_open_files);
  out.number(static_cast<std::uint32_t>(policy.listeners.size()));
  for (const auto& listener : policy.listeners) out.number(listener.port);
}

Policy read_policy(Reader& in) {
  Policy policy;
  policy.name = in.text();
  for (auto left = in.count(4); left > 0; --left) policy.command.push_back(in.text());
  for (auto left = in.count(8); left > 0; --left) {
    std::string name = in.text();
    policy.environment[std::move(name)] = in.text();
  }
  policy.working_directory = in.text();
  policy.hostname = in.text();
  policy.uid = in.number<uid_t>();
  policy.gid = in.number<gid_t>();
  for (auto left = in.count(8); left > 0; --left) {
    std::string source = in.text();
    policy.binds.push_back({std::move(source), in.text()});
  }
  policy.tmp_bytes = in.number<std::uint64_t>();
  policy.memory_bytes = in.number<std::uint64_t>();
  policy.cpus = in.number<double>();
  policy.max_processes = in.number<std::uint32_t>();
  policy.max_open_files = in.number<std::uint32_t>();
  for (auto left = in.count(2); left > 0; --left) policy.listeners.push_back({in.number<std::uint16_t>()});
  return policy;
}

void write(Writer& out, const Result& result) {
  out.number(result.kind);
  out.number(result.exit_code);
  out.number(result.signal);
  out.text(result.detail);
  out.number(result.peak_memory_bytes);
}

Result read_result(Reader& in) {
  Result result;
  result.kind = in.enumeration(Result::Kind::kSetupError);
  result.exit_code = in.number<int>();
  result.signal = in.number<int>();
  result.detail = in.text();
  result.peak_memory_bytes = in.number<std::uint64_t>();
  return result;
}

void write(Writer& out, const Capabilities& capabilities) {
  out.number(static_cast<std::uint8_t>(capabilities.privileged));
  out.number(static_cast<std::uint8_t>(capabilities.user_namespaces));
  out.number(capabilities.cgroup);
  for (const bool has : {capabilities.memory_limit, capabilities.cpu_limit, capabilities.freezer})
    out.number(static_cast<std::uint8_t>(has));
  out.text(capabilities.refusal);
}

Capabilities read_capabilities(Reader& in) {
  Capabilities capabilities;
  capabilities.privileged = in.boolean();
  capabilities.user_namespaces = in.boolean();
  capabilities.cgroup = in.enumeration(Capabilities::Cgroup::kV2);
  capabilities.memory_limit = in.boolean();
  capabilities.cpu_limit = in.boolean();
  capabilities.freezer = in.boolean();
  capabilities.refusal = in.text();
  return capabilities;
}

void write(Writer& out, const Usage& usage) {
  out.number(usage.memory_bytes);
  out.number(usage.peak_memory_bytes);
  out.number(static_cast<std::int64_t>(usage.cpu_time.count()));
}

Usage read_usage(Reader& in) {
  Usage usage;
  usage.memory_bytes = in.number<std::uint64_t>();
  usage.peak_memory_bytes = in.number<std::uint64_t>();
  usage.cpu_time = std::chrono::nanoseconds(in.number<std::int64_t>());
  return usage;
}

}  // namespace

std::string encode(const Policy& policy) {
  Writer out;
  write(out, policy);
  return out.take();
}

std::string encode(const Request& request) {
  Writer out;
  out.number(request.kind);
  out.number(request.id);
  out.number(request.sandbox);
  out.number(request.cpus);
  if (request.kind == Request::Kind::kCreate) write(out, request.policy);
  return out.take();
}

std::string encode(const Reply& reply) {
  Writer out;
  out.number(reply.kind);
  out.number(reply.id);
  if (reply.kind == Reply::Kind::kHello) write(out, reply.capabilities);
  if (reply.kind == Reply::Kind::kFailed) out.text(reply.text);
  if (reply.kind == Reply::Kind::kUsage) write(out, reply.usage);
  if (reply.kind == Reply::Kind::kEnded) write(out, reply.result);
  return out.take();
}

std::string encode(const Report& report) {
  Writer out;
  out.number(report.kind);
  out.text(report.text);
  out.number(report.status);
  return out.take();
}

std::optional<Policy> decode_policy(std::string_view bytes) {
  Reader in(bytes);
  Policy policy = read_policy(in);
  if (!in.done()) return std::nullopt;
  return policy;
}

std::optional<Request> decode_request(std::string_view bytes) {
  Reader in(bytes);
  Request request;
  request.kind = in.enumeration(Request::Kind::kResetPeak);
  request.id = in.number<std::uint64_t>();
  request.sandbox = in.number<std::uint64_t>();
  request.cpus = in.number<double>();
  if (request.kind == Request::Kind::kCreate) request.policy = read_policy(in);
  if (!in.done() || request.kind == Request::Kind{}) return std::nullopt;
  return request;
}

std::optional<Reply> decode_reply(std::string_view bytes) {
  Reader in(bytes);
  Reply reply;
  reply.kind = in.enumeration(Reply::Kind::kEnded);
  reply.id = in.number<std::uint64_t>();
  if (reply.kind == Reply::Kind::kHello) reply.capabilities = read_capabilities(in);
  if (reply.kind == Reply::Kind::kFailed) reply.text = in.text();
  if (reply.kind == Reply::Kind::kUsage) reply.usage = read_usage(in);
  if (reply.kind == Reply::Kind::kEnded) reply.result = read_result(in);
  if (!in.done() || reply.kind == Reply::Kind{}) return std::nullopt;
  return reply;
}

std::optional<Report> decode_report(std::string_view bytes) {
  Reader in(bytes);
  Report report;
  report.kind = in.enumeration(Report::Kind::kEnded);
  report.text = in.text();
  report.status = in.number<std::int32_t>();
  if (!in.done() || report.kind == Report::Kind{}) return std::nullopt;
  return report;
}

}  // namespace martlet::sandbox
