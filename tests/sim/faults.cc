#include "faults.h"

namespace martlet::sim {

namespace {

/// What one run of the server sees of the engine that outlasts it.
class BorrowedEngine final : public store::Engine {
 public:
  explicit BorrowedEngine(std::shared_ptr<store::Engine> lasting) : lasting_(std::move(lasting)) {}

  std::unique_ptr<store::Snapshot> snapshot() override { return lasting_->snapshot(); }
  std::optional<std::string> get(std::string_view key, const store::Snapshot* at) override {
    return lasting_->get(key, at);
  }
  std::unique_ptr<store::Cursor> iterate(store::Range range, store::Order order,
                                         const store::Snapshot* at) override {
    return lasting_->iterate(std::move(range), order, at);
  }
  void write(const store::Batch& batch) override { lasting_->write(batch); }
  void sync() override { lasting_->sync(); }
  [[nodiscard]] std::size_t approximate_size() const override { return lasting_->approximate_size(); }
  void close() override {}

 private:
  std::shared_ptr<store::Engine> lasting_;
};

}  // namespace

FaultyStore::FaultyStore(Executor executor, std::shared_ptr<store::Engine> lasting, Random& random,
                         FaultRates rates)
    : TransactionalStore(std::move(executor), std::make_unique<BorrowedEngine>(std::move(lasting)),
                         store::Durability::kProcess),
      random_(random),
      rates_(rates) {}

std::unique_ptr<store::Txn> FaultyStore::begin() {
  if (crashed_) throw Crashed();
  return TransactionalStore::begin();
}

Task<bool> FaultyStore::commit(store::Txn& txn, int attempt) {
  if (crashed_) throw Crashed();
  if (random_.chance(rates_.conflict)) co_return false;
  if (random_.chance(rates_.refused)) throw std::runtime_error("the disk refused a write (simulated)");
  if (random_.chance(rates_.crash_before)) {
    crashed_ = true;
    throw Crashed();
  }
  const bool committed = co_await TransactionalStore::commit(txn, attempt);
  if (random_.chance(rates_.crash_after)) {
    crashed_ = true;
    throw Crashed();
  }
  co_return committed;
}

}  // namespace martlet::sim
