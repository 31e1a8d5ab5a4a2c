#pragma once

// Members of an operation's input by their names, read through the wire tables: what rules say of any
// operation without knowing its types. Immutable once made; views the tables.

#include <string>
#include <string_view>
#include <vector>

#include "authorization/tags.h"
#include "wire/tables.h"

namespace martlet::authorization {

/// Where a value lies in an input: "FunctionName", "Code.S3Bucket", "Entries.Id" (of every entry).
class MemberPath {
 public:
  MemberPath() = default;
  /// Throws std::logic_error when the shape has no such member.
  MemberPath(const wire::Shape& input, std::string_view path);

  /// The values as texts; none where the member is absent. Lists on the way give a value for each element.
  [[nodiscard]] std::vector<std::string> values(const void* input) const;
  /// Whether the member is there, be it empty.
  [[nodiscard]] bool given(const void* input) const;
  /// The first value; empty where there is none.
  [[nodiscard]] std::string value(const void* input) const;

 private:
  std::vector<const wire::Member*> steps_;
};

/// Tags as an input carries them, whichever of AWS's forms they have there: a map, a list of pairs, or, to
/// untag, a list of keys, whose values then are empty.
class TagMember {
 public:
  /// Throws std::logic_error when the shape has no such member.
  TagMember(const wire::Shape& input, std::string_view member);

  [[nodiscard]] Tags tags(const void* input) const;
  /// Whether they have values, not keys alone.
  [[nodiscard]] bool has_values() const;

 private:
  const wire::Member* member_;
};

}  // namespace martlet::authorization
