// Roles and their policies, as their callers meet them.

#include <gtest/gtest.h>

#include <functional>

#include "base/async_test.h"
#include "base/error.h"
#include "base/strings.h"
#include "services/iam/service.h"
#include "wire/context.h"

namespace martlet::iam {
namespace {

const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},)"
    R"("Action":"sts:AssumeRole"}]})";
const std::string kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})";
const std::string kBasic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

class IamTest : public testing::Test {
 protected:
  void run(const std::function<Task<>(IamService&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      const auto store = store::make_memory_store(executor);
      const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'123));
      Ids ids(1);
      const SecretBox secrets(std::string(SecretBox::kKeySize, 'k'));
      IamService service(
          {.executor = executor, .store = *store, .clock = *clock, .ids = ids, .secrets = secrets});
      context_.account = "123456789012";
      context_.region = "eu-west-1";
      co_await body(service);
    });
  }

  Task<Role> create(IamService& iam, std::string name, std::optional<std::string> path = std::nullopt) {
    CreateRoleRequest input;
    input.role_name = std::move(name);
    input.path = std::move(path);
    input.assume_role_policy_document = kTrust;
    const CreateRoleResponse output = co_await iam.CreateRole(context_, input);
    co_return output.role;
  }

  wire::Context context_;
};

/// "Code: message" of the error with which `task` ends; "" when it does not.
template <class T>
Task<std::string> error_of(Task<T> task) {
  std::string text;
  try {
    co_await std::move(task);
  } catch (const aws::Error& error) {
    text = error.what();
  }
  co_return text;
}

TEST_F(IamTest, ARoleIsWhatItWasCreatedAs) {
  run([&](IamService& iam) -> Task<> {
    CreateRoleRequest input;
    input.role_name = "Worker";
    input.path = "/service/";
    input.assume_role_policy_document = kTrust;
    input.description = "does the work";
    input.max_session_duration = 7200;
    input.permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    input.tags = {{{.key = "Team", .value = "a"}}};
    const auto created = co_await iam.CreateRole(context_, input);
    EXPECT_EQ(created.role.arn, "arn:aws:iam::123456789012:role/service/Worker");
    EXPECT_EQ(created.role.role_id.size(), 21u);
    EXPECT_TRUE(created.role.role_id.starts_with("AROA"));
    EXPECT_EQ(to_epoch_ms(created.role.create_date), 1'700'000'000'000);
    EXPECT_EQ(percent_decode(created.role.assume_role_policy_document.value()), kTrust);
    EXPECT_TRUE(created.role.assume_role_policy_document->starts_with("%7B%22Version%22%3A"));

    GetRoleRequest get;
    get.role_name = "worker";
    const auto found = co_await iam.GetRole(context_, get);
    EXPECT_EQ(found.role.role_name, "Worker");
    EXPECT_EQ(found.role.role_id, created.role.role_id);
    EXPECT_EQ(found.role.description, "does the work");
    EXPECT_EQ(found.role.max_session_duration, 7200);
    EXPECT_EQ(found.role.permissions_boundary->permissions_boundary_arn,
              "arn:aws:iam::aws:policy/PowerUserAccess");
    EXPECT_EQ(found.role.tags->front().key, "Team");
    EXPECT_TRUE(found.role.role_last_used);

    const Role plain = co_await create(iam, "plain");
    EXPECT_EQ(plain.path, "/");
    EXPECT_EQ(plain.max_session_duration, 3600);
    EXPECT_EQ(plain.arn, "arn:aws:iam::123456789012:role/plain");
  });
}

TEST_F(IamTest, RefusesRolesThatCannotBe) {
  run([&](IamService& iam) -> Task<> {
    co_await create(iam, "taken");
    EXPECT_EQ(co_await error_of(create(iam, "TAKEN")),
              "EntityAlreadyExistsException: Role with name TAKEN already exists.");
    CreateRoleRequest input;
    input.role_name = "new";
    input.assume_role_policy_document = "{";
    EXPECT_EQ(co_await error_of(iam.CreateRole(context_, input)),
              "MalformedPolicyDocumentException: This policy contains invalid Json");
    input.assume_role_policy_document = kTrust;
    input.assume_role_policy_document.insert(1, R"("Id":")" + std::string(2048, 'x') + R"(",)");
    EXPECT_EQ(co_await error_of(iam.CreateRole(context_, input)),
              "LimitExceededException: Cannot exceed quota for ACLSizePerRole: 2048");
    input.assume_role_policy_document = kTrust + std::string(4096, ' ');
    input.tags = {{{.key = "a", .value = "1"}, {.key = "A", .value = "2"}}};
    EXPECT_TRUE((co_await error_of(iam.CreateRole(context_, input)))
                    .starts_with("InvalidInputException: Duplicate tag"));
    input.tags.reset();
    input.permissions_boundary = "arn:aws:iam::123456789012:policy/none";
    EXPECT_TRUE(
        (co_await error_of(iam.CreateRole(context_, input))).starts_with("NoSuchEntityException: Scope ARN"));
  });
}

TEST_F(IamTest, RolesAreListedInPagesAndByPath) {
  run([&](IamService& iam) -> Task<> {
    for (const char* name : {"d", "B", "a", "c"})
      co_await create(iam, name, name == std::string("B") ? "/x/" : "/");
    ListRolesRequest input;
    input.max_items = 2;
    std::string names;
    for (bool more = true; more;) {
      const auto page = co_await iam.ListRoles(context_, input);
      for (const Role& role : page.roles) names += role.role_name;
      names += ' ';
      more = page.is_truncated.value();
      EXPECT_EQ(more, page.marker.has_value());
      input.marker = page.marker;
    }
    EXPECT_EQ(names, "aB cd ");
    input = {};
    input.path_prefix = "/x/";
    EXPECT_EQ((co_await iam.ListRoles(context_, input)).roles.size(), 1u);
    input.marker = "?";
    EXPECT_EQ(co_await error_of(iam.ListRoles(context_, input)), "ValidationError: Invalid Marker.");
    context_.account = "999999999999";
    EXPECT_TRUE((co_await iam.ListRoles(context_, {})).roles.empty());
  });
}

TEST_F(IamTest, ManagedPoliciesAreAttachedAndDetached) {
  run([&](IamService& iam) -> Task<> {
    AttachRolePolicyRequest attach;
    attach.role_name = "r";
    attach.policy_arn = kBasic;
    EXPECT_EQ(co_await error_of(iam.AttachRolePolicy(context_, attach)),
              "NoSuchEntityException: The role with name r cannot be found.");
    co_await create(iam, "r");
    co_await iam.AttachRolePolicy(context_, attach);
    co_await iam.AttachRolePolicy(context_, attach);
    const char* unknown = "arn:aws:iam::aws:policy/NoSuchPolicy";
    attach.policy_arn = unknown;
    EXPECT_EQ(
        co_await error_of(iam.AttachRolePolicy(context_, attach)),
        std::string("NoSuchEntityException: Policy ") + unknown + " does not exist or is not attachable.");
    attach.policy_arn = "arn:aws:s3:::bucket-not-a-policy";
    EXPECT_TRUE(
        (co_await error_of(iam.AttachRolePolicy(context_, attach))).starts_with("InvalidInputException"));

    ListAttachedRolePoliciesRequest list;
    list.role_name = "r";
    const auto attached = co_await iam.ListAttachedRolePolicies(context_, list);
    EXPECT_EQ(attached.attached_policies->size(), 1u);
    EXPECT_EQ(attached.attached_policies->front().policy_name, "AWSLambdaBasicExecutionRole");
    EXPECT_EQ(attached.attached_policies->front().policy_arn, kBasic);
    list.path_prefix = "/other/";
    EXPECT_TRUE((co_await iam.ListAttachedRolePolicies(context_, list)).attached_policies->empty());

    DeleteRoleRequest remove;
    remove.role_name = "r";
    EXPECT_EQ(co_await error_of(iam.DeleteRole(context_, remove)),
              "DeleteConflictException: Cannot delete entity, must detach all policies first.");
    DetachRolePolicyRequest detach;
    detach.role_name = "r";
    detach.policy_arn = kBasic;
    co_await iam.DetachRolePolicy(context_, detach);
    EXPECT_EQ(co_await error_of(iam.DetachRolePolicy(context_, detach)),
              "NoSuchEntityException: Policy " + kBasic + " was not found.");
    co_await iam.DeleteRole(context_, remove);
    EXPECT_EQ(co_await error_of(iam.DeleteRole(context_, remove)),
              "NoSuchEntityException: The role with name r cannot be found.");
  });
}

TEST_F(IamTest, ARoleHasATotalOfTenManagedPolicies) {
  run([&](IamService& iam) -> Task<> {
    co_await create(iam, "r");
    AttachRolePolicyRequest attach;
    attach.role_name = "r";
    for (const char* name :
         {"AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess", "AmazonSNSFullAccess",
          "AmazonSQSReadOnlyAccess", "AmazonSNSReadOnlyAccess", "AmazonKinesisFullAccess",
          "AmazonDynamoDBFullAccess", "AdministratorAccess", "ReadOnlyAccess"}) {
      attach.policy_arn = std::string("arn:aws:iam::aws:policy/") + name;
      co_await iam.AttachRolePolicy(context_, attach);
    }
    attach.policy_arn = kBasic;
    EXPECT_EQ(co_await error_of(iam.AttachRolePolicy(context_, attach)),
              "LimitExceededException: Cannot exceed quota for PoliciesPerRole: 10");
  });
}

TEST_F(IamTest, InlinePoliciesAreKeptWithTheRole) {
  run([&](IamService& iam) -> Task<> {
    co_await create(iam, "r");
    PutRolePolicyRequest put;
    put.role_name = "r";
    put.policy_name = "p";
    put.policy_document = kPolicy;
    co_await iam.PutRolePolicy(context_, put);
    put.policy_name = "q";
    co_await iam.PutRolePolicy(context_, put);
    put.policy_document = "[]";
    EXPECT_EQ(co_await error_of(iam.PutRolePolicy(context_, put)),
              "MalformedPolicyDocumentException: Syntax errors in policy.");
    put.policy_document = kPolicy;
    put.policy_document.insert(1, R"("Id":")" + std::string(10'100, 'x') + R"(",)");
    EXPECT_EQ(co_await error_of(iam.PutRolePolicy(context_, put)),
              "LimitExceededException: Maximum policy size of 10240 bytes exceeded for role r");

    GetRolePolicyRequest get;
    get.role_name = "r";
    get.policy_name = "p";
    const auto found = co_await iam.GetRolePolicy(context_, get);
    EXPECT_EQ(percent_decode(found.policy_document), kPolicy);
    ListRolePoliciesRequest list;
    list.role_name = "r";
    EXPECT_EQ((co_await iam.ListRolePolicies(context_, list)).policy_names,
              (std::vector<std::string>{"p", "q"}));

    DeleteRoleRequest remove;
    remove.role_name = "r";
    EXPECT_EQ(co_await error_of(iam.DeleteRole(context_, remove)),
              "DeleteConflictException: Cannot delete entity, must delete policies first.");
    DeleteRolePolicyRequest drop;
    drop.role_name = "r";
    for (const char* name : {"p", "q"}) {
      drop.policy_name = name;
      co_await iam.DeleteRolePolicy(context_, drop);
    }
    EXPECT_EQ(co_await error_of(iam.DeleteRolePolicy(context_, drop)),
              "NoSuchEntityException: The role policy with name q cannot be found.");
    EXPECT_EQ(co_await error_of(iam.GetRolePolicy(context_, get)),
              "NoSuchEntityException: The role policy with name p cannot be found.");
    ListInstanceProfilesForRoleRequest profiles;
    profiles.role_name = "r";
    EXPECT_TRUE((co_await iam.ListInstanceProfilesForRole(context_, profiles)).instance_profiles.empty());
    co_await iam.DeleteRole(context_, remove);
    EXPECT_EQ(co_await error_of(iam.ListInstanceProfilesForRole(context_, profiles)),
              "NoSuchEntityException: The role with name r cannot be found.");
  });
}

}  // namespace
}  // namespace martlet::iam
