#include "net/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace martlet::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t kMaxFields = 256;

std::string text(string_view from) { return {from.data(), from.size()}; }

HeadError to_head_error(const error_code& error) {
  if (error == http::error::header_limit) return HeadError::kTooLarge;
  if (error == http::error::bad_version) return HeadError::kVersion;
  return HeadError::kMalformed;
}

/// "http://host:80/path" is a request to "/path" with that Host (RFC 9112, 3.2.2).
void to_origin_form(RequestHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!head.target.starts_with(scheme)) continue;
    const auto slash = head.target.find_first_of("/?", scheme.size());
    head.headers.set("Host", head.target.substr(scheme.size(), slash - scheme.size()));
    head.target.erase(0, slash);  // npos erases all
    if (!head.target.starts_with('/')) head.target.insert(0, "/");
    return;
  }
}

template <bool kIsRequest>
struct Target;
template <>
struct Target<true> {
  using Parsed = ParsedRequest;
  static Headers& headers(Parsed& parsed) { return parsed.head.headers; }
};
template <>
struct Target<false> {
  using Parsed = ParsedResponse;
  static Headers& headers(Parsed& parsed) { return parsed.headers; }
};

/// Beast parses the head only: bodies are decoded elsewhere, on demand.
template <bool kIsRequest>
class BeastParser final : public http::basic_parser<kIsRequest> {
 public:
  explicit BeastParser(std::size_t max_head_bytes) {
    this->header_limit(static_cast<std::uint32_t>(max_head_bytes));
    this->body_limit(boost::none);
    this->eager(true);
    this->skip(true);
  }

  typename Target<kIsRequest>::Parsed parsed;

  /// Codings other than chunked, and chunks in HTTP/1.0, leave the end of the body in doubt.
  bool has_bad_coding() const { return unknown_coding_ || (this->chunked() && version_ < 11); }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    version_ = version;
    if constexpr (kIsRequest) {
      parsed.head.method = text(method);
      parsed.head.target = text(target);
      parsed.is_http10 = version == 10;
    }
  }

  void on_response_impl(int status, string_view, int version, error_code&) override {
    version_ = version;
    if constexpr (!kIsRequest) parsed.status = status;
  }

  void on_field_impl(http::field name, string_view name_text, string_view value, error_code& error) override {
    Headers& headers = Target<kIsRequest>::headers(parsed);
    if (headers.size() >= kMaxFields) {
      error = http::error::header_limit;
      return;
    }
    if (name == http::field::transfer_encoding && !same_name({value.data(), value.size()}, "chunked"))
      unknown_coding_ = true;
    if constexpr (kIsRequest)
      if (name == http::field::expect && same_name({value.data(), value.size()}, "100-continue"))
        parsed.expects_continue = true;
    headers.add(text(name_text), text(value));
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  int version_ = 11;
  bool unknown_coding_ = false;
};

template <class Parser>
Framing framing_of(const Parser& parser, Framing::Kind otherwise) {
  if (parser.chunked()) return {Framing::Kind::kChunked};
  const auto length = parser.content_length();
  if (!length) return {otherwise};
  if (*length == 0) return {};
  return {Framing::Kind::kLength, *length};
}

ParsedRequest finish(BeastParser<true>& parser) {
  ParsedRequest parsed = std::move(parser.parsed);
  parsed.framing = framing_of(parser, Framing::Kind::kNone);
  parsed.keep_alive = parser.keep_alive();
  if (parsed.is_http10 || parsed.framing.kind == Framing::Kind::kNone) parsed.expects_continue = false;
  to_origin_form(parsed.head);
  return parsed;
}

ParsedResponse finish(BeastParser<false>& parser) {
  ParsedResponse parsed = std::move(parser.parsed);
  const bool bodiless = parsed.status / 100 == 1 || parsed.status == 204 || parsed.status == 304;
  if (!bodiless) parsed.framing = framing_of(parser, Framing::Kind::kUntilClose);
  parsed.keep_alive = parser.keep_alive() && parsed.framing.kind != Framing::Kind::kUntilClose;
  return parsed;
}

}  // namespace

template <class Parsed>
struct HeadParser<Parsed>::Impl {
  static constexpr bool kIsRequest = std::is_same_v<Parsed, ParsedRequest>;
  std::size_t max_head_bytes;
  /// Bytes of this head taken so far: Beast limits only what is left of it.
  std::size_t taken = 0;
  bool begun = false;
  std::optional<BeastParser<kIsRequest>> parser;
};

template <class Parsed>
HeadParser<Parsed>::HeadParser(std::size_t max_head_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->max_head_bytes = max_head_bytes;
  impl_->parser.emplace(max_head_bytes);
}

template <class Parsed>
HeadParser<Parsed>::~HeadParser() = default;

template <class Parsed>
std::expected<std::size_t, HeadError> HeadParser<Parsed>::feed(std::string_view bytes) {
  std::size_t skipped = 0;
  // Empty lines before a request are allowed (RFC 9112, 2.2).
  if (!impl_->begun)
    while (skipped < bytes.size() && (bytes[skipped] == '\r' || bytes[skipped] == '\n')) ++skipped;
  impl_->taken += skipped;
  bytes.remove_prefix(skipped);
  if (impl_->taken > impl_->max_head_bytes) return std::unexpected(HeadError::kTooLarge);
  if (bytes.empty()) return skipped;

  impl_->begun = true;
  error_code error;
  const std::size_t used = impl_->parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  impl_->taken += used;
  const bool needs_more = error == http::error::need_more;
  const std::size_t pending = needs_more ? bytes.size() - used : 0;
  if (impl_->taken + pending > impl_->max_head_bytes) return std::unexpected(HeadError::kTooLarge);
  if (error && !needs_more) return std::unexpected(to_head_error(error));
  if (impl_->parser->is_header_done() && impl_->parser->has_bad_coding())
    return std::unexpected(HeadError::kMalformed);
  return skipped + used;
}

template <class Parsed>
bool HeadParser<Parsed>::done() const {
  return impl_->parser->is_header_done();
}

template <class Parsed>
bool HeadParser<Parsed>::begun() const {
  return impl_->begun;
}

template <class Parsed>
Parsed HeadParser<Parsed>::take() {
  Parsed parsed = finish(*impl_->parser);
  impl_->parser.emplace(impl_->max_head_bytes);
  impl_->taken = 0;
  impl_->begun = false;
  return parsed;
}

template class HeadParser<ParsedRequest>;
template class HeadParser<ParsedResponse>;

}  // namespace martlet::net
