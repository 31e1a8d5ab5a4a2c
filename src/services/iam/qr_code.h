#pragma once

// QR codes as pictures, over libqrencode and libpng. Values; free of threads and loops.

#include <string>

namespace martlet::iam {

/// A PNG picture of a QR code that says `text`. Throws std::runtime_error when it is too long for one (2,953
/// bytes).
std::string qr_code_png(const std::string& text);

}  // namespace martlet::iam
