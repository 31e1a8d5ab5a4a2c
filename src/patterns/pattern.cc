#include "patterns/pattern.h"

namespace martlet::patterns {

struct Event::Content {};

Event::Event(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

}  // namespace martlet::patterns
