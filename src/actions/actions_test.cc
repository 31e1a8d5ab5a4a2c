#include "actions/actions.h"

#include <gtest/gtest.h>

#include "api/sample/bind.h"
#include "base/async_test.h"
#include "base/error.h"

namespace martlet::actions {
namespace {

class Things final : public sample::Api {
 public:
  Task<> DeleteThing(wire::Context& context, sample::DeleteThingRequest input) override {
    if (input.name == "gone") throw aws::Error("ThingNotFound", "no " + input.name, 404);
    deleted = context.account + "/" + input.name;
    co_return;
  }
  std::string deleted;
};

class Nobody final : public wire::Admission {
 public:
  Task<> admit(const void*) override { throw aws::Error("AccessDenied", "no", 403); }
};

/// The code of the error that a call throws; empty when it throws none.
Task<std::string> code_of(const Actions& actions, std::string operation, std::string document,
                          wire::Context context = {}, std::string service = "sample") {
  try {
    co_await actions.call(std::move(service), std::move(operation), std::move(document), std::move(context));
  } catch (const aws::Error& error) {
    co_return error.code();
  }
  co_return "";
}

TEST(Actions, CallOperationsWithDocuments) {
  run_async([](Executor) -> Task<> {
    Things things;
    Actions actions;
    actions.add(sample::bind(things));
    wire::Context context;
    context.account = "000000000000";
    EXPECT_EQ(co_await actions.call("sample", "DeleteThing", R"({"Name": "lamp"})", context), "{}");
    EXPECT_EQ(things.deleted, "000000000000/lamp");
  });
}

TEST(Actions, FailAsTheOperationDoes) {
  run_async([](Executor) -> Task<> {
    Things things;
    Actions actions;
    actions.add(sample::bind(things));
    EXPECT_EQ(co_await code_of(actions, "DeleteThing", R"({"Name": "gone"})"), "ThingNotFound");
    EXPECT_EQ(co_await code_of(actions, "DeleteThing", "{}"), "ValidationException");
    EXPECT_EQ(co_await code_of(actions, "Unfinished", "{}"), "NotImplemented");
    EXPECT_EQ(co_await code_of(actions, "Unheard", "{}"), "UnknownOperationException");
    EXPECT_EQ(co_await code_of(actions, "DeleteThing", "{}", {}, "other"), "NotImplemented");
  });
}

TEST(Actions, AreHeldToWhatTheirCallerMay) {
  run_async([](Executor) -> Task<> {
    Things things;
    Actions actions;
    actions.add(sample::bind(things));
    Nobody nobody;
    wire::Context context;
    context.admission = &nobody;
    EXPECT_EQ(co_await code_of(actions, "DeleteThing", R"({"Name": "lamp"})", context), "AccessDenied");
    EXPECT_EQ(things.deleted, "");
  });
}

}  // namespace
}  // namespace martlet::actions
