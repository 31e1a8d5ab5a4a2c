#pragma once

// Time-based one-time passwords as virtual devices for multi-factor authentication show them: RFC 6238 with
// HMAC-SHA-1, six digits and steps of 30 seconds since 1970; and the base32 (RFC 4648, no padding) in which
// people carry seeds. Values; free of threads and loops.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martlet::iam {

/// The 30 seconds for which a code is shown, counted from 1970.
using TotpStep = std::int64_t;

TotpStep totp_step(TimePoint time);

/// The six digits that a device with this seed (raw bytes) shows in a step. None are shown before 1970.
std::string totp_code(std::string_view seed, TotpStep step);

/// The latest step in [first, last] in which the device shows `code`; nullopt when it does not. Takes the
/// same time for every code.
std::optional<TotpStep> find_totp_step(std::string_view seed, std::string_view code, TotpStep first,
                                       TotpStep last);

/// The second of two steps that follow one another, in which the device shows `code1` and then `code2`. Of
/// several the one that is nearest to `around`, and none that is more than `reach` away from it.
std::optional<TotpStep> find_totp_pair(std::string_view seed, std::string_view code1, std::string_view code2,
                                       TotpStep around, TotpStep reach);

/// nullopt unless the text is base32 in capital letters, without padding and without bits left over.
std::optional<std::string> base32_decode(std::string_view text);

}  // namespace martlet::iam
