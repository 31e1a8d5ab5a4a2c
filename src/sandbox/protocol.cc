#include "sandbox/protocol.h"

#include <cstring>
#include <map>
#include <type_traits>
#include <vector>

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

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

void write(Writer& out, const Words& words) {
  out.number(static_cast<std::uint32_t>(words.size()));
  for (const auto& word : words) out.text(word);
}

Words read_words(Reader& in) {
  Words words;
  for (auto left = in.count(4); left > 0; --left) words.push_back(in.text());
  return words;
}

void write(Writer& out, const Variables& variables) {
  out.number(static_cast<std::uint32_t>(variables.size()));
  for (const auto& [name, value] : variables) {
    out.text(name);
    out.text(value);
  }
}

Variables read_variables(Reader& in) {
  Variables variables;
  for (auto left = in.count(8); left > 0; --left) {
    std::string name = in.text();
    variables[std::move(name)] = in.text();
  }
  return variables;
}

void write(Writer& out, const std::vector<Bind>& binds) {
  out.number(static_cast<std::uint32_t>(binds.size()));
  for (const auto& bind : binds) {
    out.text(bind.source);
    out.text(bind.target);
  }
}

std::vector<Bind> read_binds(Reader& in) {
  std::vector<Bind> binds;
  for (auto left = in.count(8); left > 0; --left) {
    std::string source = in.text();
    binds.push_back({std::move(source), in.text()});
  }
  return binds;
}

void write(Writer& out, const Egress& egress) {
  out.number(egress.kind);
  write(out, egress.allowed);
}

Egress read_egress(Reader& in) {
  Egress egress;
  egress.kind = in.enumeration(Egress::Kind::kNetwork);
  egress.allowed = read_words(in);
  return egress;
}

void write(Writer& out, const Policy& policy) {
  out.text(policy.name);
  write(out, policy.command);
  write(out, policy.environment);
  out.text(policy.working_directory);
  out.text(policy.root);
  out.text(policy.hostname);
  out.number(policy.uid);
  out.number(policy.gid);
  write(out, policy.binds);
  out.number(policy.tmp_bytes);
  out.number(policy.memory_bytes);
  out.number(policy.cpus);
  out.number(policy.max_processes);
  out.number(policy.max_open_files);
  out.number(static_cast<std::uint32_t>(policy.listeners.size()));
  for (const auto& listener : policy.listeners) out.number(listener.port);
  write(out, policy.egress);
  out.number(static_cast<std::uint8_t>(policy.unfinished));
}

Policy read_policy(Reader& in) {
  Policy policy;
  policy.name = in.text();
  policy.command = read_words(in);
  policy.environment = read_variables(in);
  policy.working_directory = in.text();
  policy.root = in.text();
  policy.hostname = in.text();
  policy.uid = in.number<uid_t>();
  policy.gid = in.number<gid_t>();
  policy.binds = read_binds(in);
  policy.tmp_bytes = in.number<std::uint64_t>();
  policy.memory_bytes = in.number<std::uint64_t>();
  policy.cpus = in.number<double>();
  policy.max_processes = in.number<std::uint32_t>();
  policy.max_open_files = in.number<std::uint32_t>();
  for (auto left = in.count(2); left > 0; --left) policy.listeners.push_back({in.number<std::uint16_t>()});
  policy.egress = read_egress(in);
  policy.unfinished = in.boolean();
  return policy;
}

void write(Writer& out, const Finish& finish) {
  write(out, finish.binds);
  out.number(finish.tmp_bytes);
  out.number(finish.memory_bytes);
  out.number(finish.cpus);
  write(out, finish.egress);
}

Finish read_finish(Reader& in) {
  Finish finish;
  finish.binds = read_binds(in);
  finish.tmp_bytes = in.number<std::uint64_t>();
  finish.memory_bytes = in.number<std::uint64_t>();
  finish.cpus = in.number<double>();
  finish.egress = read_egress(in);
  return finish;
}

void write(Writer& out, const Program& program) {
  write(out, program.command);
  write(out, program.environment);
  out.text(program.working_directory);
}

Program read_program(Reader& in) {
  Program program;
  program.command = read_words(in);
  program.environment = read_variables(in);
  program.working_directory = in.text();
  return program;
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

bool has_program(const Request& request) {
  return request.kind == Request::Kind::kRunMain || request.kind == Request::Kind::kRun;
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
  if (request.kind == Request::Kind::kFinish) write(out, request.finish);
  if (has_program(request)) write(out, request.program);
  if (request.kind == Request::Kind::kSignal) {
    out.number(request.receiver);
    out.number(request.signal);
  }
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

std::string encode(const Order& order) {
  Writer out;
  out.number(order.kind);
  out.number(order.id);
  out.number(order.number);
  if (order.kind == Order::Kind::kPolicy) write(out, order.policy);
  if (order.kind == Order::Kind::kFinish) write(out, order.finish);
  if (order.kind == Order::Kind::kRun) write(out, order.program);
  if (order.kind == Order::Kind::kSignal) out.number(order.signal);
  return out.take();
}

std::string encode(const Report& report) {
  Writer out;
  out.number(report.kind);
  out.number(report.id);
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
  request.kind = in.enumeration(Request::Kind::kSignal);
  request.id = in.number<std::uint64_t>();
  request.sandbox = in.number<std::uint64_t>();
  request.cpus = in.number<double>();
  if (request.kind == Request::Kind::kCreate) request.policy = read_policy(in);
  if (request.kind == Request::Kind::kFinish) request.finish = read_finish(in);
  if (has_program(request)) request.program = read_program(in);
  if (request.kind == Request::Kind::kSignal) {
    request.receiver = in.number<std::uint64_t>();
    request.signal = in.number<std::int32_t>();
  }
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

std::optional<Order> decode_order(std::string_view bytes) {
  Reader in(bytes);
  Order order;
  order.kind = in.enumeration(Order::Kind::kSignal);
  order.id = in.number<std::uint64_t>();
  order.number = in.number<std::uint64_t>();
  if (order.kind == Order::Kind::kPolicy) order.policy = read_policy(in);
  if (order.kind == Order::Kind::kFinish) order.finish = read_finish(in);
  if (order.kind == Order::Kind::kRun) order.program = read_program(in);
  if (order.kind == Order::Kind::kSignal) order.signal = in.number<std::int32_t>();
  if (!in.done() || order.kind == Order::Kind{}) return std::nullopt;
  return order;
}

std::optional<Report> decode_report(std::string_view bytes) {
  Reader in(bytes);
  Report report;
  report.kind = in.enumeration(Report::Kind::kRefused);
  report.id = in.number<std::uint64_t>();
  report.text = in.text();
  report.status = in.number<std::int32_t>();
  if (!in.done() || report.kind == Report::Kind{}) return std::nullopt;
  return report;
}

}  // namespace martlet::sandbox
