#include "server/embedded_files.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "base/crypto.h"

namespace martlet::server {

namespace fs = std::filesystem;

namespace {

const std::string kPrefix = "runtimes-";

std::string digest_of(std::span<const EmbeddedFile> files) {
  Sha256Stream digest;
  for (const EmbeddedFile& file : files) {
    digest.update(file.path);
    digest.update(std::string_view("\0", 1));
    digest.update(file.content);
  }
  return to_hex(as_view(digest.finish())).substr(0, 16);
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string() + ": is the disk full?");
  // Functions run as another user.
  fs::permissions(path, fs::perms(0755));
}

}  // namespace

std::string unfold_runtimes(const std::string& parent) {
  const fs::path directory = fs::path(parent) / (kPrefix + digest_of(embedded_runtimes()));
  if (fs::exists(directory)) return directory;
  // Nothing runs yet that could use those of an earlier version, or what a crash left half-written.
  for (const auto& entry : fs::directory_iterator(parent))
    if (entry.path().filename().string().starts_with(kPrefix)) fs::remove_all(entry.path());
  const fs::path temporary = directory.string() + ".tmp";
  for (const EmbeddedFile& file : embedded_runtimes()) write_file(temporary / file.path, file.content);
  fs::rename(temporary, directory);
  return directory;
}

}  // namespace martlet::server
