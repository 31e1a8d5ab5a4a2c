#include "wire/router.h"

#include <algorithm>
#include <map>

#include "base/strings.h"

namespace martlet::wire {
namespace {

using Segment = UriTemplate::Segment;

/// Segments of a path; a trailing slash does not make one.
std::vector<std::string_view> path_segments(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return {};
  auto parts = split(path, '/');
  if (parts.back().empty()) parts.pop_back();
  return parts;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

bool has_pair(const Pairs& query, std::string_view name, std::optional<std::string_view> value) {
  return std::ranges::any_of(
      query, [&](const auto& pair) { return pair.first == name && (!value || pair.second == *value); });
}

/// An operation that ends at a node, with what it asks of the query and headers.
struct Candidate {
  const Operation* operation;
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> constants;
  std::vector<std::string_view> required_query;
  std::vector<std::string_view> required_headers;

  [[nodiscard]] std::size_t demands() const {
    return constants.size() + required_query.size() + required_headers.size();
  }
  [[nodiscard]] bool constants_hold(const Pairs& query) const {
    return std::ranges::all_of(constants,
                               [&](const auto& pair) { return has_pair(query, pair.first, pair.second); });
  }
  [[nodiscard]] bool holds(const RequestView& request, const Pairs& query) const {
    return std::ranges::all_of(required_query,
                               [&](auto name) { return has_pair(query, name, std::nullopt); }) &&
           std::ranges::all_of(required_headers, [&](auto name) { return request.header(name).has_value(); });
  }
};

Candidate make_candidate(const Operation& operation, const UriTemplate& uri) {
  Candidate candidate{
      .operation = &operation, .constants = uri.constants, .required_query = {}, .required_headers = {}};
  if (operation.input == nullptr) return candidate;
  for (const Member& member : operation.input->members) {
    if (!member.required) continue;
    if (member.location == Location::kQuery) candidate.required_query.push_back(member.wire_name);
    if (member.location == Location::kHeader) candidate.required_headers.push_back(member.wire_name);
  }
  return candidate;
}

/// The best of the candidates of one path, most demanding first.
const Operation* choose(const std::vector<Candidate>& candidates, const RequestView& request,
                        const Pairs& query) {
  const Operation* fallback = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.operation->method != request.method || !candidate.constants_hold(query)) continue;
    if (candidate.holds(request, query)) return candidate.operation;
    fallback = candidate.operation;  // its missing parameters are the validator's business
  }
  return fallback;
}

}  // namespace

UriTemplate::UriTemplate(std::string_view uri) {
  const std::size_t question = std::min(uri.find('?'), uri.size());
  for (const std::string_view part : path_segments(uri.substr(0, question))) {
    if (!part.starts_with('{') || !part.ends_with('}')) {
      segments.push_back({Segment::Kind::kLiteral, part});
      continue;
    }
    const std::string_view name = part.substr(1, part.size() - 2);
    if (name.ends_with('+'))
      segments.push_back({Segment::Kind::kGreedyLabel, name.substr(0, name.size() - 1)});
    else
      segments.push_back({Segment::Kind::kLabel, name});
  }
  if (question == uri.size()) return;
  for (const std::string_view pair : split(uri.substr(question + 1), '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos)
      constants.emplace_back(pair, std::nullopt);
    else
      constants.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
}

std::vector<std::pair<std::string_view, std::string>> UriTemplate::labels(std::string_view path) const {
  std::vector<std::pair<std::string_view, std::string>> found;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    std::string_view part = path.substr(0, path.find('/'));
    if (segment.kind == Segment::Kind::kGreedyLabel) {
      // A greedy label takes all but the segments that the template has after it.
      std::size_t end = path.size();
      for (std::size_t after = i + 1; after < segments.size() && end != std::string_view::npos; ++after)
        end = path.rfind('/', end - 1);
      part = path.substr(0, end);
    }
    if (segment.kind != Segment::Kind::kLiteral)
      found.emplace_back(segment.text, percent_decode(part).value_or(std::string(part)));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  return found;
}

struct Router::Node {
  std::map<std::string_view, std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> label;
  /// A greedy label follows here; what must come after it hangs below.
  std::unique_ptr<Node> greedy;
  std::vector<Candidate> ends;

  const Operation* find(std::span<const std::string_view> rest, const RequestView& request,
                        const Pairs& query) const {
    if (rest.empty()) return choose(ends, request, query);
    if (const auto literal = literals.find(rest[0]); literal != literals.end())
      if (const Operation* found = literal->second->find(rest.subspan(1), request, query)) return found;
    if (label != nullptr && !rest[0].empty())
      if (const Operation* found = label->find(rest.subspan(1), request, query)) return found;
    if (greedy == nullptr) return nullptr;
    // Templates have at most a few segments after a greedy label, so the longest fit is found in a few steps.
    for (std::size_t taken = rest.size(); taken > 0 && rest.size() - taken <= greedy->depth(); --taken)
      if (const Operation* found = greedy->find(rest.subspan(taken), request, query)) return found;
    return nullptr;
  }

  /// Segments of the longest way down.
  [[nodiscard]] std::size_t depth() const {
    std::size_t most = 0;
    for (const auto& [text, node] : literals) most = std::max(most, 1 + node->depth());
    if (label != nullptr) most = std::max(most, 1 + label->depth());
    return most;
  }
};

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Router::Router(const ServiceModel& model) : root_(std::make_unique<Node>()) {
  for (const Operation& operation : model.operations) {
    const UriTemplate uri(operation.uri);
    Node* node = root_.get();
    for (const UriTemplate::Segment& segment : uri.segments) {
      auto& next = segment.kind == Segment::Kind::kLiteral ? node->literals[segment.text]
                   : segment.kind == Segment::Kind::kLabel ? node->label
                                                           : node->greedy;
      if (next == nullptr) next = std::make_unique<Node>();
      node = next.get();
    }
    node->ends.push_back(make_candidate(operation, uri));
    std::ranges::sort(node->ends, [](const Candidate& a, const Candidate& b) {
      return std::pair(b.demands(), a.operation->name) < std::pair(a.demands(), b.operation->name);
    });
  }
}

const Operation* Router::match(const RequestView& request) const {
  const auto segments = path_segments(request.path);
  return root_->find(segments, request, parse_query_string(request.query));
}

}  // namespace martlet::wire
