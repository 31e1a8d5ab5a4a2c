#include "patterns/pattern.h"

#include "patterns/compiler.h"
#include "patterns/group.h"

namespace martlet::patterns {

Pattern Pattern::parse(std::string_view json, Dialect dialect) {
  return Pattern(
      std::make_shared<const Content>(Content{.dialect = dialect, .root = compile(json, dialect)}));
}

bool Pattern::matches(const Event& event) const {
  return event.valid() && patterns::matches(content_->root, event.content());
}

}  // namespace martlet::patterns
