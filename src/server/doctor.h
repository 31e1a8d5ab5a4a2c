#pragma once

namespace martlet::server {

/// `martlet doctor`: tells what this machine offers for isolating functions. Returns 1 when functions cannot
/// be run.
int doctor();

}  // namespace martlet::server
