// Who used what last: as it is told, written, read again, and reported.

#include "services/iam/last_accessed.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "base/async_test.h"
#include "base/error.h"
#include "base/task_group.h"
#include "services/iam/credential_store.h"
#include "services/iam/service.h"
#include "wire/context.h"

namespace martlet::iam {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;
const std::string kAccount = "123456789012";

/// Lets everything run that can.
Task<> settle(Executor executor) {
  for (int i = 0; i < 50; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

class LastAccessedTest : public testing::Test {
 protected:
  void run(const std::function<Task<>(IamService&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      const auto store = store::make_memory_store(executor);
      store_ = store.get();
      clock_ = make_simulated_clock(executor, from_epoch_ms(kStart));
      Ids ids(1);
      const SecretBox secrets(std::string(SecretBox::kKeySize, 'k'));
      IamService service(
          {.executor = executor, .store = *store, .clock = *clock_, .ids = ids, .secrets = secrets});
      context_.account = kAccount;
      co_await body(service);
      clock_.reset();
    });
  }

  Task<UsesRecord> uses(IamService& iam, std::string id) {
    auto read = [&](store::Txn& txn) -> Task<UsesRecord> { return iam.last_accessed().uses(txn, id); };
    co_return co_await store_->transact(read);
  }
  Task<std::size_t> written() {
    auto read = [](store::Txn& txn) -> Task<std::size_t> {
      const auto found = co_await txn.scan(store::prefix_range("iam", "use"));
      co_return found.size();
    };
    co_return co_await store_->transact(read);
  }
  Task<std::string> create_user(IamService& iam, std::string name) {
    CreateUserRequest input;
    input.user_name = std::move(name);
    const auto output = co_await iam.CreateUser(context_, input);
    co_return output.user->user_id;
  }

  store::Store* store_ = nullptr;
  std::unique_ptr<Clock> clock_;
  wire::Context context_;
};

TEST_F(LastAccessedTest, KeepsTheLastUseOfEachServiceAndAction) {
  run([&](IamService& iam) -> Task<> {
    LastAccessed& told = iam.last_accessed();
    told.note("AIDA1", "sqs", "CreateQueue", "us-east-1");
    clock_->advance(std::chrono::seconds(1));
    told.note("AIDA1", "s3", "", "us-east-1");
    told.note("AIDA1", "sqs", "SendMessage", "eu-west-1");
    for (int round = 0; round < 2; ++round) {  // as it was noted, and as it was written
      const UsesRecord known = co_await uses(iam, "AIDA1");
      EXPECT_EQ(known.services.size(), 2u);
      if (known.services.size() != 2) co_return;
      const ServiceUseRecord& sqs = known.services[0];
      EXPECT_EQ(sqs.name, "sqs");
      EXPECT_EQ(sqs.used_ms, kStart + 1000);
      EXPECT_EQ(sqs.region, "eu-west-1");
      EXPECT_EQ(sqs.actions.size(), 2u);
      EXPECT_EQ(sqs.actions[0].name, "CreateQueue");
      EXPECT_EQ(sqs.actions[0].used_ms, kStart);
      EXPECT_EQ(sqs.actions[0].region, "us-east-1");
      EXPECT_EQ(sqs.actions[1].used_ms, kStart + 1000);
      EXPECT_TRUE(known.services[1].actions.empty());
      EXPECT_EQ(co_await written(), static_cast<std::size_t>(round));
      co_await iam.stop();
    }
    EXPECT_TRUE((co_await uses(iam, "AIDA2")).services.empty());
    iam.reset();  // memory; what is written is the store's
    told.note("AIDA1", "sqs", "CreateQueue", "us-west-2");
    co_await iam.stop();
    const UsesRecord known = co_await uses(iam, "AIDA1");
    EXPECT_EQ(known.services.size(), 2u);
    EXPECT_EQ(known.services[0].region, "us-west-2");
    EXPECT_EQ(known.services[0].actions.size(), 2u);
  });
}

TEST_F(LastAccessedTest, WritesBehind) {
  run_async([&](Executor executor) -> Task<> {
    const auto store = store::make_memory_store(executor);
    store_ = store.get();
    const auto clock = make_simulated_clock(executor, from_epoch_ms(kStart));
    LastAccessed told(executor, *store, *clock);
    TaskGroup tasks(executor);
    tasks.spawn("uses", told.keep());
    co_await settle(executor);
    for (int i = 0; i < 500; ++i) told.note("AIDA" + std::to_string(i), "sqs", "SendMessage", "us-east-1");
    // The first are written at once, whatever follows within five minutes together.
    co_await settle(executor);
    EXPECT_EQ(co_await written(), 500u);
    told.note("AIDAnew", "sqs", "SendMessage", "us-east-1");
    clock->advance(std::chrono::minutes(4));
    co_await settle(executor);
    EXPECT_EQ(co_await written(), 500u);
    clock->advance(std::chrono::minutes(2));
    co_await settle(executor);
    EXPECT_EQ(co_await written(), 501u);
    co_await tasks.stop();
  });
}

TEST_F(LastAccessedTest, IsBoundedUntilItIsWritten) {
  run([&](IamService& iam) -> Task<> {
    LastAccessed& told = iam.last_accessed();
    for (int i = 0; i < 6000; ++i) told.note("AIDA" + std::to_string(i), "sqs", "", "us-east-1");
    EXPECT_TRUE((co_await uses(iam, "AIDA5500")).services.empty());
    co_await iam.stop();
    EXPECT_EQ(co_await written(), 5000u);
    told.note("AIDA5500", "sqs", "", "us-east-1");
    EXPECT_EQ((co_await uses(iam, "AIDA5500")).services.size(), 1u);
    EXPECT_EQ((co_await uses(iam, "AIDA1")).services.size(), 1u);
  });
}

TEST_F(LastAccessedTest, OfAnAccessKey) {
  run([&](IamService& iam) -> Task<> {
    const std::string user = co_await create_user(iam, "Ann");
    CreateAccessKeyRequest create;
    create.user_name = "ann";
    const std::string key = (co_await iam.CreateAccessKey(context_, create)).access_key.access_key_id;
    const auto generation = iam.directory().generation();
    iam.last_accessed().note(key, "s3", {}, "us-east-1");
    clock_->advance(std::chrono::milliseconds(90'500));
    iam.last_accessed().note(key, "lambda", {}, "eu-west-1");
    iam.last_accessed().note(user, "lambda", "GetFunction", "eu-west-1");
    GetAccessKeyLastUsedRequest ask;
    ask.access_key_id = key;
    for (int round = 0; round < 2; ++round) {
      const auto used = co_await iam.GetAccessKeyLastUsed(context_, ask);
      EXPECT_EQ(used.user_name, "Ann");
      EXPECT_EQ(used.access_key_last_used->service_name, "lambda");
      EXPECT_EQ(used.access_key_last_used->region, "eu-west-1");
      EXPECT_EQ(to_epoch_ms(*used.access_key_last_used->last_used_date), kStart + 90'000);
      co_await iam.stop();
    }
    EXPECT_EQ(iam.directory().generation(), generation);  // nothing that decides has changed
    EXPECT_EQ(co_await written(), 2u);
    DeleteAccessKeyRequest drop_key;
    drop_key.user_name = "Ann";
    drop_key.access_key_id = key;
    co_await iam.DeleteAccessKey(context_, drop_key);
    iam.last_accessed().note(user, "lambda", "GetFunction", "eu-west-1");
    DeleteUserRequest drop;
    drop.user_name = "Ann";
    co_await iam.DeleteUser(context_, drop);
    co_await iam.stop();
    EXPECT_EQ(co_await written(), 0u);  // nothing is left of who is gone
  });
}

TEST_F(LastAccessedTest, ReadsWhatAnEarlierVersionWrote) {
  run([&](IamService& iam) -> Task<> {
    CreateRoleRequest role;
    role.role_name = "R";
    role.assume_role_policy_document =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},)"
        R"("Action":"sts:AssumeRole"}]})";
    co_await iam.CreateRole(context_, role);
    auto write = [&](store::Txn& txn) -> Task<> {
      const LastUseRecord use{.used_ms = kStart, .service = "sqs", .region = "eu-west-1"};
      store::put_record(txn, store::Key("iam", "role-use", kAccount, "r"), use);
      store::put_record(txn, store::Key("iam", "role-use", kAccount, "gone"), use);
      store::put_record(txn, store::Key("iam", "access-key-use", "AKIA1"), use);
      co_return;
    };
    co_await store_->transact(write);
    co_await iam.restore();
    co_await iam.restore();
    GetRoleRequest get;
    get.role_name = "R";
    const auto found = co_await iam.GetRole(context_, get);
    EXPECT_EQ(found.role.role_last_used->region, "eu-west-1");
    EXPECT_EQ(to_epoch_ms(found.role.role_last_used->last_used_date.value()), kStart);
    EXPECT_EQ((co_await uses(iam, "AKIA1")).services.size(), 1u);
    EXPECT_EQ(co_await written(), 2u);
  });
}

TEST_F(LastAccessedTest, ReportsPassAway) {
  run([&](IamService& iam) -> Task<> {
    co_await create_user(iam, "Ann");
    GenerateServiceLastAccessedDetailsRequest ask;
    ask.arn = "arn:aws:iam::123456789012:user/Ann";
    const auto count = [&]() -> Task<std::size_t> {
      auto read = [](store::Txn& txn) -> Task<std::size_t> {
        const auto found = co_await txn.scan(store::range_below(keys::access_reports(kAccount)));
        co_return found.size();
      };
      co_return co_await store_->transact(read);
    };
    std::string job;
    for (std::size_t i = 0; i <= kMaxAccessReports; ++i) {
      const auto made = co_await iam.GenerateServiceLastAccessedDetails(context_, ask);
      if (i == 1) job = *made.job_id;
      clock_->advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(co_await count(), kMaxAccessReports);
    GetServiceLastAccessedDetailsRequest get;
    get.job_id = job;  // the oldest that is left
    EXPECT_EQ((co_await iam.GetServiceLastAccessedDetails(context_, get)).job_status, "COMPLETED");
    clock_->advance(std::chrono::hours(24));
    std::string refused;
    try {
      co_await iam.GetServiceLastAccessedDetails(context_, get);
    } catch (const aws::Error& error) {
      refused = error.what();
    }
    EXPECT_EQ(refused, "NoSuchEntityException: The job with id " + job + " cannot be found.");
    co_await iam.GenerateServiceLastAccessedDetails(context_, ask);
    EXPECT_EQ(co_await count(), 1u);
  });
}

}  // namespace
}  // namespace martlet::iam
