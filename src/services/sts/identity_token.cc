#include "services/sts/identity_token.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/crypto.h"
#include "services/sts/errors.h"

namespace martlet::sts {

namespace {

namespace json = boost::json;

constexpr const char* kTags = "https://aws.amazon.com/tags";
constexpr const char* kSourceIdentity = "https://aws.amazon.com/source_identity";

json::object read_part(std::string_view part) {
  const auto bytes = base64url_decode(part);
  boost::system::error_code failed;
  json::value value = bytes ? json::parse(*bytes, failed) : json::value();
  if (failed || !value.is_object()) throw invalid_jwt();
  return std::move(value.get_object());
}

std::string text(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  const json::string* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string() : std::string(std::string_view(*string));
}

std::string required(const json::object& claims, const char* name) {
  std::string value = text(claims, name);
  if (value.empty()) throw invalid_identity_token(std::string("Missing a required claim: ") + name);
  return value;
}

/// A text, or the texts of a list.
std::vector<std::string> texts(const json::object& object, const char* name) {
  std::vector<std::string> out;
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return out;
  if (const auto* one = value->if_string()) out.emplace_back(std::string_view(*one));
  if (const auto* list = value->if_array())
    for (const json::value& item : *list)
      if (const auto* string = item.if_string()) out.emplace_back(std::string_view(*string));
  return out;
}

std::optional<std::int64_t> seconds(const json::object& claims, const char* name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code failed;
  const auto whole = value->to_number<std::int64_t>(failed);
  if (!failed) return whole;
  // Some providers write fractions.
  const double number = value->is_double() ? value->get_double() : 0;
  constexpr double kFarAway = 1e15;
  return number > 0 && number < kFarAway ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

void read_tags(const json::object& claims, IdentityToken& token) {
  const json::value* value = claims.if_contains(kTags);
  const json::object* tags = value == nullptr ? nullptr : value->if_object();
  if (tags == nullptr) return;
  token.transitive_tag_keys = texts(*tags, "transitive_tag_keys");
  const json::value* principal = tags->if_contains("principal_tags");
  if (principal == nullptr || !principal->is_object()) return;
  for (const auto& entry : principal->get_object()) {
    const std::string key(std::string_view(entry.key()));
    const std::vector<std::string> values = texts(principal->get_object(), key.c_str());
    if (values.size() != 1) throw invalid_identity_token("The tag " + key + " must have one value");
    token.tags.emplace_back(key, values.front());
  }
}

}  // namespace

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string standard(text);
  if (standard.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  while (standard.size() % 4 != 0) standard += '=';
  return base64_decode(standard);
}

IdentityToken IdentityToken::parse(std::string_view whole) {
  const auto first = whole.find('.');
  const auto second = first == std::string_view::npos ? first : whole.find('.', first + 1);
  if (second == std::string_view::npos) throw invalid_jwt();
  IdentityToken token;
  const json::object header = read_part(whole.substr(0, first));
  const json::object claims = read_part(whole.substr(first + 1, second - first - 1));
  const auto signature = base64url_decode(whole.substr(second + 1));
  if (!signature) throw invalid_jwt();
  token.algorithm = text(header, "alg");
  token.key_id = text(header, "kid");
  token.signed_part = whole.substr(0, second);
  token.signature = *signature;
  token.issuer = required(claims, "iss");
  token.subject = required(claims, "sub");
  token.audiences = texts(claims, "aud");
  token.authorized_party = text(claims, "azp");
  if (token.audiences.empty()) throw invalid_identity_token("Missing a required claim: aud");
  token.methods = texts(claims, "amr");
  const auto expires = seconds(claims, "exp");
  if (!expires) throw invalid_identity_token("Missing a required claim: exp");
  if (!seconds(claims, "iat")) throw invalid_identity_token("Missing a required claim: iat");
  token.expires = *expires;
  token.not_before = seconds(claims, "nbf");
  token.source_identity = text(claims, kSourceIdentity);
  read_tags(claims, token);
  return token;
}

}  // namespace martlet::sts
