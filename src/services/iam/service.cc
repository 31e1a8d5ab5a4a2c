#include "services/iam/service.h"

namespace martlet::iam {

Task<> IamService::restore() {
  auto body = [](store::Txn& txn) -> Task<> {
    co_await add_missing_uses(txn);
    co_await convert_last_uses(txn);
  };
  co_await with_.store.transact(body);
}

void IamService::start(TaskGroup& tasks) { tasks.spawn("last uses of credentials", last_accessed_.keep()); }

Task<> IamService::stop() { return last_accessed_.flush(); }

void IamService::reset() {
  directory_.reset();
  last_accessed_.reset();
  mfa_codes().reset();
}

}  // namespace martlet::iam
