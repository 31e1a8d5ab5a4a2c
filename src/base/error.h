#pragma once

// aws::Error is a failure that a caller may cause and must be told about, in AWS's own terms. It is thrown to
// the one place in the gateway that renders it in the caller's protocol. Any other exception is a bug of
// ours, logged and answered as an internal failure.

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace martlet::aws {

/// Who has to change something: AWS's Query protocol names it in every error.
enum class Fault { kSender, kReceiver };

class Error : public std::exception {
 public:
  /// `code` is AWS's error code ("ResourceNotFoundException"), `status` the HTTP status.
  Error(std::string code, std::string message, int status = 400);

  /// Adds a modelled member of the error's shape, such as {"Type", "User"}.
  Error&& with(std::string member, std::string value) &&;
  /// Adds a header of the answer, such as {"Retry-After", "1"}.
  Error&& with_header(std::string name, std::string value) &&;

  [[nodiscard]] const std::string& code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] Fault fault() const { return status_ >= 500 ? Fault::kReceiver : Fault::kSender; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  /// "Code: message", for logs.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string code_;
  std::string message_;
  int status_;
  std::vector<std::pair<std::string, std::string>> members_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string what_;
};

/// The answer of an operation that Martlet does not have yet; it names the operation and the service. HTTP
/// 501.
Error not_implemented(const std::string& service, const std::string& operation);

}  // namespace martlet::aws
