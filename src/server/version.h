#pragma once

namespace martlet::server {

inline constexpr char kVersion[] = MARTLET_VERSION;

}  // namespace martlet::server
