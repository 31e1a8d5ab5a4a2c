#include "authorization/template.h"

#include <stdexcept>
#include <utility>

namespace martlet::authorization {

namespace {

void append_each(std::vector<std::string>& texts, const std::vector<std::string>& values) {
  std::vector<std::string> combined;
  combined.reserve(texts.size() * values.size());
  for (const std::string& text : texts)
    for (const std::string& value : values) combined.push_back(text + value);
  texts = std::move(combined);
}

}  // namespace

Template::Template(const wire::Shape* input, std::string_view text) {
  while (!text.empty()) {
    if (text.front() != '{') {
      const std::size_t end = std::min(text.find('{'), text.size());
      pieces_.push_back({.literal = text.substr(0, end)});
      text.remove_prefix(end);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos)
      throw std::logic_error("a template lacks its brace: " + std::string(text));
    pieces_.push_back(member_piece(input, text.substr(1, end - 1)));
    text.remove_prefix(end + 1);
  }
}

Template::Piece Template::member_piece(const wire::Shape* input, std::string_view text) {
  Piece piece;
  if (const auto bar = text.find('|'); bar != std::string_view::npos) {
    piece.kind = text.substr(bar + 1);
    text = text.substr(0, bar);
  }
  if (text.ends_with('?')) {
    piece.optional = true;
    text.remove_suffix(1);
  }
  if (text.empty()) return piece;  // completed from nothing but the call
  if (input == nullptr) throw std::logic_error("there is no input with a member " + std::string(text));
  piece.path = MemberPath(*input, text);
  return piece;
}

Task<std::vector<std::string>> Template::fill(Call call, Naming* naming, Absent absent) const {
  std::vector<std::string> texts(1);
  for (const Piece& piece : pieces_) {
    if (!piece.literal.empty()) {
      for (std::string& text : texts) text += piece.literal;
      continue;
    }
    std::vector<std::string> values = piece.path.values(call.input);
    if (values.empty()) {
      if (piece.optional || (absent == Absent::kNothing && piece.kind.empty()))
        co_return std::vector<std::string>();
      values.emplace_back(piece.kind.empty() ? "*" : "");
    }
    if (!piece.kind.empty()) {
      if (naming == nullptr) throw std::logic_error("nothing completes " + std::string(piece.kind));
      for (std::string& value : values) {
        std::string completed = co_await naming->complete(call, piece.kind, std::move(value));
        value = std::move(completed);
      }
      if (piece.optional) std::erase(values, std::string());
      if (values.empty()) co_return std::vector<std::string>();
    }
    append_each(texts, values);
  }
  co_return texts;
}

}  // namespace martlet::authorization
