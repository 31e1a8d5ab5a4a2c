#pragma once

// RuntimeApi: the HTTP interface between environments and the processes in them, version 2018-06-01, as the
// Lambda developer guide's "runtimes-api" page and its OpenAPI document describe it. One server answers all
// environments; the listener that a request arrived on tells which. Lives on the loop; owned by the fleet.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/task.h"
#include "net/http.h"
#include "net/server.h"

namespace martlet::environments {

/// Most bytes of a buffered answer (6 MB and what AWS allows for its envelope).
inline constexpr std::size_t kMaxResponseBytes = 6'291'556;

/// An event on its way to a function.
struct Event {
  net::Headers headers;
  std::string payload;
};

/// A failure that a runtime reports.
struct RuntimeError {
  /// The header Lambda-Runtime-Function-Error-Type; may be empty.
  std::string type;
  /// The error document as sent.
  std::string document;
};

/// How the environment took a message of its runtime.
enum class Verdict {
  kAccepted,
  kUnknownRequest,  ///< no invocation of that id is under way
  kWrongState,      ///< not now: an init error after initialisation, a second /next during an invocation
};

/// One environment as its runtime sees it.
class RuntimeHost {
 public:
  virtual ~RuntimeHost() = default;

  /// The runtime is ready: waits for an event. nullopt when it will get none, because the environment ends,
  /// an invocation is still under way, or another call has taken this one's place.
  virtual Task<std::optional<Event>> next() = 0;
  virtual Task<Verdict> respond(std::string request_id, std::string payload) = 0;
  /// The answer was longer than kMaxResponseBytes.
  virtual Task<Verdict> respond_too_large(std::string request_id) = 0;
  virtual Task<Verdict> fail(std::string request_id, RuntimeError error) = 0;
  virtual Task<Verdict> fail_init(RuntimeError error) = 0;
  /// A pre-booted runtime asks which function it is to be (see preboot.h): waits for that. nullopt when it
  /// will be none.
  virtual Task<std::optional<std::string>> function() { co_return std::nullopt; }
};

class RuntimeApi {
 public:
  RuntimeApi(Executor executor, Clock& clock);
  ~RuntimeApi();

  /// Answers what arrives on that listening socket (taken over) for `host`, until detach(tag). Tags are
  /// unique.
  void attach(int listening_fd, const std::string& tag, std::weak_ptr<RuntimeHost> host);
  /// From now on `host` answers what arrives there; requests under way stay with the old one.
  void hand_over(const std::string& tag, std::weak_ptr<RuntimeHost> host);
  void detach(const std::string& tag);
  /// Closes every connection and waits until nothing runs.
  Task<> stop();

 private:
  struct Attached {
    std::uint64_t listener = 0;
    std::weak_ptr<RuntimeHost> host;
  };

  Task<> answer(net::Request& request, net::ResponseWriter& writer);
  Task<> answer_function(std::shared_ptr<RuntimeHost> host, net::ResponseWriter& writer);
  Task<> answer_next(std::shared_ptr<RuntimeHost> host, net::ResponseWriter& writer);
  Task<> take_response(std::shared_ptr<RuntimeHost> host, std::string id, net::Request& request,
                       net::ResponseWriter& writer);
  Task<> take_error(std::shared_ptr<RuntimeHost> host, std::string id, net::Request& request,
                    net::ResponseWriter& writer);

  std::unordered_map<std::string, Attached> attached_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace martlet::environments
