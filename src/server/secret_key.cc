#include "server/secret_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/crypto.h"

namespace martlet::server {

namespace {

/// Writes the key under another name first, so that a crash leaves a whole key or none.
void write_key(const std::string& file, const std::string& key) {
  const std::string draft = file + ".new";
  ::unlink(draft.c_str());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) throw std::runtime_error("cannot write " + draft + ": " + std::strerror(errno));
  const bool written =
      ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(draft.c_str(), file.c_str()) != 0)
    throw std::runtime_error("cannot write " + file + ": is the disk full?");
}

}  // namespace

SecretBox open_secret_key(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno != ENOENT) throw std::runtime_error("cannot read " + file + ": " + std::strerror(errno));
    std::string key = random_bytes(SecretBox::kKeySize);
    write_key(file, key);
    return SecretBox(std::move(key));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw std::runtime_error(file + " is open to others than its owner: chmod 600 " + file);
  std::ifstream in(file, std::ios::binary);
  std::string key((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in || key.size() != SecretBox::kKeySize)
    throw std::runtime_error(file +
                             " does not hold a secret key: put back the file that was made with the data");
  return SecretBox(std::move(key));
}

SecretBox passing_secret_key() { return SecretBox(random_bytes(SecretBox::kKeySize)); }

}  // namespace martlet::server
