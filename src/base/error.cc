#include "base/error.h"

namespace martlet::aws {

Error::Error(std::string code, std::string message, int status)
    : code_(std::move(code)), message_(std::move(message)), status_(status), what_(code_ + ": " + message_) {}

Error&& Error::with(std::string member, std::string value) && {
  members_.emplace_back(std::move(member), std::move(value));
  return std::move(*this);
}

Error&& Error::with_header(std::string name, std::string value) && {
  headers_.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

Error not_implemented(const std::string& service, const std::string& operation) {
  return {"NotImplemented",
          "Martlet does not implement " + service + ":" + operation +
              " yet. 'martlet services' lists the operations that it has.",
          501};
}

}  // namespace martlet::aws
