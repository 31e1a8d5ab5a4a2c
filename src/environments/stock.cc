#include "environments/stock.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "environments/extensions.h"

namespace martlet::environments {

namespace {

/// Of a runtime of which none has been measured.
constexpr std::uint64_t kExpectedBytes = 32ULL << 20;
/// A runtime that fails this often in a row is not pre-booted any more.
constexpr int kMostFailures = 2;

}  // namespace

Stock::Stock(Parts parts, StockOptions options) : with_(std::move(parts)), options_(options) {}

bool Stock::serves(const Runtime& runtime, const Spec& spec) {
  return runtime.may_preboot(spec.variables) && !spec.image &&
         !spec.variables.contains("AWS_LAMBDA_EXEC_WRAPPER") && external_extensions_of(spec).empty();
}

/// Identifiers that the same program serves share a stock.
std::string Stock::key(const Runtime& runtime) {
  std::string key;
  for (const std::string& argument : runtime.preboot_command()) key += argument + '\n';
  for (const sandbox::Bind& bind : runtime.binds) key += bind.source + '\n' + bind.target + '\n';
  return key;
}

void Stock::expect(const std::shared_ptr<const Runtime>& runtime) {
  if (!runtime->preboots || options_.per_runtime == 0) return;
  auto& shelf = shelves_[key(*runtime)];
  if (!shelf) {
    shelf = std::make_shared<Shelf>();
    shelf->runtime = runtime;
  }
  shelf->used_at = with_.clock.elapsed();
  tend();
  with_.changed();
}

std::shared_ptr<Preboot> Stock::take(const std::shared_ptr<const Runtime>& runtime, const Spec& spec) {
  if (!serves(*runtime, spec)) return nullptr;
  expect(runtime);
  const auto shelf = shelves_.find(key(*runtime));
  if (shelf == shelves_.end()) return nullptr;
  auto& preboots = shelf->second->preboots;
  std::erase_if(preboots, [](const auto& preboot) { return preboot->ended(); });
  if (preboots.empty()) return nullptr;
  auto chosen = std::ranges::find_if(preboots, &Preboot::waiting);
  // One that still boots is ahead of one that would only begin to.
  if (chosen == preboots.end()) chosen = preboots.begin();
  const auto taken = *chosen;
  preboots.erase(chosen);
  ++taken_;
  with_.changed();
  return taken;
}

void Stock::tend() {
  if (filling_ || !with_.calm() || !next_to_fill()) return;
  filling_ = true;
  with_.tasks.spawn("stock", fill());
}

std::shared_ptr<Stock::Shelf> Stock::next_to_fill() {
  std::shared_ptr<Shelf> emptiest;
  for (const auto& [key, shelf] : shelves_) {
    std::erase_if(shelf->preboots, [](const auto& preboot) { return preboot->ended(); });
    if (shelf->preboots.size() >= options_.per_runtime || shelf->failures >= kMostFailures) continue;
    const std::uint64_t each = shelf->bytes_each != 0 ? shelf->bytes_each : kExpectedBytes;
    if (memory() + each > options_.memory_bytes) continue;
    if (!emptiest || shelf->preboots.size() < emptiest->preboots.size()) emptiest = shelf;
  }
  return emptiest;
}

Task<> Stock::fill() {
  while (with_.calm()) {
    const auto shelf = next_to_fill();
    if (!shelf) break;
    co_await boot(shelf);
  }
  filling_ = false;
}

Task<> Stock::boot(std::shared_ptr<Shelf> shelf) {
  const auto preboot = std::make_shared<Preboot>(
      with_.around, preboot_policy(*shelf->runtime, with_.ports, "env-" + with_.ids.hex(24)));
  shelf->preboots.push_back(preboot);
  std::string failure;
  try {
    co_await preboot->boot();
    shelf->failures = 0;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    std::erase(shelf->preboots, preboot);
    preboot->kill();
    if (++shelf->failures == kMostFailures)
      log::warning("a runtime cannot be pre-booted; its functions start from nothing",
                   {{"runtime", shelf->runtime->version}, {"error", failure}});
  } else if (preboot->memory_held() != 0) {
    shelf->bytes_each = preboot->memory_held();
  }
  with_.changed();
}

std::optional<Duration> Stock::expire() {
  std::optional<Duration> next;
  const Duration now = with_.clock.elapsed();
  for (auto shelf = shelves_.begin(); shelf != shelves_.end();) {
    const Duration until = shelf->second->used_at + options_.keep_for;
    if (until <= now) {
      empty(*shelf->second);
      shelf = shelves_.erase(shelf);
    } else {
      next = std::min(next.value_or(until), until);
      ++shelf;
    }
  }
  return next;
}

void Stock::empty(Shelf& shelf) {
  // One that is being booted is taken off by boot().
  for (const auto& preboot : shelf.preboots) preboot->kill();
  shelf.preboots.clear();
  // Whoever fills it now finds it full.
  shelf.failures = kMostFailures;
}

void Stock::give_up() {
  for (const auto& [key, shelf] : shelves_) empty(*shelf);
  shelves_.clear();
  with_.changed();
}

std::size_t Stock::waiting() const {
  std::size_t count = 0;
  for (const auto& [key, shelf] : shelves_)
    count += static_cast<std::size_t>(std::ranges::count_if(shelf->preboots, &Preboot::waiting));
  return count;
}

std::size_t Stock::booting() const {
  std::size_t count = 0;
  for (const auto& [key, shelf] : shelves_)
    count += static_cast<std::size_t>(std::ranges::count_if(
        shelf->preboots, [](const auto& preboot) { return !preboot->waiting() && !preboot->ended(); }));
  return count;
}

std::uint64_t Stock::memory() const {
  std::uint64_t bytes = 0;
  for (const auto& [key, shelf] : shelves_)
    bytes += shelf->preboots.size() * (shelf->bytes_each != 0 ? shelf->bytes_each : kExpectedBytes);
  return bytes;
}

}  // namespace martlet::environments
