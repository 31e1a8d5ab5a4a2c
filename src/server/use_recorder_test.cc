// Whose uses of what IAM is told.

#include "server/use_recorder.h"

#include <gtest/gtest.h>

#include "api/iam/model.h"
#include "api/lambda/model.h"
#include "api/sqs/model.h"
#include "base/async_test.h"
#include "base/secret_box.h"
#include "services/iam/directory.h"
#include "wire/context.h"

namespace martlet::server {
namespace {

using Kind = wire::Caller::Kind;

wire::Context call_of(Kind kind, std::string user_id, std::string key) {
  wire::Context context;
  context.region = "eu-west-1";
  context.caller.kind = kind;
  context.caller.user_id = std::move(user_id);
  context.caller.access_key_id = std::move(key);
  return context;
}

/// "sqs(CreateQueue,SendMessage) lambda()": what is known of `id`.
Task<std::string> known(store::Store& store, iam::LastAccessed& uses, std::string id) {
  auto read = [&](store::Txn& txn) -> Task<iam::UsesRecord> { return uses.uses(txn, id); };
  std::string text;
  for (const auto& service : (co_await store.transact(read)).services) {
    text += (text.empty() ? "" : " ") + service.name + "(";
    for (const auto& action : service.actions) text += (text.ends_with('(') ? "" : ",") + action.name;
    text += ")";
    EXPECT_EQ(service.region, "eu-west-1");
  }
  co_return text;
}

TEST(UseRecorder, KnowsUsersAndSessionsOfRoles) {
  run_async([](Executor executor) -> Task<> {
    const auto store = store::make_memory_store(executor);
    const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
    const SecretBox secrets(std::string(SecretBox::kKeySize, 'k'));
    iam::Directory directory(*store, secrets);
    iam::Names names(directory);
    lambda::Names lambda_names(*store);
    iam::LastAccessed uses(executor, *store, *clock);
    UseRecorder recorder(uses, rules_of_services(names, lambda_names));
    EXPECT_TRUE(uses.tracked().at("lambda").contains("InvokeFunction"));
    EXPECT_TRUE(uses.tracked().at("sqs").contains("SendMessage"));

    const auto call = [&](const wire::Context& context, const wire::ServiceModel& service,
                          const char* operation) {
      recorder.called(context, service, *service.find_operation(operation));
    };
    const wire::Context user = call_of(Kind::kUser, "AIDA1", "AKIA1");
    call(user, sqs::model(), "CreateQueue");
    call(user, sqs::model(), "SendMessageBatch");
    call(user, lambda::model(), "Invoke");
    EXPECT_EQ(co_await known(*store, uses, "AIDA1"), "sqs(CreateQueue,SendMessage) lambda(InvokeFunction)");
    EXPECT_EQ(co_await known(*store, uses, "AKIA1"), "sqs() lambda()");
    // A session of a user is the user's use, and no key's.
    call(call_of(Kind::kUser, "AIDA2", "ASIA2"), iam::model(), "ListUsers");
    EXPECT_EQ(co_await known(*store, uses, "AIDA2"), "iam(ListUsers)");
    EXPECT_EQ(co_await known(*store, uses, "ASIA2"), "");
    call(call_of(Kind::kAssumedRole, "AROA1:session", "ASIA3"), sqs::model(), "ListQueues");
    recorder.acted("AROA1:function", "SNS:Publish", "eu-west-1");
    EXPECT_EQ(co_await known(*store, uses, "AROA1"), "sqs(ListQueues) sns(Publish)");
    // A role that is not stored, and who is neither.
    call(call_of(Kind::kAssumedRole, "function", "ASIA4"), sqs::model(), "ListQueues");
    call(call_of(Kind::kRoot, "123456789012", "AKIA5"), sqs::model(), "ListQueues");
    recorder.acted("", "sqs:ReceiveMessage", "eu-west-1");
    for (const char* id : {"function", "123456789012", "AKIA5", ""})
      EXPECT_EQ(co_await known(*store, uses, id), "");
  });
}

}  // namespace
}  // namespace martlet::server
