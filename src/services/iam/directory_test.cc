// What the directory tells those who decide, and when it tells something else.

#include "services/iam/directory.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/async_test.h"
#include "base/error.h"
#include "services/iam/credential_store.h"
#include "services/iam/service.h"
#include "wire/context.h"

namespace martlet::iam {
namespace {

const std::string kAccount = "123456789012";
const std::string kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})";
const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},)"
    R"("Action":"sts:AssumeRole"}]})";
const std::string kSqs = "arn:aws:iam::aws:policy/AmazonSQSFullAccess";

class DirectoryTest : public testing::Test {
 protected:
  void run(const std::function<Task<>(IamService&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      const auto store = store::make_memory_store(executor);
      store_ = store.get();
      clock_ = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
      Ids ids(1);
      const SecretBox secrets(std::string(SecretBox::kKeySize, 'k'));
      IamService service(
          {.executor = executor, .store = *store, .clock = *clock_, .ids = ids, .secrets = secrets});
      context_.account = kAccount;
      co_await body(service);
      clock_.reset();
    });
  }

  Task<> create_user(IamService& iam, std::string name, std::optional<std::string> boundary = std::nullopt) {
    CreateUserRequest input;
    input.user_name = std::move(name);
    input.permissions_boundary = std::move(boundary);
    co_await iam.CreateUser(context_, input);
  }

  Task<AccessKey> create_key(IamService& iam, std::string user) {
    CreateAccessKeyRequest input;
    input.user_name = std::move(user);
    const auto output = co_await iam.CreateAccessKey(context_, input);
    co_return output.access_key;
  }

  store::Store* store_ = nullptr;
  std::unique_ptr<Clock> clock_;
  wire::Context context_;
};

TEST_F(DirectoryTest, KnowsWhoseAnAccessKeyIs) {
  run([&](IamService& iam) -> Task<> {
    EXPECT_EQ(co_await iam.directory().access_key("AKIANOBODYNOBODYNOBO"), nullptr);
    co_await create_user(iam, "Ann");
    const AccessKey key = co_await create_key(iam, "ann");
    const auto owner = co_await iam.directory().access_key(key.access_key_id);
    EXPECT_EQ(owner->secret, key.secret_access_key);
    EXPECT_EQ(owner->user_arn, "arn:aws:iam::123456789012:user/Ann");
    EXPECT_EQ(owner->account, kAccount);
    EXPECT_TRUE(owner->active);
    EXPECT_EQ(co_await iam.directory().access_key(key.access_key_id), owner);  // kept

    UpdateAccessKeyRequest update;
    update.user_name = "Ann";
    update.access_key_id = key.access_key_id;
    update.status = "Inactive";
    co_await iam.UpdateAccessKey(context_, update);
    EXPECT_FALSE((co_await iam.directory().access_key(key.access_key_id))->active);
    DeleteAccessKeyRequest remove;
    remove.user_name = "Ann";
    remove.access_key_id = key.access_key_id;
    co_await iam.DeleteAccessKey(context_, remove);
    EXPECT_EQ(co_await iam.directory().access_key(key.access_key_id), nullptr);
  });
}

TEST_F(DirectoryTest, GathersAllPoliciesOfAUser) {
  run([&](IamService& iam) -> Task<> {
    co_await create_user(iam, "Ann", "arn:aws:iam::aws:policy/PowerUserAccess");
    CreateGroupRequest group;
    group.group_name = "Devs";
    co_await iam.CreateGroup(context_, group);
    AddUserToGroupRequest add;
    add.group_name = "devs";
    add.user_name = "ann";
    co_await iam.AddUserToGroup(context_, add);
    CreatePolicyRequest policy;
    policy.policy_name = "Own";
    policy.policy_document = kPolicy;
    const auto own = co_await iam.CreatePolicy(context_, policy);
    AttachGroupPolicyRequest attach;
    attach.group_name = "Devs";
    attach.policy_arn = *own.policy->arn;
    co_await iam.AttachGroupPolicy(context_, attach);
    PutUserPolicyRequest put;
    put.user_name = "Ann";
    put.policy_name = "inline";
    put.policy_document = kPolicy;
    co_await iam.PutUserPolicy(context_, put);

    const auto user = co_await iam.directory().user(kAccount, "ANN");
    EXPECT_EQ(user->arn, "arn:aws:iam::123456789012:user/Ann");
    EXPECT_EQ(user->policies.size(), 2u);
    if (user->policies.size() != 2) co_return;
    EXPECT_EQ(user->policies[0].name, "inline");
    EXPECT_EQ(user->policies[0].owner, "Ann");
    EXPECT_EQ(user->policies[1].arn, "arn:aws:iam::123456789012:policy/Own");
    EXPECT_EQ(user->policies[1].noun, kGroup);
    EXPECT_EQ(user->policies[1].owner, "Devs");
    EXPECT_EQ(user->policies[1].document, kPolicy);
    EXPECT_EQ(user->boundary->name, "PowerUserAccess");
    EXPECT_TRUE(user->boundary->document.contains("NotAction"));
    EXPECT_EQ(co_await iam.directory().identity(user->arn), user);
    EXPECT_EQ(co_await iam.directory().identity("arn:aws:iam::123456789012:user/other/Ann"), nullptr);
    EXPECT_EQ(co_await iam.directory().identity("arn:aws:iam::123456789012:root"), nullptr);

    // A new default version of a policy is seen at once.
    CreatePolicyVersionRequest version;
    version.policy_arn = *own.policy->arn;
    version.policy_document = kPolicy + " ";
    version.set_as_default = true;
    const auto before = iam.directory().generation();
    EXPECT_EQ(user->generation, before);
    co_await iam.CreatePolicyVersion(context_, version);
    EXPECT_GT(iam.directory().generation(), before);
    EXPECT_EQ((co_await iam.directory().user(kAccount, "ann"))->policies[1].document, kPolicy + " ");
  });
}

TEST_F(DirectoryTest, ShowsRolesWithTheirTrust) {
  run([&](IamService& iam) -> Task<> {
    CreateRoleRequest role;
    role.role_name = "r";
    role.path = "/x/";
    role.assume_role_policy_document = kTrust;
    role.max_session_duration = 7200;
    role.tags = {{{.key = "Team", .value = "a"}}};
    co_await iam.CreateRole(context_, role);
    const auto found = co_await iam.directory().identity("arn:aws:iam::123456789012:role/x/r");
    EXPECT_EQ(found->trust_policy, kTrust);
    EXPECT_EQ(found->max_session_seconds, 7200);
    EXPECT_EQ(found->tags.size(), 1u);
    EXPECT_FALSE(found->boundary);
    EXPECT_EQ(co_await iam.directory().role("999999999999", "r"), nullptr);
    co_await store_->clear();
    iam.reset();
    EXPECT_EQ(co_await iam.directory().role(kAccount, "r"), nullptr);
  });
}

TEST_F(DirectoryTest, UsersChangeTheirOwnPasswords) {
  run([&](IamService& iam) -> Task<> {
    co_await create_user(iam, "Ann");
    CreateLoginProfileRequest login;
    login.user_name = "Ann";
    login.password = "Secret-123";
    login.password_reset_required = true;
    co_await iam.CreateLoginProfile(context_, login);
    context_.caller = {.kind = wire::Caller::Kind::kUser,
                       .account = kAccount,
                       .arn = "arn:aws:iam::123456789012:user/x/Ann",
                       .user_id = {},
                       .access_key_id = {}};
    std::string refused;
    ChangePasswordRequest change;
    change.new_password = "Another-123";
    for (const char* old : {"Wrong-123", "Secret-123", "Secret-123", "Another-123"}) {
      change.old_password = old;
      try {
        co_await iam.ChangePassword(context_, change);
        refused += '.';
      } catch (const aws::Error& error) {
        refused += error.code() + " ";
      }
    }
    EXPECT_EQ(refused, "AccessDenied .AccessDenied .");
    EXPECT_FALSE((co_await iam.GetLoginProfile(context_, {})).login_profile.password_reset_required.value());
    EXPECT_EQ((co_await iam.GetUser(context_, {})).user.user_name, "Ann");
    EXPECT_TRUE((co_await iam.ListAccessKeys(context_, {})).access_key_metadata.empty());
  });
}

TEST_F(DirectoryTest, AddsTheUsesOfPoliciesThatAnEarlierVersionDidNotWrite) {
  run([&](IamService& iam) -> Task<> {
    CreateRoleRequest role;
    role.role_name = "R";
    role.assume_role_policy_document = kTrust;
    role.permissions_boundary = kSqs;
    co_await iam.CreateRole(context_, role);
    AttachRolePolicyRequest attach;
    attach.role_name = "R";
    attach.policy_arn = kSqs;
    co_await iam.AttachRolePolicy(context_, attach);
    auto forget = [](store::Txn& txn) -> Task<> {
      txn.erase_range(store::prefix_range("iam", "policy-use"));
      co_return;
    };
    co_await store_->transact(forget);
    GetPolicyRequest get;
    get.policy_arn = kSqs;
    EXPECT_EQ((co_await iam.GetPolicy(context_, get)).policy->attachment_count, 0);
    co_await iam.restore();
    EXPECT_EQ((co_await iam.GetPolicy(context_, get)).policy->attachment_count, 1);
    EXPECT_EQ((co_await iam.GetPolicy(context_, get)).policy->permissions_boundary_usage_count, 1);
  });
}

}  // namespace
}  // namespace martlet::iam
