#pragma once

// FaultyStore: the store of one run of the server, over an engine that outlasts it. By chance a commit meets
// a conflict, is refused by the disk, or is the moment in which the server crashes: before it, so that it
// never happened, or after it, so that it happened but nobody was told. After a crash nothing has an effect
// any more.

#include <memory>
#include <stdexcept>

#include "random.h"
#include "store/transactional_store.h"

namespace martlet::sim {

/// Probabilities of a commit.
struct FaultRates {
  double conflict = 0;
  double refused = 0;
  double crash_before = 0;
  double crash_after = 0;
};

class Crashed : public std::runtime_error {
 public:
  Crashed() : std::runtime_error("the server has crashed") {}
};

class FaultyStore final : public store::TransactionalStore {
 public:
  FaultyStore(Executor executor, std::shared_ptr<store::Engine> lasting, Random& random, FaultRates rates);

  void set_rates(FaultRates rates) { rates_ = rates; }
  void crash() { crashed_ = true; }
  [[nodiscard]] bool crashed() const { return crashed_; }

 protected:
  std::unique_ptr<store::Txn> begin() override;
  Task<bool> commit(store::Txn& txn, int attempt) override;

 private:
  Random& random_;
  FaultRates rates_;
  bool crashed_ = false;
};

}  // namespace martlet::sim
