#pragma once

// Document is a value without a schema (Smithy's document type), kept as the text of a JSON value.

#include <string>

namespace martlet::wire {

struct Document {
  /// A well-formed JSON value: "null", "{\"a\": 1}", "\"text\"".
  std::string json = "null";

  bool operator==(const Document&) const = default;
};

}  // namespace martlet::wire
