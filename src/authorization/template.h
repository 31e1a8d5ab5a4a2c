#pragma once

// The templates of rules (rules.h), taken apart once and filled in for each call. Immutable; views the table
// that it was made from.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authorization/members.h"
#include "authorization/rules.h"

namespace martlet::authorization {

class Template {
 public:
  /// `input` may be null: then there are no members. Throws std::logic_error.
  Template(const wire::Shape* input, std::string_view text);

  /// Whether it begins with a member, which then is all of an ARN or the beginning of one.
  [[nodiscard]] bool begins_with_member() const {
    return !pieces_.empty() && pieces_.front().literal.empty();
  }

  /// What absent members stand for.
  enum class Absent { kEverything, kNothing };
  /// One text for each combination of the members' values; none when an optional member is absent. kNothing
  /// treats every member that is not completed as optional.
  [[nodiscard]] Task<std::vector<std::string>> fill(Call call, Naming* naming, Absent absent) const;

 private:
  struct Piece {
    /// Not empty: text as it is.
    std::string_view literal;
    MemberPath path = {};
    /// What Naming completes it as; empty for the value itself.
    std::string_view kind = {};
    bool optional = false;
  };

  static Piece member_piece(const wire::Shape* input, std::string_view text);
  std::vector<Piece> pieces_;
};

}  // namespace martlet::authorization
