#include "services/iam/policy_document.h"

#include "policy/check.h"
#include "policy/document.h"
#include "services/iam/errors.h"

namespace martlet::iam {

void check_policy(std::string_view document, PolicyKind kind) {
  try {
    policy::check(document, kind);
  } catch (const policy::InvalidPolicy& why) {
    throw malformed_policy(why.what());
  }
}

std::size_t counted_size(std::string_view document) {
  std::size_t count = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const char c = document[i];
    if (in_string && c == '\\') {
      count += 2;  // the escaped character is no end of the string
      ++i;
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) ++count;
  }
  return count;
}

}  // namespace martlet::iam
