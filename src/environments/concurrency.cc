#include "environments/concurrency.h"

#include <algorithm>
#include <utility>

namespace martlet::environments {

namespace {

/// What lies before it in an ARN names account and region: "arn:aws:lambda:us-east-1:000000000000".
constexpr std::string_view kFunctionPart = ":function:";

}  // namespace

struct Concurrency::Account {
  std::uint32_t executions = 0;
  std::uint32_t provisioned_executions = 0;
  std::uint32_t unreserved_executions = 0;
  std::int64_t reserved = 0;
  /// Of functions that reserve nothing: others have theirs within what they reserve.
  std::int64_t provisioned = 0;

  [[nodiscard]] std::int64_t allocated() const { return reserved + provisioned; }
};

struct Concurrency::Function {
  std::shared_ptr<Account> account;
  std::optional<std::uint32_t> reserved;
  std::int64_t provisioned = 0;
  std::uint32_t executions = 0;
  std::uint32_t provisioned_executions = 0;
  /// Environments it may have at once, at `refilled_at`; unset before the first.
  std::optional<double> allowance;
  Duration refilled_at{0};

  [[nodiscard]] std::uint32_t unreserved_executions() const {
    return reserved ? 0 : executions - provisioned_executions;
  }
  /// Takes what it uses and claims out of the account (-1) or puts it in (+1), so that it can be changed
  /// between the two.
  void account_for(int sign) const {
    account->unreserved_executions += static_cast<std::uint32_t>(sign) * unreserved_executions();
    account->reserved += sign * static_cast<std::int64_t>(reserved.value_or(0));
    if (!reserved) account->provisioned += sign * provisioned;
  }
};

Concurrency::Seat& Concurrency::Seat::operator=(Seat&& other) noexcept {
  if (this == &other) return *this;
  release();
  function_ = std::move(other.function_);
  use_ = other.use_;
  return *this;
}

void Concurrency::Seat::release() {
  const auto function = std::exchange(function_, nullptr);
  if (!function) return;
  Account& account = *function->account;
  --function->executions;
  --account.executions;
  if (use_ == Use::kProvisioned) {
    --function->provisioned_executions;
    --account.provisioned_executions;
  } else if (!function->reserved) {
    --account.unreserved_executions;
  }
}

std::shared_ptr<Concurrency::Function> Concurrency::find(const std::string& function) {
  if (const auto known = functions_.find(function); known != functions_.end()) return known->second;
  if (functions_.size() >= sweep_at_) sweep();
  auto& account = accounts_[function.substr(0, function.find(kFunctionPart))];
  if (!account) account = std::make_shared<Account>();
  auto made = std::make_shared<Function>();
  made->account = account;
  return functions_.emplace(function, std::move(made)).first->second;
}

/// Forgets functions of which there is nothing to know; deleted ones would stay forever otherwise.
void Concurrency::sweep() {
  std::erase_if(functions_, [](const auto& entry) {
    const Function& function = *entry.second;
    return function.executions == 0 && !function.reserved && function.provisioned == 0;
  });
  std::erase_if(accounts_, [](const auto& entry) { return entry.second.use_count() == 1; });
  sweep_at_ = std::max<std::size_t>(64, functions_.size() * 2);
}

std::expected<Concurrency::Seat, ThrottleReason> Concurrency::enter(const std::string& function, Use use) {
  const auto found = find(function);
  Account& account = *found->account;
  if (found->reserved) {
    if (found->executions >= *found->reserved)
      return std::unexpected(ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded);
  } else if (use == Use::kOnDemand) {
    if (account.unreserved_executions + account.allocated() >= limits_.account)
      return std::unexpected(ThrottleReason::kConcurrentInvocationLimitExceeded);
    ++account.unreserved_executions;
  }
  ++found->executions;
  ++account.executions;
  if (use == Use::kProvisioned) {
    ++found->provisioned_executions;
    ++account.provisioned_executions;
  }
  return Seat(found, use);
}

std::size_t Concurrency::most_tenant_environments(const std::string& function) const {
  const auto found = functions_.find(function);
  const bool reserves = found != functions_.end() && found->second->reserved;
  return std::size_t{reserves ? *found->second->reserved : limits_.account} * 5 / 2;
}

bool Concurrency::grow(const std::string& function, Duration now) {
  const auto found = find(function);
  const double most = limits_.scaling;
  const double refill = most * static_cast<double>((now - found->refilled_at).count()) /
                        static_cast<double>(limits_.scaling_period.count());
  // What was not used does not add up beyond one period's worth.
  const double allowance = found->allowance ? std::min(most, *found->allowance + refill) : most;
  found->refilled_at = now;
  found->allowance = allowance >= 1 ? allowance - 1 : allowance;
  return allowance >= 1;
}

void Concurrency::reserve(const std::string& function, std::optional<std::uint32_t> concurrency) {
  const auto found = find(function);
  found->account_for(-1);
  found->reserved = concurrency;
  found->account_for(+1);
}

void Concurrency::provision(const std::string& function, std::int64_t change) {
  const auto found = find(function);
  found->account_for(-1);
  found->provisioned += change;
  found->account_for(+1);
}

void Concurrency::forget() {
  functions_.clear();
  accounts_.clear();
}

Concurrency::Count Concurrency::of_function(const std::string& function) const {
  const auto found = functions_.find(function);
  if (found == functions_.end()) return {};
  return {.executions = found->second->executions,
          .provisioned_executions = found->second->provisioned_executions,
          .unreserved_executions = found->second->unreserved_executions()};
}

Concurrency::Count Concurrency::of_all() const {
  Count count;
  for (const auto& [name, account] : accounts_) {
    count.executions += account->executions;
    count.provisioned_executions += account->provisioned_executions;
    count.unreserved_executions += account->unreserved_executions;
    count.claimed += account->unreserved_executions + static_cast<std::uint32_t>(account->allocated());
  }
  return count;
}

}  // namespace martlet::environments
