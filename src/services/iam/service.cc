#include "services/iam/service.h"

namespace martlet::iam {

Task<> IamService::restore() {
  auto body = [](store::Txn& txn) -> Task<> { return add_missing_uses(txn); };
  co_await with_.store.transact(body);
}

void IamService::start(TaskGroup& tasks) { tasks.spawn("last uses of access keys", directory_.keep_uses()); }

Task<> IamService::stop() { return directory_.flush_uses(); }

void IamService::reset() {
  directory_.reset();
  mfa_codes().reset();
}

}  // namespace martlet::iam
