// Encoded authorization messages, which come back from outside: none but the one that was made is opened.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "authorization/authorization_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using martlet::authorization::AuthorizationMessages;
  static const martlet::SecretBox secrets(std::string(martlet::SecretBox::kKeySize, 'k'));
  static const AuthorizationMessages messages(secrets);
  static const std::string account = "123456789012";
  static const std::string made = messages.encode("{\"allowed\":false}", account);

  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto is_known = [&](std::string_view message) {
    return messages.decode(message, account).has_value();
  };
  if (is_known(text) != (text == made)) std::abort();
  // The input says where to change the one that was made, and to what.
  std::string changed = made;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const std::size_t at = data[i] % (changed.size() + 1);
    const char letter = static_cast<char>(data[i + 1]);
    if (at < changed.size())
      changed[at] = letter;
    else if (changed.size() < 2 * made.size())
      changed += letter;
  }
  if (is_known(changed) != (changed == made)) std::abort();
  return 0;
}
