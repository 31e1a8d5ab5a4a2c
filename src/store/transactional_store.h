#pragma once

// TransactionalStore: the Store over one engine on this machine: begins transactions, settles conflicts
// between them and acknowledges commits as durably as it was asked to. Lives on the loop.

#include <memory>

#include "store/engine.h"
#include "store/group_commit.h"
#include "store/history.h"
#include "store/store.h"

namespace martlet::store {

class TransactionalStore : public Store {
 public:
  TransactionalStore(Executor executor, std::unique_ptr<Engine> engine, Durability durability);

  [[nodiscard]] std::size_t approximate_size() const override;
  Task<> clear() override;
  Task<> close() override;

 protected:
  std::unique_ptr<Txn> begin() override;
  Task<bool> commit(Txn& txn, int attempt) override;

 private:
  void check_open() const;

  Executor executor_;
  std::shared_ptr<History> history_;
  /// Present with Durability::kDisk.
  std::unique_ptr<GroupCommit> disk_;
  bool closed_ = false;
};

}  // namespace martlet::store
