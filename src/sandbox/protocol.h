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

/// Server to warden. Every request but kKill gets one Reply with its id.
struct Request {
  enum class Kind : std::uint8_t { kCreate = 1, kKill, kFreeze, kThaw, kSetCpus, kUsage, kResetPeak };
  Kind kind = Kind::kKill;
  std::uint64_t id = 0;
  /// The id of the kCreate request that made the sandbox.
  std::uint64_t sandbox = 0;
  double cpus = 0;  ///< kSetCpus
  Policy policy{};  ///< kCreate
};

/// Warden to server. kHello comes once, first; kEnded once for every sandbox that was kCreated, with its id.
struct Reply {
  enum class Kind : std::uint8_t { kHello = 1, kCreated, kFailed, kDone, kUsage, kEnded };
  Kind kind = Kind::kDone;
  std::uint64_t id = 0;
  std::string text{};           ///< kFailed
  Capabilities capabilities{};  ///< kHello
  Usage usage{};                ///< kUsage
  Result result{};              ///< kEnded
};

/// The first process of a sandbox to the warden.
struct Report {
  enum class Kind : std::uint8_t { kReady = 1, kStarted, kFailed, kEnded };
  Kind kind = Kind::kReady;
  std::string text{};       ///< kFailed
  std::int32_t status = 0;  ///< kEnded: the main process's status as waitpid gives it
};

std::string encode(const Request& request);
std::string encode(const Reply& reply);
std::string encode(const Report& report);
std::string encode(const Policy& policy);

/// nullopt when the bytes are not exactly one well-formed message.
std::optional<Request> decode_request(std::string_view bytes);
std::optional<Reply> decode_reply(std::string_view bytes);
std::optional<Report> decode_report(std::string_view bytes);
std::optional<Policy> decode_policy(std::string_view bytes);

/// Longest encoded policy; leaves room for the rest of a message.
inline constexpr std::size_t kMaxPolicyBytes = 180 * 1024;

/// What is wrong with a policy, for people; empty when nothing is.
std::string check_policy(const Policy& policy);

}  // namespace martlet::sandbox
