#include "sandbox/protocol.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <limits>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {
namespace {

Policy full_policy() {
  Policy policy;
  policy.name = "name";
  policy.command = {"/bin/sh", "-c", ""};
  policy.environment = {{"A", "1"}, {"EMPTY", ""}};
  policy.working_directory = "/var/task";
  policy.hostname = "host";
  policy.uid = 1;
  policy.gid = 2;
  policy.binds = {{"/from", "/to"}, {"/a", "/b"}};
  policy.tmp_bytes = 3 << 20;
  policy.memory_bytes = 1ULL << 40;
  policy.cpus = 0.25;
  policy.max_processes = 6;
  policy.max_open_files = 77;
  policy.listeners = {{9001}, {4566}};
  policy.root = "/images/1";
  policy.egress = {Egress::Kind::kNetwork, {"10.0.0.0/8:443", "192.168.0.0/16"}};
  policy.unfinished = true;
  return policy;
}

void expect_full(const Policy& policy) {
  const Policy expected = full_policy();
  EXPECT_EQ(policy.name, expected.name);
  EXPECT_EQ(policy.command, expected.command);
  EXPECT_EQ(policy.environment, expected.environment);
  EXPECT_EQ(policy.working_directory, expected.working_directory);
  EXPECT_EQ(policy.hostname, expected.hostname);
  EXPECT_EQ(policy.uid, expected.uid);
  EXPECT_EQ(policy.gid, expected.gid);
  EXPECT_EQ(policy.tmp_bytes, expected.tmp_bytes);
  EXPECT_EQ(policy.memory_bytes, expected.memory_bytes);
  EXPECT_EQ(policy.cpus, expected.cpus);
  EXPECT_EQ(policy.max_processes, expected.max_processes);
  EXPECT_EQ(policy.max_open_files, expected.max_open_files);
  ASSERT_EQ(policy.binds.size(), 2U);
  EXPECT_EQ(policy.binds[1].source, "/a");
  EXPECT_EQ(policy.binds[1].target, "/b");
  ASSERT_EQ(policy.listeners.size(), 2U);
  EXPECT_EQ(policy.listeners[1].port, 4566);
  EXPECT_EQ(policy.root, expected.root);
  EXPECT_EQ(policy.egress.kind, expected.egress.kind);
  EXPECT_EQ(policy.egress.allowed, expected.egress.allowed);
  EXPECT_TRUE(policy.unfinished);
}

Finish full_finish() {
  return {.binds = {{"/from", "/to"}},
          .tmp_bytes = 5 << 20,
          .memory_bytes = 6 << 20,
          .cpus = 0.5,
          .egress = {Egress::Kind::kNetwork, {"0.0.0.0/0"}}};
}

Program full_program() {
  return {.command = {"/bin/sh", "-c"}, .environment = {{"A", "1"}}, .working_directory = "/tmp"};
}

void expect_full(const Finish& finish) {
  const Finish expected = full_finish();
  ASSERT_EQ(finish.binds.size(), 1U);
  EXPECT_EQ(finish.binds[0].source, "/from");
  EXPECT_EQ(finish.binds[0].target, "/to");
  EXPECT_EQ(finish.tmp_bytes, expected.tmp_bytes);
  EXPECT_EQ(finish.memory_bytes, expected.memory_bytes);
  EXPECT_EQ(finish.cpus, expected.cpus);
  EXPECT_EQ(finish.egress.kind, expected.egress.kind);
  EXPECT_EQ(finish.egress.allowed, expected.egress.allowed);
}

void expect_full(const Program& program) {
  const Program expected = full_program();
  EXPECT_EQ(program.command, expected.command);
  EXPECT_EQ(program.environment, expected.environment);
  EXPECT_EQ(program.working_directory, expected.working_directory);
}

/// Every beginning of it, and it with one byte more, must not decode.
template <class Decode>
void expect_exact(const std::string& bytes, Decode decode) {
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode(bytes.substr(0, length))) << length;
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(Protocol, RequestsComeThroughWhole) {
  Request request;
  request.kind = Request::Kind::kCreate;
  request.id = 7;
  request.sandbox = 8;
  request.cpus = 1.5;
  request.policy = full_policy();
  const auto decoded = decode_request(encode(request));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->kind, Request::Kind::kCreate);
  EXPECT_EQ(decoded->id, 7U);
  EXPECT_EQ(decoded->sandbox, 8U);
  EXPECT_EQ(decoded->cpus, 1.5);
  expect_full(decoded->policy);
}

TEST(Protocol, RequestsToSandboxesComeThroughWhole) {
  Request request{.kind = Request::Kind::kFinish, .id = 7, .sandbox = 8, .finish = full_finish()};
  auto decoded = decode_request(encode(request));
  ASSERT_TRUE(decoded);
  expect_full(decoded->finish);
  expect_exact(encode(request), decode_request);
  for (const auto kind : {Request::Kind::kRunMain, Request::Kind::kRun}) {
    request = {.kind = kind, .id = 7, .sandbox = 8, .program = full_program()};
    decoded = decode_request(encode(request));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->kind, kind);
    expect_full(decoded->program);
    expect_exact(encode(request), decode_request);
  }
  expect_exact(encode(Request{.kind = Request::Kind::kSocket, .id = 7, .sandbox = 8}), decode_request);
  request = {.kind = Request::Kind::kSignal, .sandbox = 8, .receiver = 9, .signal = 15};
  decoded = decode_request(encode(request));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->receiver, 9U);
  EXPECT_EQ(decoded->signal, 15);
  expect_exact(encode(request), decode_request);
}

TEST(Protocol, OrdersAndReportsComeThroughWhole) {
  Order order{.kind = Order::Kind::kPolicy, .id = 1, .policy = full_policy()};
  auto decoded = decode_order(encode(order));
  ASSERT_TRUE(decoded);
  expect_full(decoded->policy);
  expect_exact(encode(order), decode_order);
  order = {.kind = Order::Kind::kFinish, .id = 2, .finish = full_finish()};
  decoded = decode_order(encode(order));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, 2U);
  expect_full(decoded->finish);
  expect_exact(encode(order), decode_order);
  order = {.kind = Order::Kind::kRun, .id = 3, .number = 4, .program = full_program()};
  decoded = decode_order(encode(order));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->number, 4U);
  expect_full(decoded->program);
  expect_exact(encode(order), decode_order);
  expect_exact(encode(Order{.kind = Order::Kind::kSocket, .id = 3}), decode_order);
  order = {.kind = Order::Kind::kSignal, .number = 5, .signal = 9};
  decoded = decode_order(encode(order));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->number, 5U);
  EXPECT_EQ(decoded->signal, 9);
  expect_exact(encode(order), decode_order);
  const Report report{.kind = Report::Kind::kRefused, .id = 6, .text = "why", .status = 7};
  const auto answer = decode_report(encode(report));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Report::Kind::kRefused);
  EXPECT_EQ(answer->id, 6U);
  EXPECT_EQ(answer->text, "why");
  EXPECT_EQ(answer->status, 7);
  expect_exact(encode(report), decode_report);
}

TEST(Protocol, RepliesComeThroughWhole) {
  Reply reply;
  reply.kind = Reply::Kind::kEnded;
  reply.id = 9;
  reply.result = {Result::Kind::kSignalled, 1, 2, "detail", 3};
  auto decoded = decode_reply(encode(reply));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->result.kind, Result::Kind::kSignalled);
  EXPECT_EQ(decoded->result.signal, 2);
  EXPECT_EQ(decoded->result.detail, "detail");
  EXPECT_EQ(decoded->result.peak_memory_bytes, 3U);

  reply.kind = Reply::Kind::kHello;
  reply.capabilities = {true, true, Capabilities::Cgroup::kV1, true, false, true, "why not"};
  decoded = decode_reply(encode(reply));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->capabilities.cgroup, Capabilities::Cgroup::kV1);
  EXPECT_FALSE(decoded->capabilities.cpu_limit);
  EXPECT_TRUE(decoded->capabilities.freezer);
  EXPECT_EQ(decoded->capabilities.refusal, "why not");

  reply.kind = Reply::Kind::kUsage;
  reply.usage = {1, 2, std::chrono::nanoseconds(3)};
  decoded = decode_reply(encode(reply));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->usage.peak_memory_bytes, 2U);
  EXPECT_EQ(decoded->usage.cpu_time.count(), 3);
}

TEST(Protocol, EveryTruncationAndExtensionIsRefused) {
  Request request;
  request.kind = Request::Kind::kCreate;
  request.policy = full_policy();
  expect_exact(encode(request), decode_request);
}

TEST(Protocol, AbsurdCountsAndKindsAreRefused) {
  std::string bytes = encode(Request{});
  for (int kind : {0, 12, 255}) {
    bytes[0] = static_cast<char>(kind);
    EXPECT_FALSE(decode_request(bytes)) << kind;
  }
  std::string policy = encode(full_policy());
  // The count of the command's words follows the name.
  policy.replace(4 + 4, 4, "\xff\xff\xff\xff");
  EXPECT_FALSE(decode_policy(policy));
}

TEST(Protocol, PoliciesAreChecked) {
  EXPECT_EQ(check_policy(full_policy()), "");
  const auto wrong = [](auto change) {
    Policy policy = full_policy();
    change(policy);
    return check_policy(policy);
  };
  EXPECT_NE(wrong([](Policy& p) { p.name = "a/b"; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.name = ""; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.command = {"sh"}; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.command.push_back(std::string("a\0b", 3)); }), "");
  EXPECT_NE(wrong([](Policy& p) { p.environment["A=B"] = "x"; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.working_directory = "relative"; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.cpus = std::numeric_limits<double>::quiet_NaN(); }), "");
  EXPECT_NE(wrong([](Policy& p) { p.cpus = -1; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.uid = static_cast<uid_t>(-1); }), "");
  EXPECT_NE(wrong([](Policy& p) { p.memory_bytes = 0; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.max_processes = 0; }), "");
  EXPECT_NE(wrong([](Policy& p) { p.listeners.assign(17, {1}); }), "");
  EXPECT_NE(wrong([](Policy& p) { p.listeners = {{0}}; }), "");
  for (const char* target : {"", "/", "relative", "/a/../b", "/a//b", "/a/", "/./a"})
    EXPECT_NE(wrong([&](Policy& p) { p.binds[0].target = target; }), "") << target;
  for (const char* root : {"/", "relative", "/a/../b"})
    EXPECT_NE(wrong([&](Policy& p) { p.root = root; }), "") << root;
  EXPECT_NE(wrong([](Policy& p) { p.egress.allowed.assign(1025, "10.0.0.0/8"); }), "");
  EXPECT_NE(wrong([](Policy& p) { p.egress.allowed = {std::string(65, '1')}; }), "");
  // Without a main program it starts later.
  EXPECT_EQ(wrong([](Policy& p) { p.command = {}; }), "");
}

TEST(Protocol, WhatComesLaterIsChecked) {
  EXPECT_EQ(check_finish(full_finish()), "");
  const auto wrong_finish = [](auto change) {
    Finish finish = full_finish();
    change(finish);
    return check_finish(finish);
  };
  EXPECT_NE(wrong_finish([](Finish& f) { f.tmp_bytes = 1; }), "");
  EXPECT_NE(wrong_finish([](Finish& f) { f.memory_bytes = 1; }), "");
  EXPECT_NE(wrong_finish([](Finish& f) { f.cpus = std::numeric_limits<double>::infinity(); }), "");
  EXPECT_NE(wrong_finish([](Finish& f) { f.binds[0].target = "/a/.."; }), "");
  EXPECT_NE(wrong_finish([](Finish& f) { f.binds.assign(65, {"/a", "/b"}); }), "");
  EXPECT_NE(wrong_finish([](Finish& f) { f.binds[0].source = '/' + std::string(kMaxPolicyBytes, 'x'); }), "");
  EXPECT_EQ(check_program(full_program()), "");
  const auto wrong_program = [](auto change) {
    Program program = full_program();
    change(program);
    return check_program(program);
  };
  EXPECT_NE(wrong_program([](Program& p) { p.command = {}; }), "");
  EXPECT_NE(wrong_program([](Program& p) { p.command = {"sh"}; }), "");
  EXPECT_NE(wrong_program([](Program& p) { p.environment = {{"", "x"}}; }), "");
  EXPECT_NE(wrong_program([](Program& p) { p.working_directory = ""; }), "");
  EXPECT_NE(wrong_program([](Program& p) { p.command.emplace_back(kMaxPolicyBytes, 'x'); }), "");
  EXPECT_TRUE(is_signal(15));
  for (const int number : {0, -1, 65, 1 << 20}) EXPECT_FALSE(is_signal(number)) << number;
}

TEST(Protocol, PacketsCarryDescriptors) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const Descriptor left(ends[0]);
  Descriptor right(ends[1]);
  Packet packet;
  EXPECT_EQ(receive_packet(left.get(), packet, Blocking::kDontWait), Transfer::kWouldBlock);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_EQ(send_packet(right.get(), "hello", {pipe[1], pipe[1]}, Blocking::kWait), Transfer::kDone);
  ::close(pipe[1]);
  const std::string longest(kMaxPacket, 'x');
  EXPECT_EQ(send_packet(right.get(), longest, {}, Blocking::kWait), Transfer::kDone);
  EXPECT_EQ(send_packet(right.get(), longest + "x", {}, Blocking::kWait), Transfer::kClosed);

  ASSERT_EQ(receive_packet(left.get(), packet, Blocking::kWait), Transfer::kDone);
  EXPECT_EQ(packet.bytes, "hello");
  ASSERT_EQ(packet.descriptors.size(), 2U);
  EXPECT_EQ(::write(packet.descriptors[1].get(), "x", 1), 1);
  ASSERT_EQ(receive_packet(left.get(), packet, Blocking::kWait), Transfer::kDone);
  EXPECT_EQ(packet.bytes, longest);
  EXPECT_TRUE(packet.descriptors.empty());
  right.reset();
  EXPECT_EQ(receive_packet(left.get(), packet, Blocking::kWait), Transfer::kClosed);
  EXPECT_EQ(send_packet(left.get(), "hello", {}, Blocking::kWait), Transfer::kClosed);
  ::close(pipe[0]);
}

}  // namespace
}  // namespace martlet::sandbox
