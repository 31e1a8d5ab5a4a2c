#pragma once

// Concurrency: who may run now. Counts requests in flight per function and per account and region, and
// refuses what AWS would refuse: beyond the account's concurrency, beyond what is reserved for the function,
// or faster than a function gets new environments ("Understanding Lambda function scaling", "Lambda scaling
// behavior"). Knows neither environments nor this host's room. Owned by the fleet; lives on the loop.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "environments/environments.h"

namespace martlet::environments {

struct ConcurrencyLimits {
  /// Of every account in every region.
  std::uint32_t account = 1000;
  /// Environments a function may get at once; refilled continuously over the period.
  std::uint32_t scaling = 1000;
  Duration scaling_period = std::chrono::seconds(10);
};

class Concurrency {
  struct Account;
  struct Function;

 public:
  /// Where a request is to run: provisioned environments have been claimed from the account already.
  enum class Use { kOnDemand, kProvisioned };

  /// A request in flight; it counts until release() or destruction.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept = default;
    Seat& operator=(Seat&& other) noexcept;
    ~Seat() { release(); }
    void release();

   private:
    friend class Concurrency;
    Seat(std::shared_ptr<Function> function, Use use) : function_(std::move(function)), use_(use) {}
    std::shared_ptr<Function> function_;
    Use use_ = Use::kOnDemand;
  };

  explicit Concurrency(ConcurrencyLimits limits) : limits_(limits) {}

  // Functions are named by their unqualified ARNs.

  /// A place for one more request, or why there is none.
  std::expected<Seat, ThrottleReason> enter(const std::string& function, Use use);
  /// Takes one of the new environments the function may have at the time `now` (Clock::elapsed); false when
  /// it had as many as the scaling rate allows.
  bool grow(const std::string& function, Duration now);

  /// Environments of tenants, busy or idle, that the function may have at a time: 2,500 for every 1,000 of
  /// its concurrency ("Troubleshooting tenant isolation for Lambda functions").
  [[nodiscard]] std::size_t most_tenant_environments(const std::string& function) const;

  /// See Fleet::set_reserved_concurrency.
  void reserve(const std::string& function, std::optional<std::uint32_t> concurrency);
  /// Claims (or gives back, when negative) concurrency for provisioned environments.
  void provision(const std::string& function, std::int64_t change);

  /// Drops every reservation and claim.
  void forget();

  struct Count {
    /// Requests in flight.
    std::uint32_t executions = 0;
    /// Of these, those that run in provisioned environments.
    std::uint32_t provisioned_executions = 0;
    /// Requests of an account that use its unreserved concurrency.
    std::uint32_t unreserved_executions = 0;
    /// Concurrency that on-demand requests cannot have: unreserved executions and all that is allocated.
    std::uint32_t claimed = 0;
  };
  [[nodiscard]] Count of_function(const std::string& function) const;
  [[nodiscard]] Count of_all() const;

 private:
  std::shared_ptr<Function> find(const std::string& function);
  void sweep();

  ConcurrencyLimits limits_;
  std::unordered_map<std::string, std::shared_ptr<Account>> accounts_;
  std::unordered_map<std::string, std::shared_ptr<Function>> functions_;
  std::size_t sweep_at_ = 64;
};

}  // namespace martlet::environments
