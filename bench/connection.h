#pragma once

// One blocking connection of a benchmark's client to the server, and how requests are written for it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace martlet::bench {

/// Where the server is: an IPv4 address and a port.
struct Address {
  Address(const std::string& host, const std::string& port) : name(host + ":" + port) {
    socket.sin_family = AF_INET;
    socket.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    if (inet_pton(AF_INET, host.c_str(), &socket.sin_addr) != 1)
      throw std::runtime_error("HOST must be an IPv4 address");
  }
  sockaddr_in socket{};
  std::string name;
};

/// The bytes of a request. `headers` are whole lines, each with its line end.
inline std::string request(const Address& to, const std::string& method, const std::string& target,
                           const std::string& headers, const std::string& body) {
  return method + " " + target + " HTTP/1.1\r\nHost: " + to.name + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Connection {
 public:
  explicit Connection(const Address& address) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address.socket), sizeof address.socket) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(socket_); }

  /// Sends the message, reads the answer whole. True when its status is 2xx and no function error is told.
  /// What it says is in body() until the next call.
  bool exchange(std::string_view message) {
    while (!message.empty()) {
      const ssize_t sent = send(socket_, message.data(), message.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the server closed the connection");
      message.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::size_t head = 0;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) fill();
    head += 4;
    const bool good = buffer_.compare(9, 1, "2") == 0 && header(head, "x-amz-function-error:").empty();
    if (const std::string length = header(head, "content-length:"); !length.empty()) {
      const std::size_t whole = head + std::stoul(length);
      while (buffer_.size() < whole) fill();
      body_.assign(buffer_, head, whole - head);
      buffer_.erase(0, whole);
    } else {
      while (!buffer_.ends_with("0\r\n\r\n"))
        fill();  // chunked, the only other form a server may choose here
      body_.assign(buffer_, head);
      buffer_.clear();
    }
    return good;
  }

  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  void fill() {
    char piece[65536];
    const ssize_t got = recv(socket_, piece, sizeof piece, 0);
    if (got <= 0) throw std::runtime_error("the server closed the connection");
    buffer_.append(piece, static_cast<std::size_t>(got));
  }

  /// The value of a header in the first `head` bytes; empty when it is not there.
  [[nodiscard]] std::string header(std::size_t head, const char* name) const {
    const char* at = strcasestr(buffer_.c_str(), name);
    if (at == nullptr || static_cast<std::size_t>(at - buffer_.c_str()) >= head) return {};
    at += std::strlen(name);
    const char* end = std::strchr(at, '\r');
    std::string value(at, end);
    value.erase(0, value.find_first_not_of(' '));
    return value;
  }

  int socket_;
  std::string buffer_;
  std::string body_;
};

}  // namespace martlet::bench
