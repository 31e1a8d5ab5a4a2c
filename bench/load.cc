// martlet_load: sends the same HTTP request again and again over N connections and tells how long the answers
// took.
//
//   martlet_load HOST PORT CONNECTIONS WARMUP REQUESTS METHOD TARGET [BODY [HEADER]]
//
// One thread and one blocking socket per connection; a connection sends its next request when it has the
// whole answer to the last. REQUESTS is for all connections together. The answer is one JSON line; times are
// in microseconds.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Job {
  sockaddr_in address{};
  int connections = 1;
  int warmup = 0;
  int requests = 0;
  std::string message;
};

class Connection {
 public:
  explicit Connection(const sockaddr_in& address) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(socket_); }

  /// Sends the message, reads the answer whole. True when its status is 2xx and no function error is told.
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
      buffer_.erase(0, whole);
    } else {
      while (!buffer_.ends_with("0\r\n\r\n"))
        fill();  // chunked, the only other form a server may choose here
      buffer_.clear();
    }
    return good;
  }

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
};

struct Totals {
  std::vector<double> micros;
  double seconds = 0;
  long errors = 0;
};

Totals run(const Job& job) {
  Totals totals;
  std::atomic<long> errors = 0;
  std::atomic<int> left = job.requests;
  std::vector<std::vector<double>> micros(static_cast<std::size_t>(job.connections));
  Clock::time_point started;
  std::barrier start_line(job.connections, [&]() noexcept { started = Clock::now(); });
  {
    std::vector<std::jthread> threads;
    for (auto& own : micros) {
      threads.emplace_back([&job, &own, &errors, &left, &start_line] {
        try {
          Connection connection(job.address);
          for (int i = 0; i < job.warmup; ++i) connection.exchange(job.message);
          start_line.arrive_and_wait();
          while (left.fetch_sub(1) > 0) {
            const auto begin = Clock::now();
            errors += connection.exchange(job.message) ? 0 : 1;
            own.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
          }
        } catch (const std::exception& error) {
          std::fprintf(stderr, "martlet_load: %s\n", error.what());
          std::exit(1);
        }
      });
    }
  }
  totals.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  totals.errors = errors;
  for (const auto& own : micros) totals.micros.insert(totals.micros.end(), own.begin(), own.end());
  std::sort(totals.micros.begin(), totals.micros.end());
  return totals;
}

Job parse(int argc, char** argv) {
  if (argc < 8)
    throw std::runtime_error(
        "usage: martlet_load HOST PORT CONNECTIONS WARMUP REQUESTS METHOD TARGET [BODY [HEADER]]");
  Job job;
  job.address.sin_family = AF_INET;
  job.address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(argv[2])));
  if (inet_pton(AF_INET, argv[1], &job.address.sin_addr) != 1)
    throw std::runtime_error("HOST must be an IPv4 address");
  job.connections = std::stoi(argv[3]);
  job.warmup = std::stoi(argv[4]);
  job.requests = std::stoi(argv[5]);
  const std::string body = argc > 8 ? argv[8] : "";
  job.message =
      std::string(argv[6]) + " " + argv[7] + " HTTP/1.1\r\nHost: " + argv[1] + ":" + argv[2] + "\r\n";
  if (!body.empty()) job.message += "Content-Type: application/json\r\n";
  if (argc > 9 && argv[9][0] != '\0') job.message += std::string(argv[9]) + "\r\n";
  job.message += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Totals totals = run(parse(argc, argv));
    const auto& micros = totals.micros;
    const auto at = [&](double part) {
      return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
    };
    std::printf(
        "{\"requests\": %zu, \"errors\": %ld, \"rate\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"min\": %.1f, "
        "\"max\": %.1f}\n",
        micros.size(), totals.errors, static_cast<double>(micros.size()) / totals.seconds, at(0.5), at(0.99),
        micros.front(), micros.back());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martlet_load: %s\n", error.what());
    return 2;
  }
}
