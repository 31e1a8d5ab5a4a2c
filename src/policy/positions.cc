#include "policy/positions.h"

#include <utility>

namespace martlet::policy {

namespace {

/// Walks over a JSON document that is known to be valid.
class Walk {
 public:
  explicit Walk(std::string_view document) : document_(document) {}

  std::vector<StatementPosition> run() {
    while (at_ < document_.size()) {
      const char c = document_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      step();
      if (c == '{' || c == '[') enter(c);
      if (c == '}' || c == ']') leave();
      if (c == ',' && depth_ == 1) in_statements_ = false;
    }
    return std::move(found_);
  }

 private:
  /// The depth inside a statement: of a list of them, or of the only one.
  static constexpr int kInOnly = 2;
  static constexpr int kInListed = 3;

  void step() {
    ++position_.column;
    if (document_[at_++] == '\n') position_ = {position_.line + 1, 1};
  }

  void skip_string() {
    const std::size_t start = at_;
    step();
    while (document_[at_] != '"') {
      if (document_[at_] == '\\') step();
      step();
    }
    step();
    const bool is_key = depth_ == 1 && !in_statements_;
    if (is_key && document_.substr(start, at_ - start) == "\"Statement\"") {
      in_statements_ = true;
      found_.clear();  // of a member that is there twice, the last counts
    }
  }

  void enter(char c) {
    ++depth_;
    if (depth_ == kInOnly) listed_ = c == '[';
    if (in_statements_ && c == '{' && depth_ == (listed_ ? kInListed : kInOnly))
      found_.push_back({.start = position_, .end = {}});
  }

  void leave() {
    if (in_statements_ && depth_ == (listed_ ? kInListed : kInOnly)) found_.back().end = position_;
    --depth_;
  }

  std::string_view document_;
  std::size_t at_ = 0;
  Position position_;
  int depth_ = 0;
  bool in_statements_ = false;
  bool listed_ = false;
  std::vector<StatementPosition> found_;
};

}  // namespace

std::vector<StatementPosition> statement_positions(std::string_view document) { return Walk(document).run(); }

}  // namespace martlet::policy
