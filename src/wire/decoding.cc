#include "wire/decoding.h"

#include "wire/scalar.h"

namespace martlet::wire {
namespace {

void append_path(const Path* path, std::string& text) {
  if (path == nullptr) return;
  append_path(path->parent, text);
  if (!text.empty()) text += '.';
  if (path->step == Path::Step::kElement) {
    text += std::to_string(path->index) + ".member";
  } else if (path->step == Path::Step::kKey) {
    text += std::string(path->name) + ".member";
  } else {
    const std::size_t start = text.size();
    text += path->name;
    // Members start with a small letter, whatever the model says; nothing else is changed ("kMSKeyArn").
    if (text.size() > start && text[start] >= 'A' && text[start] <= 'Z') text[start] += 'a' - 'A';
  }
}

}  // namespace

std::string path_text(const Path* path, std::string_view last) {
  std::string text;
  if (last.empty()) {
    append_path(path, text);
  } else {
    const Path end{.parent = path, .name = last};
    append_path(&end, text);
  }
  return text;
}

void Decoding::note_missing(const Shape& shape, const Seen& seen, const Path* path) {
  for (std::size_t i = 0; i < shape.members.size(); ++i) {
    const Member& member = shape.members[i];
    if (member.required && !seen.has(i)) missing.insert(path_text(path, member.name));
  }
}

aws::Error serialization_error(std::string message) {
  return {"SerializationException", std::move(message), 400};
}

aws::Error mismatch(std::string_view found, Kind wanted) {
  const std::string_view name = kind_name(wanted);
  const bool vowel = name.starts_with('I');
  return serialization_error(std::string(found) + " can not be converted to " + (vowel ? "an " : "a ") +
                             std::string(name));
}

void check_depth(int depth) {
  if (depth > kMaxDepth) throw serialization_error("The request is nested too deeply.");
}

}  // namespace martlet::wire
