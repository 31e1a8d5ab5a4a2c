#include "server/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "sandbox/descriptor.h"

namespace martlet::server {

namespace {

/// More than any key has.
constexpr std::size_t kMaxBytes = 4096;

}  // namespace

void write_private_file(const std::string& file, const std::string& content) {
  const std::string draft = file + ".new";
  ::unlink(draft.c_str());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) throw std::runtime_error("cannot write " + draft + ": " + std::strerror(errno));
  const bool written =
      ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(draft.c_str(), file.c_str()) != 0)
    throw std::runtime_error("cannot write " + file + ": is the disk full?");
}

std::optional<std::string> read_private_file(const std::string& file) {
  const sandbox::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened && errno == ENOENT) return std::nullopt;
  struct stat status{};
  if (!opened || ::fstat(opened.get(), &status) != 0)
    throw std::runtime_error("cannot read " + file + ": " + std::strerror(errno));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw std::runtime_error(file + " is open to others than its owner: chmod 600 " + file);
  std::string content(kMaxBytes, '\0');
  const ssize_t count = ::read(opened.get(), content.data(), content.size());
  if (count < 0) throw std::runtime_error("cannot read " + file + ": " + std::strerror(errno));
  content.resize(static_cast<std::size_t>(count));
  return content;
}

}  // namespace martlet::server
