// What a function answers may be anything, and so may a request to its URL and the trace header with it. What
// becomes a response is one that HTTP can carry; a prelude is the same in one piece and in two; an event is
// JSON; a trace header that was read once is read the same again.

#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "services/lambda/json_check.h"
#include "services/lambda/trace.h"
#include "services/lambda/url_event.h"
#include "services/lambda/url_response.h"

namespace {

using namespace martlet;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_response(const net::Response& response) {
  check(response.status >= 200 && response.status <= 599);
  for (const auto& [name, value] : response.headers) {
    check(!name.empty() && name.find_first_of(std::string_view(" \r\n:\0", 5)) == std::string::npos);
    check(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

void check_prelude(std::string_view bytes) {
  lambda::PreludeReader whole;
  const auto state = whole.take(bytes);
  if (state == lambda::PreludeReader::State::kDone) check_response(whole.response());
  lambda::PreludeReader cut;
  const std::size_t middle = bytes.size() / 2;
  auto in_two = cut.take(bytes.substr(0, middle));
  std::string_view rest = bytes.substr(middle);
  if (in_two == lambda::PreludeReader::State::kMore) {
    in_two = cut.take(rest);
    rest = {};
  }
  check(in_two == state);
  if (state == lambda::PreludeReader::State::kDone)
    check(cut.response().body + std::string(rest) == whole.response().body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto response = lambda::url_response(bytes)) check_response(*response);
  check_prelude(bytes);
  const std::string event =
      lambda::url_event({.method = "POST",
                         .target = "/" + std::string(bytes),
                         .headers = {{"Cookie", std::string(bytes)}, {"A", std::string(bytes)}},
                         .body = std::string(bytes),
                         .source_ip = "::1",
                         .url_id = "id",
                         .domain_name = "d",
                         .request_id = "r",
                         .time = {},
                         .caller = {}});
  check(!lambda::json_problem(event));
  const std::string trace = lambda::parse_trace(bytes).text();
  check(lambda::parse_trace(trace).text() == trace);
  check(lambda::runs_of(lambda::counted(bytes, "arn"), "arn") >= 1);
  return 0;
}
