#pragma once

// Box<T> holds at most one T on the heap and copies it with itself. Generated structs use it where a
// structure contains itself ("a Nested has a Nested"); it reads like std::optional.

#include <memory>
#include <utility>

namespace martlet::wire {

template <class T>
class Box {
 public:
  Box() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `node.next = Node{...}` should read like any other member.
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(const Box& other) {
    value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
    return *this;
  }
  Box& operator=(Box&&) noexcept = default;
  ~Box() = default;

  T& emplace() {
    value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() { value_.reset(); }

  [[nodiscard]] bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace martlet::wire
