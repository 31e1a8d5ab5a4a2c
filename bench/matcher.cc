// The processor time that it takes to ask a matcher with one pattern and one with 10,000 about the same
// event, for the shapes that patterns usually have. Prints a line for each round and shape: its name,
// nanoseconds with one, nanoseconds with 10,000.
//
//   martlet_matcher_bench ROUNDS

#include <fmt/format.h>
#include <time.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/matcher.h"
#include "patterns/pattern.h"

namespace {

using martlet::patterns::Dialect;
using martlet::patterns::Event;
using martlet::patterns::Matcher;
using martlet::patterns::Pattern;

constexpr int kMany = 10'000;
constexpr int kAsked = 20'000;

constexpr std::string_view kEvent = R"({
  "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "type-37", "source": "source-42",
  "account": "111122223333", "time": "2026-01-01T18:43:48Z", "region": "us-west-1",
  "resources": ["arn:aws:s3:::pictures", "arn:aws:s3:::pictures/dir-4237/a.png"],
  "detail": {
    "id": "customer-4237", "status": "placed", "amount": 42375, "key": "dir-4237/a.png", "address": "10.16.141.7",
    "items": ["book", "lamp"], "shipping": {"country": "CH", "express": true, "weight": 3.5}, "note": null
  }
})";

struct Shape {
  std::string_view name;
  /// The pattern of that number; the event matches number 4237 alone.
  std::function<std::string(int)> pattern;
};

std::vector<Shape> shapes() {
  return {
      {"common keys, an id of its own",
       [](int n) {
         return fmt::format(
             R"({{"source":["source-42"],"detail-type":["type-37"],"detail":{{"id":["customer-{}"]}}}})", n);
       }},
      {"100 sources with 100 types",
       [](int n) {
         return fmt::format(R"({{"source":["source-{}"],"detail-type":["type-{}"]}})", n / 100, n % 100);
       }},
      {"lists that overlap, an id of its own",
       [](int n) {
         return fmt::format(
             R"({{"detail":{{"status":["placed","state-{}"],"id":["customer-{}","other-{}"]}}}})", n % 50, n,
             n);
       }},
      {"prefix",
       [](int n) {
         return fmt::format(R"({{"source":["source-42"],"detail":{{"key":[{{"prefix":"dir-{}/"}}]}}}})", n);
       }},
      {"wildcard",
       [](int n) { return fmt::format(R"({{"detail":{{"key":[{{"wildcard":"dir-{}/*.png"}}]}}}})", n); }},
      {"numeric range",
       [](int n) {
         return fmt::format(R"({{"detail":{{"amount":[{{"numeric":[">=",{},"<",{}]}}]}}}})", n * 10,
                            n * 10 + 10);
       }},
      {"anything-but, an id of its own",
       [](int n) {
         return fmt::format(
             R"({{"detail":{{"status":[{{"anything-but":"cancelled"}}],"id":["customer-{}"]}}}})", n);
       }},
      {"address block",
       [](int n) {
         return fmt::format(R"({{"detail":{{"address":[{{"cidr":"10.{}.{}.0/24"}}]}}}})", n / 256, n % 256);
       }},
  };
}

double processor_nanoseconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e9 + static_cast<double>(spent.tv_nsec);
}

double nanoseconds(const Matcher& matcher, const Event& event) {
  const double started = processor_nanoseconds();
  std::size_t found = 0;
  for (int i = 0; i < kAsked; ++i) {
    found += matcher.match(event).size();
  }
  const double spent = processor_nanoseconds() - started;
  if (found != kAsked) {
    fmt::print(stderr, "{} matches instead of {}\n", found, kAsked);
    std::exit(1);
  }
  return spent / kAsked;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  const Event event = Event::from_json(kEvent);
  for (const Shape& shape : shapes()) {
    Matcher one;
    Matcher many;
    for (int n = 0; n < kMany; ++n) {
      const Pattern pattern = Pattern::parse(shape.pattern(n), Dialect::kEventBridge);
      many.add(std::to_string(n), pattern);
      if (pattern.matches(event)) {
        one.add(std::to_string(n), pattern);
      }
    }
    for (int round = 0; round < rounds; ++round) {
      const double alone = nanoseconds(one, event);
      fmt::print("{}\t{:.1f}\t{:.1f}\n", shape.name, alone, nanoseconds(many, event));
    }
  }
  return 0;
}
