#pragma once

// The details of a refusal as JSON of a bounded size. Only for .cc files of this room.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/statement.h"

namespace martlet::authorization {

/// Texts, and how many were left out.
struct TextList {
  std::vector<std::string> texts = {};
  std::size_t omitted = 0;
};

struct NamedList {
  /// "actions"
  std::string_view name = {};
  TextList list = {};
};

/// A condition of a statement, or, without a comparison, a key of the request.
struct KeyDetails {
  std::string comparison;
  std::string key;
  TextList values;
};

struct StatementDetails {
  std::string sid = {};
  policy::Effect effect = policy::Effect::kDeny;
  /// "identity-based policy"
  std::string_view policy_type = {};
  std::string policy_name = {};
  std::array<NamedList, 3> lists = {};
  std::vector<KeyDetails> conditions = {};
};

struct DenialDetails {
  bool explicit_deny = false;
  std::vector<StatementDetails> statements = {};
  std::size_t statements_omitted = 0;
  std::string principal_id = {};
  /// Of users.
  std::string principal_name = {};
  std::string principal_arn = {};
  std::string action = {};
  std::string resource = {};
  std::vector<KeyDetails> conditions = {};
  std::size_t conditions_omitted = 0;
};

/// Leaves out what is longest until `most` bytes, at least a thousand, suffice.
std::string json_of(DenialDetails details, std::size_t most);

}  // namespace martlet::authorization
