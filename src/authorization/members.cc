#include "authorization/members.h"

#include <cstdint>
#include <stdexcept>

#include "base/strings.h"

namespace martlet::authorization {

namespace {

using wire::Kind;

const wire::Member& require_member(const wire::Shape& shape, std::string_view name) {
  const wire::Member* member = shape.find_member(name);
  if (member == nullptr)
    throw std::logic_error(std::string(shape.name) + " has no member " + std::string(name));
  return *member;
}

std::string text_of(const wire::Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
    case Kind::kBlob:
      return *static_cast<const std::string*>(value);
    case Kind::kBoolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong:
      return std::to_string(*static_cast<const std::int64_t*>(value));
    default:
      return {};
  }
}

/// Calls `visit` with the value of each element that is there.
template <class Visit>
void each_element(const wire::Shape& list, void* value, Visit visit) {
  const std::size_t size = list.list->size(value);
  for (std::size_t i = 0; i < size; ++i)
    if (void* element = list.element->access->find(list.list->at(value, i))) visit(element);
}

/// The texts in `value` that the members from `next` on lead to.
void collect(const wire::Shape& shape, void* value, const wire::Member* const* next,
             const wire::Member* const* end, std::vector<std::string>& out) {
  if (shape.kind == Kind::kList) {
    each_element(shape, value,
                 [&](void* element) { collect(*shape.element->shape, element, next, end, out); });
  } else if (next == end) {
    out.push_back(text_of(shape, value));
  } else if (void* inner = (*next)->find(value)) {
    collect(*(*next)->shape, inner, next + 1, end, out);
  }
}

/// The structure's member that is called so in one of AWS's spellings; null when there is none.
const wire::Member* tag_part(const wire::Shape& pair, std::string_view part) {
  for (const wire::Member& member : pair.members)
    if (to_lower(member.name).ends_with(part)) return &member;
  return nullptr;
}

std::string part_of(const wire::Member* member, const void* pair) {
  const void* value = member == nullptr ? nullptr : member->find(pair);
  return value == nullptr ? std::string() : text_of(*member->shape, value);
}

}  // namespace

MemberPath::MemberPath(const wire::Shape& input, std::string_view path) {
  const wire::Shape* shape = &input;
  for (const std::string_view name : split(path, '.')) {
    while (shape->kind == Kind::kList) shape = shape->element->shape;
    const wire::Member& member = require_member(*shape, name);
    steps_.push_back(&member);
    shape = member.shape;
  }
}

std::vector<std::string> MemberPath::values(const void* input) const {
  std::vector<std::string> out;
  if (input == nullptr || steps_.empty()) return out;
  const wire::Member& first = *steps_.front();
  if (void* value = first.find(input))
    collect(*first.shape, value, steps_.data() + 1, steps_.data() + steps_.size(), out);
  return out;
}

bool MemberPath::given(const void* input) const {
  return input != nullptr && !steps_.empty() && steps_.front()->find(input) != nullptr;
}

std::string MemberPath::value(const void* input) const {
  std::vector<std::string> all = values(input);
  return all.empty() ? std::string() : std::move(all.front());
}

TagMember::TagMember(const wire::Shape& input, std::string_view member)
    : member_(&require_member(input, member)) {}

bool TagMember::has_values() const {
  const wire::Shape& shape = *member_->shape;
  return shape.kind == Kind::kMap || shape.element->shape->kind == Kind::kStructure;
}

Tags TagMember::tags(const void* input) const {
  Tags tags;
  const wire::Shape& shape = *member_->shape;
  void* value = input == nullptr ? nullptr : member_->find(input);
  if (value == nullptr) return tags;
  if (shape.kind == Kind::kMap) {
    struct Visitor {
      const wire::Shape& map;
      Tags& tags;
    } visitor{shape, tags};
    shape.map->each(value, &visitor, [](void* to, const std::string& key, void* slot) {
      auto& [map, out] = *static_cast<Visitor*>(to);
      const void* text = map.element->access->find(slot);
      out.emplace_back(key, text == nullptr ? std::string() : text_of(*map.element->shape, text));
    });
    return tags;
  }
  const wire::Shape& element = *shape.element->shape;
  const bool pairs = element.kind == Kind::kStructure;
  const wire::Member* key = pairs ? tag_part(element, "key") : nullptr;
  const wire::Member* content = pairs ? tag_part(element, "value") : nullptr;
  each_element(shape, value, [&](void* one) {
    if (pairs)
      tags.emplace_back(part_of(key, one), part_of(content, one));
    else
      tags.emplace_back(text_of(element, one), std::string());
  });
  return tags;
}

}  // namespace martlet::authorization
