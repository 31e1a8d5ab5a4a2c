#include "authorization/denial_json.h"

#include <numeric>

#include "base/strings.h"

namespace martlet::authorization {

namespace {

/// What is left of a text that is too long.
constexpr std::size_t kShortened = 200;
constexpr std::string_view kCut = "...";

/// AWS wraps every list: {"items": [...]}.
std::string items(const std::string& joined, std::size_t omitted) {
  const std::string more = omitted == 0 ? "" : ",\"omitted\":" + std::to_string(omitted);
  return "{\"items\":[" + joined + "]" + more + "}";
}

std::string join(const auto& list, auto&& each) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + each(item);
  return out;
}

std::string json(const TextList& list) {
  return items(
      join(list.texts, [](const std::string& text) { return "{\"value\":" + quote_json(text) + "}"; }),
      list.omitted);
}

std::string json(const std::vector<KeyDetails>& keys, std::size_t omitted) {
  return items(join(keys,
                    [](const KeyDetails& key) {
                      const std::string comparison =
                          key.comparison.empty() ? "" : "\"operator\":" + quote_json(key.comparison) + ",";
                      return "{" + comparison + "\"key\":" + quote_json(key.key) +
                             ",\"values\":" + json(key.values) + "}";
                    }),
               omitted);
}

std::string json(const StatementDetails& statement) {
  std::string out = "{\"statementId\":" + quote_json(statement.sid) + ",\"effect\":";
  out += statement.effect == policy::Effect::kDeny ? "\"DENY\"" : "\"ALLOW\"";
  out += ",\"policyType\":" + quote_json(statement.policy_type);
  if (!statement.policy_name.empty()) out += ",\"policyId\":" + quote_json(statement.policy_name);
  for (const NamedList& list : statement.lists)
    if (!list.name.empty()) out += ",\"" + std::string(list.name) + "\":" + json(list.list);
  return out + ",\"conditions\":" + json(statement.conditions, 0) + "}";
}

std::string json(const DenialDetails& details) {
  std::string principal = "\"id\":" + quote_json(details.principal_id);
  if (!details.principal_name.empty()) principal += ",\"name\":" + quote_json(details.principal_name);
  principal += ",\"arn\":" + quote_json(details.principal_arn);
  return std::string("{\"allowed\":false,\"explicitDeny\":") + (details.explicit_deny ? "true" : "false") +
         ",\"matchedStatements\":" +
         items(join(details.statements, [](const StatementDetails& each) { return json(each); }),
               details.statements_omitted) +
         ",\"failures\":{\"items\":[]},\"context\":{\"principal\":{" + principal +
         "},\"action\":" + quote_json(details.action) + ",\"resource\":" + quote_json(details.resource) +
         ",\"conditions\":" + json(details.conditions, details.conditions_omitted) + "}}";
}

std::size_t size_of(const TextList& list) {
  return std::accumulate(list.texts.begin(), list.texts.end(), std::size_t{0},
                         [](std::size_t sum, const std::string& text) { return sum + text.size(); });
}

/// Finds what is longest.
class Longest {
 public:
  explicit Longest(DenialDetails& details) {
    look_at(details.resource);
    look_at(details.principal_arn);
    look_at(details.principal_id);
    for (KeyDetails& key : details.conditions) look_at(key);
    for (StatementDetails& statement : details.statements) {
      look_at(statement.sid);
      for (NamedList& list : statement.lists) look_at(list.list);
      for (KeyDetails& key : statement.conditions) look_at(key);
    }
  }

  /// Whether there was anything to leave out.
  bool leave_out() {
    if (list_ != nullptr) {
      list_->omitted += list_->texts.size();
      list_->texts.clear();
    } else if (text_ != nullptr) {
      text_->resize(kShortened);
      *text_ += kCut;
    }
    return list_ != nullptr || text_ != nullptr;
  }

 private:
  void look_at(TextList& list) {
    if (list.texts.empty() || size_of(list) < size_) return;
    size_ = size_of(list);
    list_ = &list;
    text_ = nullptr;
  }
  void look_at(std::string& text) {
    if (text.size() <= kShortened + kCut.size() || text.size() < size_) return;
    size_ = text.size();
    text_ = &text;
    list_ = nullptr;
  }
  void look_at(KeyDetails& key) {
    look_at(key.key);
    look_at(key.values);
  }

  std::size_t size_ = 0;
  TextList* list_ = nullptr;
  std::string* text_ = nullptr;
};

/// Whether there was anything to drop.
bool drop_last(auto& list, std::size_t& omitted) {
  if (list.empty()) return false;
  list.pop_back();
  ++omitted;
  return true;
}

}  // namespace

std::string json_of(DenialDetails details, std::size_t most) {
  while (true) {
    std::string out = json(details);
    if (out.size() <= most) return out;
    if (Longest(details).leave_out() || drop_last(details.conditions, details.conditions_omitted)) continue;
    if (!drop_last(details.statements, details.statements_omitted)) return R"({"allowed":false})";
  }
}

}  // namespace martlet::authorization
