#include "server/secret_key.h"

#include <stdexcept>
#include <utility>

#include "base/crypto.h"
#include "server/private_file.h"

namespace martlet::server {

SecretBox open_secret_key(const std::string& file) {
  auto key = read_private_file(file);
  if (!key) {
    key = random_bytes(SecretBox::kKeySize);
    write_private_file(file, *key);
  }
  if (key->size() != SecretBox::kKeySize)
    throw std::runtime_error(file +
                             " does not hold a secret key: put back the file that was made with the data");
  return SecretBox(std::move(*key));
}

SecretBox passing_secret_key() { return SecretBox(random_bytes(SecretBox::kKeySize)); }

}  // namespace martlet::server
