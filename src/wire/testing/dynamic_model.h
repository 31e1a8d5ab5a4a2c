#pragma once

// For tests: the tables of wire/tables.h built at run time from the JSON of a model, with storage to match,
// so that the codecs can be tried on shapes that no service has.

#include <boost/json/fwd.hpp>
#include <memory>
#include <string_view>

#include "wire/service.h"
#include "wire/tables.h"

namespace martlet::wire::testing {

/// A service of one operation.
class DynamicModel {
 public:
  /// `suite` has "metadata" and "shapes" as botocore's models have them; `given` is the operation.
  DynamicModel(const boost::json::object& suite, const boost::json::object& given);
  ~DynamicModel();
  DynamicModel(const DynamicModel&) = delete;
  DynamicModel& operator=(const DynamicModel&) = delete;

  [[nodiscard]] const ServiceModel& service() const;
  [[nodiscard]] const Operation& operation() const;
  /// Throws std::out_of_range when there is none.
  [[nodiscard]] const Shape& shape(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Owns one value of a dynamic shape.
class DynamicValue {
 public:
  explicit DynamicValue(const Shape& shape);
  ~DynamicValue();
  DynamicValue(const DynamicValue&) = delete;
  DynamicValue& operator=(const DynamicValue&) = delete;

  [[nodiscard]] void* get() const { return value_; }
  /// Fills it from JSON as protocol tests write values: timestamps as epoch seconds, blobs as text.
  void fill(const boost::json::value& source);
  /// The reverse of fill().
  [[nodiscard]] boost::json::value to_json() const;

 private:
  const Shape& shape_;
  void* value_;
};

/// Whether two values mean the same: numbers by value, objects in any order.
bool same_meaning(const boost::json::value& a, const boost::json::value& b);

}  // namespace martlet::wire::testing
