#pragma once

// The messages on the warden's two kinds of sockets, and their encoding. One message is one SOCK_SEQPACKET
// packet. Server and warden are one binary, so the encoding has no versions; its lengths are checked all the
// same, because the warden has privileges that the server may have given up.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/sandbox.h"

namespace martlet::sandbox {

/// Server to warden. Every request but kKill and kSignal gets one Reply with its id; kSocket's brings a
/// socket of the sandbox's own network that is not connected yet.
struct Request {
  enum class Kind : std::uint8_t {
    kCreate = 1,
    kKill,
    kFreeze,
    kThaw,
    kSetCpus,
    kUsage,
    kResetPeak,
    kFinish,
    kRunMain,
    kRun,
    kSocket,
    kSignal
  };
  Kind kind = Kind::kKill;
  std::uint64_t id = 0;
  /// The id of the kCreate request that made the sandbox.
  std::uint64_t sandbox = 0;
  double cpus = 0;             ///< kSetCpus
  Policy policy{};             ///< kCreate
  Finish finish{};             ///< kFinish
  Program program{};           ///< kRunMain, kRun
  std::uint64_t receiver = 0;  ///< kSignal: the id of the kRun request, or 0 for the main program
  std::int32_t signal = 0;     ///< kSignal
};

/// Warden to server. kHello comes once, first; kEnded once for every sandbox that was kCreated and every
/// program whose kRun is kDone, with that request's id.
struct Reply {
  enum class Kind : std::uint8_t { kHello = 1, kCreated, kFailed, kDone, kUsage, kEnded };
  Kind kind = Kind::kDone;
  std::uint64_t id = 0;
  std::string text{};           ///< kFailed
  Capabilities capabilities{};  ///< kHello
  Usage usage{};                ///< kUsage
  Result result{};              ///< kEnded
};

/// The warden to the first process of a sandbox. kPolicy comes once, first, and is answered kStarted;
/// kFinish, kRun and kSocket are answered kDone or kRefused.
struct Order {
  enum class Kind : std::uint8_t { kPolicy = 1, kFinish, kRun, kSocket, kSignal };
  Kind kind = Kind::kPolicy;
  std::uint64_t id = 0;      ///< returns in the answer
  std::uint64_t number = 0;  ///< kRun, kSignal: which program; 0 is the main one
  Policy policy{};           ///< kPolicy
  Finish finish{};           ///< kFinish
  Program program{};         ///< kRun
  std::int32_t signal = 0;   ///< kSignal
};

/// The first process of a sandbox to the warden.
struct Report {
  enum class Kind : std::uint8_t { kReady = 1, kStarted, kFailed, kEnded, kDone, kRefused };
  Kind kind = Kind::kReady;
  std::uint64_t id = 0;     ///< kDone, kRefused: the order's; kEnded: the program's number
  std::string text{};       ///< kFailed: it ends for this reason; kRefused: nothing has happened
  std::int32_t status = 0;  ///< kEnded: the program's status as waitpid gives it
};

std::string encode(const Request& request);
std::string encode(const Reply& reply);
std::string encode(const Order& order);
std::string encode(const Report& report);
std::string encode(const Policy& policy);

/// nullopt when the bytes are not exactly one well-formed message.
std::optional<Request> decode_request(std::string_view bytes);
std::optional<Reply> decode_reply(std::string_view bytes);
std::optional<Order> decode_order(std::string_view bytes);
std::optional<Report> decode_report(std::string_view bytes);
std::optional<Policy> decode_policy(std::string_view bytes);

/// Longest encoded policy or program; leaves room for the rest of a message.
inline constexpr std::size_t kMaxPolicyBytes = 180 * 1024;

/// What is wrong with it, for people; empty when nothing is.
std::string check_policy(const Policy& policy);
std::string check_finish(const Finish& finish);
std::string check_program(const Program& program);

/// Whether this is the number of a signal.
bool is_signal(std::int32_t number);

}  // namespace martlet::sandbox
