#include "wire/validation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "wire/decoding.h"
#include "wire/pattern.h"
#include "wire/scalar.h"

namespace martlet::wire {
namespace {

// Longer values are cut in messages.
constexpr std::size_t kMaxShown = 4096;
// Nobody reads more than this many violations, and a message has to have an end.
constexpr std::size_t kMaxViolations = 100;

std::string number_text(double number) {
  return std::trunc(number) == number ? std::to_string(static_cast<std::int64_t>(number))
                                      : double_text(number);
}

/// UTF-16 code units, in which AWS counts.
std::size_t text_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

std::string enum_text(const Constraints& constraints) {
  return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(constraints.enum_values, ", "));
}

/// What `shape` asks of its values, in AWS's words.
class Wording {
 public:
  explicit Wording(const Shape& shape) : constraints_(*shape.constraints) {
    const bool number = shape.kind == Kind::kInteger || shape.kind == Kind::kLong ||
                        shape.kind == Kind::kFloat || shape.kind == Kind::kDouble;
    measure_ = number ? "value" : "length";
  }
  [[nodiscard]] std::string most() const {
    return fmt::format("Member must have {} less than or equal to {}", measure_,
                       number_text(constraints_.max));
  }
  [[nodiscard]] std::string least() const {
    return fmt::format("Member must have {} greater than or equal to {}", measure_,
                       number_text(constraints_.min));
  }
  [[nodiscard]] std::string pattern() const {
    return fmt::format("Member must satisfy regular expression pattern: {}", constraints_.pattern);
  }
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> words;
    if (constraints_.has_max) words.push_back(most());
    if (constraints_.has_min) words.push_back(least());
    if (!constraints_.pattern.empty()) words.push_back(pattern());
    if (!constraints_.enum_values.empty()) words.push_back(enum_text(constraints_));
    return words;
  }

 private:
  const Constraints& constraints_;
  std::string_view measure_;
};

double measure(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
      return static_cast<double>(text_length(*static_cast<const std::string*>(value)));
    case Kind::kBlob:
      return static_cast<double>(static_cast<const std::string*>(value)->size());
    case Kind::kList:
      return static_cast<double>(shape.list->size(value));
    case Kind::kMap:
      return static_cast<double>(shape.map->size(value));
    case Kind::kInteger:
      return *static_cast<const std::int32_t*>(value);
    case Kind::kLong:
      return static_cast<double>(*static_cast<const std::int64_t*>(value));
    case Kind::kFloat:
      return *static_cast<const float*>(value);
    case Kind::kDouble:
      return *static_cast<const double*>(value);
    default:
      return 0;
  }
}

/// The constraints of `shape` that `value` does not satisfy.
std::vector<std::string> failures(const Shape& shape, const void* value) {
  std::vector<std::string> failed;
  if (shape.constraints == nullptr) return failed;
  const Constraints& rules = *shape.constraints;
  const Wording wording(shape);
  const double measured = rules.has_min || rules.has_max ? measure(shape, value) : 0;
  if (rules.has_max && !(measured <= rules.max)) failed.push_back(wording.most());
  if (rules.has_min && !(measured >= rules.min)) failed.push_back(wording.least());
  if (shape.kind != Kind::kString) return failed;
  const auto& text = *static_cast<const std::string*>(value);
  if (!rules.pattern.empty() && !matches_pattern(rules.pattern, text)) failed.push_back(wording.pattern());
  if (!rules.enum_values.empty() && std::ranges::find(rules.enum_values, text) == rules.enum_values.end())
    failed.push_back(enum_text(rules));
  return failed;
}

/// A value as AWS shows it in messages.
void show(const Shape& shape, const void* value, std::string& out);

void show_slot(const Element& element, void* slot, std::string& out) {
  const void* content = element.access->find(slot);
  if (content == nullptr)
    out += "null";
  else
    show(*element.shape, content, out);
}

void show_map(const Shape& shape, const void* value, std::string& out) {
  struct Visitor {
    const Element& element;
    std::string& out;
  } visitor{*shape.element, out};
  shape.map->each(const_cast<void*>(value), &visitor, [](void* context, const std::string& key, void* slot) {
    auto& [element, text] = *static_cast<Visitor*>(context);
    if (!text.ends_with('{')) text += ", ";
    text += key + '=';
    if (text.size() < kMaxShown) show_slot(element, slot, text);
  });
}

void show(const Shape& shape, const void* value, std::string& out) {
  if (out.size() > kMaxShown) return;
  if (shape.sensitive) {
    out += "***";
  } else if (shape.kind == Kind::kStructure) {
    out += std::string(shape.name) + '(';
    for (const Member& member : shape.members) {
      const void* content = member.find(value);
      if (content == nullptr) continue;
      if (!out.ends_with('(')) out += ", ";
      out += std::string(member.name) + '=';
      show(*member.shape, content, out);
    }
    out += ')';
  } else if (shape.kind == Kind::kList) {
    out += '[';
    const std::size_t count = shape.list->size(value);
    for (std::size_t i = 0; i < count && out.size() < kMaxShown; ++i) {
      if (i > 0) out += ", ";
      show_slot(*shape.element, shape.list->at(const_cast<void*>(value), i), out);
    }
    out += ']';
  } else if (shape.kind == Kind::kMap) {
    out += '{';
    show_map(shape, value, out);
    out += '}';
  } else if (shape.kind == Kind::kBlob) {
    const std::size_t size = static_cast<const std::string*>(value)->size();
    out += fmt::format("java.nio.HeapByteBuffer[pos=0 lim={} cap={}]", size, size);
  } else if (shape.kind != Kind::kDocument) {
    out += scalar_text(shape, value, choose_format(TimeFormat::kDefault, shape, TimeFormat::kDateTime));
  }
}

class Validator {
 public:
  explicit Validator(const std::set<std::string>& missing) : missing_(missing) {}

  void structure(const Shape& shape, const void* value, const Path* path) {
    for (const Member& member : shape.members) {
      const Path here{.parent = path, .name = member.name};
      if (member.required && !missing_.empty() && missing_.contains(path_text(&here))) {
        add(fmt::format("Value null at '{}'", path_text(&here)), "Member must not be null");
        continue;
      }
      const void* content = member.find(value);
      if (content != nullptr) check(*member.shape, content, &here);
    }
  }

  std::vector<std::string> take() { return std::move(violations_); }

 private:
  void check(const Shape& shape, const void* value, const Path* path) {
    if (violations_.size() >= kMaxViolations) return;
    for (const std::string& failed : failures(shape, value)) add(subject(shape, value, path), failed);
    if (shape.kind == Kind::kStructure) structure(shape, value, path);
    if (shape.kind == Kind::kList) list(shape, value, path);
    if (shape.kind == Kind::kMap) map(shape, value, path);
  }

  /// Elements that are scalars are reported once for the whole list, others each by its own path.
  void list(const Shape& shape, const void* value, const Path* path) {
    const Element& element = *shape.element;
    const std::size_t count = shape.list->size(value);
    for (std::size_t i = 0; i < count; ++i) {
      const void* item = element.access->find(shape.list->at(const_cast<void*>(value), i));
      if (item == nullptr) continue;
      if (is_scalar(element.shape->kind)) {
        if (failures(*element.shape, item).empty()) continue;
        add(subject(shape, value, path),
            fmt::format("Member must satisfy constraint: [{}]", all(*element.shape)));
        return;
      }
      const Path here{.parent = path, .step = Path::Step::kElement, .index = i + 1};
      check(*element.shape, item, &here);
    }
  }

  void map(const Shape& shape, const void* value, const Path* path) {
    struct Visitor {
      Validator& validator;
      const Shape& shape;
      const Path* path;
      bool bad_key = false;
      bool bad_value = false;
    } visitor{*this, shape, path};
    shape.map->each(const_cast<void*>(value), &visitor,
                    [](void* context, const std::string& key, void* slot) {
                      auto& at = *static_cast<Visitor*>(context);
                      if (!failures(*at.shape.key->shape, &key).empty()) at.bad_key = true;
                      const Element& element = *at.shape.element;
                      const void* content = element.access->find(slot);
                      if (content == nullptr) return;
                      if (is_scalar(element.shape->kind)) {
                        if (!failures(*element.shape, content).empty()) at.bad_value = true;
                        return;
                      }
                      const Path here{.parent = at.path, .step = Path::Step::kKey, .name = key};
                      at.validator.check(*element.shape, content, &here);
                    });
    if (visitor.bad_key)
      add(subject(shape, value, path),
          fmt::format("Map keys must satisfy constraint: [{}]", all(*shape.key->shape)));
    if (visitor.bad_value)
      add(subject(shape, value, path),
          fmt::format("Map value must satisfy constraint: [{}]", all(*shape.element->shape)));
  }

  static std::string all(const Shape& shape) {
    return fmt::format("{}", fmt::join(Wording(shape).all(), ", "));
  }

  static std::string subject(const Shape& shape, const void* value, const Path* path) {
    const bool hidden = shape.sensitive || (shape.element != nullptr && shape.element->shape->sensitive);
    if (hidden) return fmt::format("Value at '{}'", path_text(path));
    std::string shown;
    show(shape, value, shown);
    if (shown.size() > kMaxShown) shown = to_valid_utf8(shown.substr(0, kMaxShown)) + "...";
    return fmt::format("Value '{}' at '{}'", shown, path_text(path));
  }

  void add(const std::string& subject, const std::string& constraint) {
    if (violations_.size() < kMaxViolations)
      violations_.push_back(subject + " failed to satisfy constraint: " + constraint);
  }

  const std::set<std::string>& missing_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> find_violations(const Shape& structure, const void* value,
                                         const std::set<std::string>& missing) {
  Validator validator(missing);
  validator.structure(structure, value, nullptr);
  return validator.take();
}

void validate(const ServiceModel& service, const Shape& structure, const void* value,
              const std::set<std::string>& missing) {
  const auto violations = find_violations(structure, value, missing);
  if (violations.empty()) return;
  throw aws::Error(std::string(service.validation_code),
                   fmt::format("{} validation error{} detected: {}", violations.size(),
                               violations.size() == 1 ? "" : "s", fmt::join(violations, "; ")),
                   400);
}

}  // namespace martlet::wire
