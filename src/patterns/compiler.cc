#include "patterns/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "patterns/dialect.h"

namespace martlet::patterns {
namespace {

constexpr std::size_t kMaxDepth = 100;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; }));
}

class Compiler {
 public:
  Compiler(const JsonTree& tree, Dialect dialect)
      : tree_(tree), dialect_(dialect), rules_(Rules::of(dialect)) {}

  Group compile(const JsonNode& root) const {
    if (root.kind != JsonNode::Kind::kObject) {
      refuse(dialect_, "Filter is not an object");
    }
    const auto fields = children(tree_, root);
    if (rules_.max_keys != 0 && fields.size() > rules_.max_keys) {
      refuse(dialect_, fmt::format("Filter policy can not have more than {} keys", rules_.max_keys));
    }
    if (fields.empty() && rules_.empty == Allowed::kYes) {
      return {};
    }
    Group group = object(root);
    if (combinations(group, 1) > static_cast<double>(rules_.max_combinations)) {
      refuse(dialect_, is_sns(dialect_) ? "Filter policy is too complex" : "Rule is too complex");
    }
    return group;
  }

 private:
  Group object(const JsonNode& node) const {
    Group group;
    const auto members = children(tree_, node);
    if (members.empty()) {
      refuse(dialect_, "Empty objects are not allowed");
    }
    for (const JsonNode* member : members) {
      if (is_or(*member)) {
        group.any_of.push_back(choices(*member));
        group.accepts_absence =
            group.accepts_absence &&
            std::ranges::any_of(group.any_of.back(), [](const Group& each) { return each.accepts_absence; });
      } else {
        group.fields.push_back(field(*member));
        const Field& added = group.fields.back();
        group.accepts_absence = group.accepts_absence && (added.condition ? added.condition->accepts_absence()
                                                                          : added.group->accepts_absence);
      }
    }
    return group;
  }

  Field field(const JsonNode& member) const {
    Field field{.name = std::string(member.key)};
    if (member.kind == JsonNode::Kind::kArray) {
      field.condition = std::make_shared<const Condition>(LeafCompiler(tree_, dialect_).compile(member));
    } else if (member.kind != JsonNode::Kind::kObject) {
      refuse(dialect_, fmt::format("\"{}\" must be an object or an array", member.key));
    } else if (rules_.nested == Allowed::kNo) {
      refuse(dialect_, "Filter policy scope MessageAttributes does not support nested filter policy");
    } else {
      field.group = std::make_unique<const Group>(object(member));
    }
    return field;
  }

  std::vector<Group> choices(const JsonNode& member) const {
    std::vector<Group> groups;
    for (const JsonNode* choice : children(tree_, member)) {
      groups.push_back(object(*choice));
    }
    return groups;
  }

  /// Else "$or" is the name of a field like any other, as it was before there was the operator.
  [[nodiscard]] bool is_or(const JsonNode& member) const {
    if (member.key != "$or" || member.kind != JsonNode::Kind::kArray || member.size < 2) {
      return false;
    }
    return std::ranges::all_of(children(tree_, member), [&](const JsonNode* choice) {
      return choice->kind == JsonNode::Kind::kObject && choice->size > 0 &&
             std::ranges::none_of(children(tree_, *choice),
                                  [](const JsonNode* each) { return LeafCompiler::is_operator(each->key); });
    });
  }

  /// As AWS counts them: for SNS the values of each leaf times its depth, multiplied; for the others the
  /// choices of each $or. What choices hold is added up.
  [[nodiscard]] double combinations(const Group& group, std::size_t depth) const {
    double product = 1;
    for (const Field& field : group.fields) {
      if (field.group) {
        product *= combinations(*field.group, depth + 1);
      } else if (is_sns(dialect_)) {
        product *= static_cast<double>(field.condition->alternatives().size() * depth);
      }
    }
    for (const std::vector<Group>& choices : group.any_of) {
      double sum = 0;
      for (const Group& choice : choices) {
        sum += combinations(choice, depth);
      }
      product *= sum;
    }
    return product;
  }

  const JsonTree& tree_;
  Dialect dialect_;
  const Rules& rules_;
};

}  // namespace

std::vector<const JsonNode*> children(const JsonTree& tree, const JsonNode& parent) {
  std::vector<const JsonNode*> nodes;
  nodes.reserve(parent.size);
  std::unordered_set<std::string_view> names;
  for (const JsonNode* child = tree.first(parent); child != nullptr; child = tree.next(*child)) {
    if (parent.kind == JsonNode::Kind::kArray || names.insert(child->key).second) {
      nodes.push_back(child);
    }
  }
  std::ranges::reverse(nodes);
  return nodes;
}

Group compile(std::string_view json, Dialect dialect) {
  const Rules& rules = Rules::of(dialect);
  if ((is_sns(dialect) ? json.size() : characters(json)) > rules.max_size) {
    refuse(dialect, is_sns(dialect) ? "Filter policy is too large" : "Event pattern is too long");
  }
  JsonTree tree;
  const auto root = tree.read(json, kMaxDepth);
  if (!root) {
    refuse(dialect, is_sns(dialect) ? "failed to parse JSON" : "Filter is not valid JSON");
  }
  return Compiler(tree, dialect).compile(tree[*root]);
}

}  // namespace martlet::patterns
