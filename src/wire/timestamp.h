#pragma once

// The three ways in which AWS protocols write a point in time: seconds since the epoch, RFC 3339 date-times,
// and the dates of HTTP headers.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "wire/tables.h"

namespace martlet::wire {

/// `format` must not be kDefault. Date-times and epoch seconds carry milliseconds where there are any; HTTP
/// dates none.
std::string format_timestamp(TimePoint time, TimeFormat format);

/// Reads any of the three forms, told apart by their look; offsets and fractional seconds are understood.
std::optional<TimePoint> parse_timestamp(std::string_view text);

/// Beyond what a TimePoint can hold (the years 1678 to 2261) the nearest time it can hold; nullopt for NaN.
std::optional<TimePoint> from_epoch_seconds(double seconds);
double to_epoch_seconds(TimePoint time);

}  // namespace martlet::wire
