#include "services/iam/qr_code.h"

#include <png.h>
#include <qrencode.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

namespace martlet::iam {

namespace {

constexpr std::size_t kPixelsPerModule = 4;
/// The light border that the standard asks for, in modules.
constexpr std::size_t kBorder = 4;
constexpr png_byte kDark = 0;
constexpr png_byte kLight = 255;

using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

std::vector<png_byte> drawn(const QRcode& code, std::size_t side) {
  const auto modules = static_cast<std::size_t>(code.width);
  std::vector<png_byte> pixels(side * side, kLight);
  for (std::size_t y = 0; y < modules * kPixelsPerModule; ++y) {
    for (std::size_t x = 0; x < modules * kPixelsPerModule; ++x) {
      const bool dark = (code.data[y / kPixelsPerModule * modules + x / kPixelsPerModule] & 1) != 0;
      const std::size_t margin = kBorder * kPixelsPerModule;
      if (dark) pixels[(y + margin) * side + x + margin] = kDark;
    }
  }
  return pixels;
}

}  // namespace

std::string qr_code_png(const std::string& text) {
  const Code code(QRcode_encodeData(static_cast<int>(text.size()),
                                    reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L),
                  &QRcode_free);
  if (!code) throw std::runtime_error("cannot make a QR code of " + std::to_string(text.size()) + " bytes");
  const std::size_t side = (static_cast<std::size_t>(code->width) + 2 * kBorder) * kPixelsPerModule;
  const std::vector<png_byte> pixels = drawn(*code, side);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_GRAY;
  image.width = static_cast<png_uint_32>(side);
  image.height = image.width;
  png_alloc_size_t size = 0;
  std::string png;
  if (png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr) != 0) {
    png.resize(size);
    if (png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr) != 0) return png;
  }
  throw std::runtime_error(std::string("cannot write a picture: ") + image.message);
}

}  // namespace martlet::iam
