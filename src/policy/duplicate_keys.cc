#include "policy/duplicate_keys.h"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <vector>

namespace martlet::policy {

namespace {

using Error = boost::system::error_code;

/// Told of each piece of the text by the parser; ends the reading with the first key that is there already.
struct KeyCollector {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool found = false;
  std::string key = {};
  /// Of the objects that are open.
  std::vector<std::set<std::string>> keys = {};

  bool on_object_begin(Error&) {
    keys.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Error&) {
    keys.pop_back();
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, Error&) {
    key += part;
    return true;
  }
  bool on_key(std::string_view part, std::size_t, Error&) {
    key += part;
    found = !keys.back().insert(std::move(key)).second;
    key.clear();
    return !found;
  }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_string_part(std::string_view, std::size_t, Error&) { return true; }
  bool on_string(std::string_view, std::size_t, Error&) { return true; }
  bool on_number_part(std::string_view, Error&) { return true; }
  bool on_int64(std::int64_t, std::string_view, Error&) { return true; }
  bool on_uint64(std::uint64_t, std::string_view, Error&) { return true; }
  bool on_double(double, std::string_view, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(std::string_view, Error&) { return true; }
  bool on_comment(std::string_view, Error&) { return true; }
};

}  // namespace

bool has_duplicate_keys(std::string_view json) {
  boost::json::basic_parser<KeyCollector> parser{boost::json::parse_options{}};
  Error failure;
  parser.write_some(false, json.data(), json.size(), failure);
  return parser.handler().found;
}

}  // namespace martlet::policy
