#include "server/enforcement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/secret_box.h"
#include "server/catalogue.h"
#include "store/store.h"

namespace martlet::server {
namespace {

class EnforcementTest : public testing::Test {
 protected:
  boost::asio::io_context loop_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(loop_.get_executor());
  SecretBox secrets_{std::string(SecretBox::kKeySize, 'k')};
  iam::Directory directory_{*store_, secrets_};
  iam::Names iam_names_{directory_};
  lambda::Names lambda_names_{*store_};
};

TEST_F(EnforcementTest, EveryOperationThatIsImplementedHasARule) {
  std::vector<RuledService> ruled = rules_of_services(iam_names_, lambda_names_);
  for (const wire::BoundService& service : catalogue()) {
    for (const wire::Operation& operation : service.model->operations) {
      if (!service.implements(operation)) continue;
      const auto found = std::ranges::find(ruled, service.model, &RuledService::model);
      ASSERT_NE(found, ruled.end()) << service.model->name;
      const auto& rules = found->rules.operations;
      EXPECT_NE(std::ranges::find(rules, operation.name, &authorization::OperationRule::operation),
                rules.end())
          << service.model->name << " " << operation.name;
    }
  }
}

TEST_F(EnforcementTest, TablesFitTheirModels) {
  for (RuledService& service : rules_of_services(iam_names_, lambda_names_)) {
    std::set<std::string_view> operations;
    for (const auto& rule : service.rules.operations)
      EXPECT_TRUE(operations.insert(rule.operation).second) << "twice: " << rule.operation;
    EXPECT_NO_THROW(authorization::Rules(*service.model, std::move(service.rules)));
  }
}

}  // namespace
}  // namespace martlet::server
