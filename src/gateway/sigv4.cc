#include "gateway/sigv4.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "net/url.h"

namespace martlet::gateway {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
/// Of Signature Version 4A.
constexpr std::string_view kAsymmetric = "AWS4-ECDSA-P256-SHA256";
/// How the names of these and of what may follow them begin.
constexpr std::string_view kFamily = "AWS4-";
constexpr std::string_view kTerminator = "aws4_request";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

PayloadKind payload_kind(std::string_view content_sha256) {
  if (content_sha256 == "UNSIGNED-PAYLOAD") return PayloadKind::kUnsigned;
  if (content_sha256 == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadKind::kChunks;
  if (content_sha256 == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") return PayloadKind::kChunksTrailer;
  if (content_sha256 == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadKind::kUnsignedTrailer;
  return PayloadKind::kWhole;
}

bool is_hex_signature(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> split_signed_headers(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view name : split(text, ';'))
    if (!name.empty()) names.push_back(to_lower(name));
  return names;
}

/// Two digits at `at`.
int two_digits(std::string_view text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

/// "Fri, 24 May 2013 00:00:00 GMT" as "20130524T000000Z"; empty when it is not of that form.
std::string from_http_date(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return {};
  const auto month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  const std::size_t number = month / 3 + 1;
  std::string out(text.substr(12, 4));
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
  out += text.substr(5, 2);
  out += 'T';
  for (const std::size_t at : {17, 20, 23}) out += text.substr(at, 2);
  out += 'Z';
  return parse_amz_date(out) ? out : std::string();
}

void note(Signature& signature, std::string problem) {
  if (!signature.problem.empty()) signature.problem += ' ';
  signature.problem += problem;
}

/// What is wrong with a signature by this algorithm; empty when it is ours.
std::string problem_of(std::string_view algorithm) {
  if (algorithm == kAlgorithm) return {};
  if (algorithm == kAsymmetric)
    return "Signature Version 4A (AWS4-ECDSA-P256-SHA256, X-Amz-Region-Set) is not verified here: sign with "
           "Signature Version 4 (AWS4-HMAC-SHA256), for one region.";
  return "Unsupported AWS 'algorithm': '" + std::string(algorithm) +
         "', only AWS4-HMAC-SHA256 is verified here.";
}

/// Scopes of Signature Version 4A name all regions, "*", or leave the region out:
/// AKID/20130524/s3/aws4_request.
std::optional<CredentialScope> parse_scope(std::string_view algorithm, std::string_view credential) {
  if (algorithm != kAsymmetric) return CredentialScope::parse(credential);
  auto parts = split(credential, '/');
  if (parts.size() != 4 && parts.size() != 5) return std::nullopt;
  if (parts.size() == 4) parts.insert(parts.begin() + 2, "*");
  std::string whole(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) whole += "/" + std::string(parts[i]);
  auto scope = CredentialScope::parse(whole);
  if (scope && scope->region == "*") scope->region.clear();
  return scope;
}

void take_scope(Signature& signature, std::string_view algorithm, std::string_view credential) {
  if (auto scope = parse_scope(algorithm, credential))
    signature.scope = std::move(*scope);
  else
    note(signature,
         "Credential must have exactly 5 slash-delimited elements, e.g. "
         "keyid/date/region/service/aws4_request.");
}

/// `text`: the part after the algorithm.
void parse_authorization(Signature& signature, std::string_view algorithm, std::string_view text) {
  bool has_credential = false;
  bool has_headers = false;
  for (const std::string_view untrimmed : split(text, ',')) {
    const std::string_view part = trim(untrimmed);
    const auto equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (name == "Credential") {
      has_credential = true;
      take_scope(signature, algorithm, value);
    } else if (name == "SignedHeaders") {
      has_headers = true;
      signature.signed_headers = split_signed_headers(value);
    } else if (name == "Signature") {
      signature.signature = value;
    }
  }
  if (!has_credential) note(signature, "Authorization header requires 'Credential' parameter.");
  if (signature.signature.empty()) note(signature, "Authorization header requires 'Signature' parameter.");
  if (!has_headers) note(signature, "Authorization header requires 'SignedHeaders' parameter.");
}

void parse_header_signature(Signature& signature, const net::RequestHead& head,
                            std::string_view authorization) {
  signature.kind = SignatureKind::kHeader;
  const std::string_view algorithm = authorization.substr(0, authorization.find(' '));
  signature.problem = problem_of(algorithm);
  parse_authorization(signature, algorithm, authorization.substr(algorithm.size()));
  signature.timestamp = head.headers.get("x-amz-date");
  if (signature.timestamp.empty()) signature.timestamp = from_http_date(head.headers.get("date"));
  if (signature.timestamp.empty())
    note(signature, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  signature.security_token = head.headers.get("x-amz-security-token");
}

void parse_query_signature(Signature& signature, std::string_view algorithm, const net::Pairs& query) {
  signature.kind = SignatureKind::kPresigned;
  signature.problem = problem_of(algorithm);
  const auto find = [&](std::string_view name) -> std::optional<std::string_view> {
    for (const auto& [key, value] : query)
      if (key == name) return value;
    note(signature, "AWS query-string parameters must include '" + std::string(name) + "'.");
    return std::nullopt;
  };
  if (const auto credential = find("X-Amz-Credential")) take_scope(signature, algorithm, *credential);
  signature.signed_headers = split_signed_headers(find("X-Amz-SignedHeaders").value_or(""));
  signature.signature = find("X-Amz-Signature").value_or("");
  signature.timestamp = find("X-Amz-Date").value_or("");
  for (const auto& [key, value] : query) {
    if (key == "X-Amz-Security-Token") signature.security_token = value;
    if (key != "X-Amz-Expires") continue;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size())
      note(signature, "X-Amz-Expires should be a number");
    else
      signature.expires = seconds;
  }
}

void parse_content_sha256(Signature& signature, const net::RequestHead& head) {
  signature.content_sha256 = head.headers.get("x-amz-content-sha256");
  signature.payload = payload_kind(signature.content_sha256);
}

// ---- The canonical request
// ----------------------------------------------------------------------------------------

std::string canonical_path(std::string_view path, PathStyle style, Canonicalisation form) {
  if (style == PathStyle::kOther) return percent_encode(normalise_path(path), "/");
  if (form == Canonicalisation::kAsSent) return std::string(path);
  // Each segment by itself: a slash within one is not a slash between two.
  std::string out;
  for (const std::string_view segment : split(path, '/')) {
    const auto decoded = percent_decode(segment);
    out += decoded ? percent_encode(*decoded) : std::string(segment);
    out += '/';
  }
  out.pop_back();
  return out;
}

/// `left_out`: a parameter that is not part of it; empty for none.
std::string canonical_query(std::string_view query, std::string_view left_out, Canonicalisation form) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty() && (query.empty() || form == Canonicalisation::kEncoded)) continue;
    const auto equals = part.find('=');
    std::string name(part.substr(0, equals));
    std::string value(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (name == left_out && !left_out.empty()) continue;
    if (form == Canonicalisation::kEncoded) {
      const auto plain_name = percent_decode(name, Plus::kSpace);
      const auto plain_value = percent_decode(value, Plus::kSpace);
      if (plain_name && plain_value) {
        name = percent_encode(*plain_name);
        value = percent_encode(*plain_value);
      }
    }
    pairs.emplace_back(std::move(name), std::move(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

/// Appends `value` trimmed, with runs of spaces made one.
void append_collapsed(std::string& out, std::string_view value) {
  bool space = false;
  for (const char c : trim(value)) {
    if (c == ' ' && space) continue;
    space = c == ' ';
    out += c;
  }
}

void append_canonical_headers(std::string& out, const net::Headers& headers,
                              const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    out += name;
    out += ':';
    bool first = true;
    for (const auto& [key, value] : headers) {
      if (!net::same_name(key, name)) continue;
      if (!first) out += ',';
      first = false;
      append_collapsed(out, value);
    }
    out += '\n';
  }
}

}  // namespace

std::string CredentialScope::str() const {
  return date + "/" + region + "/" + service + "/" + std::string(kTerminator);
}

std::optional<CredentialScope> CredentialScope::parse(std::string_view text) {
  const auto parts = split(text, '/');
  const std::size_t count = parts.size();
  if (count < 5 || parts[count - 1] != kTerminator) return std::nullopt;
  CredentialScope scope;
  scope.service = parts[count - 2];
  scope.region = parts[count - 3];
  scope.date = parts[count - 4];
  const std::size_t tail =
      scope.service.size() + scope.region.size() + scope.date.size() + kTerminator.size() + 4;
  scope.access_key_id = text.substr(0, text.size() - tail);
  if (scope.access_key_id.empty() || scope.service.empty()) return std::nullopt;
  return scope;
}

Signature parse_signature(const net::RequestHead& head) {
  Signature signature;
  parse_content_sha256(signature, head);
  const std::string_view authorization = head.headers.get("authorization");
  if (authorization.starts_with(kFamily)) {
    parse_header_signature(signature, head, authorization);
  } else if (head.query().find("X-Amz-Algorithm=") != std::string_view::npos) {
    const auto query = net::parse_query(head.query());
    if (!query) return signature;
    const auto named = std::find_if(query->begin(), query->end(),
                                    [](const auto& pair) { return pair.first == "X-Amz-Algorithm"; });
    if (named != query->end() && named->second.starts_with(kFamily))
      parse_query_signature(signature, named->second, *query);
  }
  if (signature.problem.empty() && !signature.signature.empty() && !is_hex_signature(signature.signature))
    note(signature, "The signature must be 64 lower-case hexadecimal digits.");
  return signature;
}

std::optional<std::int64_t> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < 15; ++i)
    if (i != 8 && (text[i] < '0' || text[i] > '9')) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{year(two_digits(text, 0) * 100 + two_digits(text, 2)),
                            month(static_cast<unsigned>(two_digits(text, 4))),
                            day(static_cast<unsigned>(two_digits(text, 6)))};
  const int hour = two_digits(text, 9);
  const int minute = two_digits(text, 11);
  const int second = two_digits(text, 13);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto midnight = sys_seconds(sys_days(date)).time_since_epoch().count();
  return midnight + hour * 3600 + minute * 60 + second;
}

std::string normalise_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      kept.push_back(segment);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string out = "/";
  for (const std::string_view segment : kept) {
    if (out.size() > 1) out += '/';
    out += segment;
  }
  if (path.ends_with('/') && out.size() > 1) out += '/';
  return out;
}

std::string canonical_request(const net::RequestHead& head, const Signature& signature,
                              std::string_view payload_hash, PathStyle path_style, Canonicalisation form) {
  std::string out = head.method;
  out += '\n';
  out += canonical_path(head.path(), path_style, form);
  out += '\n';
  out += canonical_query(head.query(), signature.kind == SignatureKind::kPresigned ? "X-Amz-Signature" : "",
                         form);
  out += '\n';
  append_canonical_headers(out, head.headers, signature.signed_headers);
  out += '\n';
  for (std::size_t i = 0; i < signature.signed_headers.size(); ++i) {
    if (i > 0) out += ';';
    out += signature.signed_headers[i];
  }
  out += '\n';
  out += payload_hash;
  return out;
}

std::string string_to_sign(const Signature& signature, std::string_view canonical_request) {
  std::string out(kAlgorithm);
  out += '\n';
  out += signature.timestamp;
  out += '\n';
  out += signature.scope.str();
  out += '\n';
  out += to_hex(as_view(sha256(canonical_request)));
  return out;
}

Sha256 signing_key(std::string_view secret, const CredentialScope& scope) {
  const Sha256 date = hmac_sha256("AWS4" + std::string(secret), scope.date);
  const Sha256 region = hmac_sha256(as_view(date), scope.region);
  const Sha256 service = hmac_sha256(as_view(region), scope.service);
  return hmac_sha256(as_view(service), kTerminator);
}

bool is_aws_chunked(const Signature& signature, const net::RequestHead& head) {
  switch (signature.payload) {
    case PayloadKind::kChunks:
    case PayloadKind::kChunksTrailer:
    case PayloadKind::kUnsignedTrailer:
      return true;
    default:
      break;
  }
  // Some clients name the coding without using it; those that use it tell the decoded length.
  if (!head.headers.find("x-amz-decoded-content-length")) return false;
  for (const std::string_view coding : split(head.headers.get("content-encoding"), ','))
    if (net::same_name(trim(coding), "aws-chunked")) return true;
  return false;
}

}  // namespace martlet::gateway
