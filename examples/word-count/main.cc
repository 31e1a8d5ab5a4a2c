// A Lambda function without a runtime: this program is its own `bootstrap`. It asks the Runtime API for
// events over a plain socket, counts the words of {"text": "..."} and answers with the most frequent ones,
// the number of lines, words and bytes, and the text's CRC-32. It needs nothing but the C++ standard library,
// so the whole protocol is on this page.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

// ---- The Runtime API: HTTP/1.1 over one connection ----

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

class RuntimeApi {
 public:
  explicit RuntimeApi(const std::string& address) : host_(address) { connect_to(address); }

  HttpAnswer next() { return request("GET", "invocation/next", "", ""); }
  void respond(const std::string& id, const std::string& body) {
    request("POST", "invocation/" + id + "/response", "", body);
  }
  void fail(const std::string& id, const std::string& type, const std::string& body) {
    request("POST", "invocation/" + id + "/error", "Lambda-Runtime-Function-Error-Type: " + type + "\r\n",
            body);
  }

 private:
  void connect_to(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    sockaddr_in api{};
    api.sin_family = AF_INET;
    if (colon == std::string::npos ||
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &api.sin_addr) != 1) {
      throw std::runtime_error("AWS_LAMBDA_RUNTIME_API is not ADDRESS:PORT: " + address);
    }
    api.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    if (socket_ < 0 || connect(socket_, reinterpret_cast<const sockaddr*>(&api), sizeof api) != 0) {
      throw std::runtime_error("cannot connect to the Runtime API at " + address);
    }
  }

  HttpAnswer request(const std::string& method, const std::string& path, const std::string& headers,
                     const std::string& body) {
    send_all(method + " /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + headers +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    HttpAnswer answer;
    answer.status = std::stoi(read_line().substr(9, 3));
    for (std::string line = read_line(); !line.empty(); line = read_line()) {
      const std::size_t colon = line.find(':');
      answer.headers[lower(line.substr(0, colon))] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
    if (answer.headers["transfer-encoding"] == "chunked") {
      while (const std::size_t size = std::stoul(read_line(), nullptr, 16)) {
        answer.body += read_bytes(size);
        read_line();
      }
      read_line();
    } else if (answer.headers.contains("content-length")) {
      answer.body = read_bytes(std::stoul(answer.headers["content-length"]));
    }
    if (answer.status >= 300)
      throw std::runtime_error(path + " was answered with " + std::to_string(answer.status));
    return answer;
  }

  void send_all(std::string_view data) {
    while (!data.empty()) {
      const ssize_t sent = send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the Runtime API closed the connection");
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void fill() {
    char piece[65536];
    const ssize_t got = recv(socket_, piece, sizeof piece, 0);
    if (got <= 0) throw std::runtime_error("the Runtime API closed the connection");
    buffer_.append(piece, static_cast<std::size_t>(got));
  }

  std::string read_line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) fill();
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
  }

  std::string read_bytes(std::size_t size) {
    while (buffer_.size() < size) fill();
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
  }

  std::string host_;
  std::string buffer_;
  int socket_ = -1;
};

// ---- As much JSON as the event needs ----

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

std::uint32_t hex4(std::string_view json, std::size_t at) {
  return static_cast<std::uint32_t>(std::stoul(std::string(json.substr(at, 4)), nullptr, 16));
}

/// The string that starts at the quote json[at]; leaves `at` behind its closing quote.
std::string read_string(std::string_view json, std::size_t& at) {
  static const std::map<char, char> kEscapes = {
      {'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'b', '\b'}, {'f', '\f'}};
  std::string text;
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] != '\\') {
      text += json[at];
    } else if (json[++at] == 'u') {
      std::uint32_t point = hex4(json, at + 1);
      at += 4;
      if (point >= 0xD800 && point < 0xDC00 && json.substr(at + 1, 2) == "\\u") {
        point = 0x10000 + ((point - 0xD800) << 10) + (hex4(json, at + 3) - 0xDC00);
        at += 6;
      }
      append_utf8(text, point);
    } else {
      const auto escape = kEscapes.find(json[at]);
      text += escape == kEscapes.end() ? json[at] : escape->second;
    }
  }
  ++at;
  return text;
}

/// The string member `name` of the outermost object. The event is valid JSON: Lambda has checked that.
std::optional<std::string> string_member(std::string_view json, std::string_view name) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      const std::string text = read_string(json, at);
      const std::size_t next = json.find_first_not_of(" \t\r\n", at);
      if (depth != 1 || text != name || next == std::string_view::npos || json[next] != ':') continue;
      at = json.find_first_not_of(" \t\r\n", next + 1);
      if (json[at] != '"') return std::nullopt;
      return read_string(json, at);
    }
    depth += json[at] == '{' || json[at] == '[';
    depth -= json[at] == '}' || json[at] == ']';
    ++at;
  }
  return std::nullopt;
}

// ---- The function ----

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const unsigned char byte : text) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

/// Words are runs of ASCII letters, compared without regard to case.
std::map<std::string, int> count_words(std::string_view text) {
  std::map<std::string, int> counts;
  std::string word;
  for (const unsigned char c : text) {
    if (std::isalpha(c)) {
      word += static_cast<char>(std::tolower(c));
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  if (!word.empty()) ++counts[word];
  return counts;
}

std::string report(std::string_view text) {
  const std::map<std::string, int> counts = count_words(text);
  std::vector<std::pair<std::string, int>> ranked(counts.begin(), counts.end());
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  int words = 0;
  for (const auto& [word, count] : counts) words += count;
  if (ranked.size() > 10) ranked.resize(10);

  char crc[9];
  std::snprintf(crc, sizeof crc, "%08x", crc32(text));
  std::string top;
  for (const auto& [word, count] : ranked) {
    top += (top.empty() ? "" : ", ") + ("{\"word\": \"" + word + "\", \"count\": ") + std::to_string(count) +
           "}";
  }
  return "{\"bytes\": " + std::to_string(text.size()) +
         ", \"lines\": " + std::to_string(std::count(text.begin(), text.end(), '\n')) +
         ", \"words\": " + std::to_string(words) + ", \"distinct\": " + std::to_string(counts.size()) +
         ", \"crc32\": \"" + crc + "\", \"top\": [" + top + "]}";
}

}  // namespace

int main() {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr) {
    std::cerr << "AWS_LAMBDA_RUNTIME_API is not set: this program is a Lambda function's bootstrap\n";
    return 1;
  }
  RuntimeApi api(address);
  while (true) {
    HttpAnswer event = api.next();
    const std::string id = event.headers["lambda-runtime-aws-request-id"];
    const std::optional<std::string> text = string_member(event.body, "text");
    if (!text) {
      api.fail(id, "BadEvent",
               R"({"errorType": "BadEvent", "errorMessage": "the event must have \"text\", a string"})");
      continue;
    }
    std::cout << "counting the words of " << text->size() << " bytes" << std::endl;
    api.respond(id, report(*text));
  }
}
