#include "environments/runtimes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "environments/policy.h"

namespace martlet::environments {
namespace {

namespace fs = std::filesystem;

/// A directory of one test, gone with it.
class Scratch : public testing::Test {
 protected:
  Scratch() {
    std::string pattern = fs::temp_directory_path() / "martlet-runtimes-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() override { fs::remove_all(root_); }

  std::string program(const std::string& path) {
    const fs::path full = root_ / path;
    fs::create_directories(full.parent_path());
    std::ofstream(full) << "x";
    ::chmod(full.c_str(), 0755);
    return full;
  }

  fs::path root_;
};

using RuntimesTest = Scratch;
using PolicyTest = Scratch;

TEST_F(RuntimesTest, FindsPythonsInDirectoriesAndUnderPyenv) {
  program("bin/python3.11");
  program("bin/python3");
  program("bin/python3.11-config");
  program("versions/3.12.1/bin/python3.12");
  program("versions/2.7.18/bin/python2.7");
  const RuntimeSearch search{.program_directories = {root_ / "bin", root_ / "missing"},
                             .pyenv_versions = {root_ / "versions"},
                             .nvm_versions = {}};
  const auto found = find_pythons(search);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, (std::vector<int>{3, 11}));
  EXPECT_EQ(found[1].version, (std::vector<int>{3, 12, 1}));
  EXPECT_EQ(found[1].prefix, (root_ / "versions/3.12.1").string());
}

TEST_F(RuntimesTest, NodesTellTheirVersionByDirectoryOrHeader) {
  program("tools/bin/node");
  fs::create_directories(root_ / "tools/include/node");
  std::ofstream(root_ / "tools/include/node/node_version.h")
      << "#define NODE_MAJOR_VERSION 18\n#define NODE_MINOR_VERSION 2\n#define NODE_PATCH_VERSION 0\n";
  program("nvm/v22.11.0/bin/node");
  const RuntimeSearch search{
      .program_directories = {root_ / "tools/bin"}, .pyenv_versions = {}, .nvm_versions = {root_ / "nvm"}};
  const auto found = find_nodes(search);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, (std::vector<int>{18, 2, 0}));
  EXPECT_EQ(found[1].version, (std::vector<int>{22, 11, 0}));
}

TEST(Nearest, SameElseNearestElseNewer) {
  const std::vector<Interpreter> some{{.program = "a", .prefix = {}, .version = {3, 11}},
                                      {.program = "b", .prefix = {}, .version = {3, 13, 2}},
                                      {.program = "c", .prefix = {}, .version = {3, 13, 5}}};
  EXPECT_EQ(nearest(some, {3, 11})->program, "a");
  EXPECT_EQ(nearest(some, {3, 13})->program, "b");
  EXPECT_EQ(nearest(some, {3, 12})->program, "b");
  EXPECT_EQ(nearest(some, {3, 9})->program, "a");
  EXPECT_EQ(nearest(some, {3, 14})->program, "b");
  EXPECT_EQ(nearest({}, {3, 14}), nullptr);
}

TEST_F(RuntimesTest, AMissingLanguageNamesThePackage) {
  Runtimes runtimes("/runtimes", RuntimeSearch{});
  EXPECT_NE(runtimes.find("python3.12").error().find("package python3"), std::string::npos);
  EXPECT_NE(runtimes.find("nodejs22.x").error().find("package nodejs"), std::string::npos);
  EXPECT_FALSE(runtimes.find("java21"));
  ASSERT_TRUE(runtimes.find("provided.al2023"));
  EXPECT_TRUE(runtimes.find("provided.al2023").value()->command.empty());
}

TEST_F(RuntimesTest, AnInterpreterOutsideUsrBringsItsPrefix) {
  const std::string python = program("versions/3.12.1/bin/python3.12");
  Runtimes runtimes("/runtimes",
                    {.program_directories = {}, .pyenv_versions = {root_ / "versions"}, .nvm_versions = {}});
  const auto runtime = runtimes.find("python3.12").value();
  EXPECT_EQ(runtime->command.front(), python);
  EXPECT_EQ(runtime->version, "python:3.12.1");
  ASSERT_EQ(runtime->binds.size(), 2u);
  EXPECT_EQ(runtime->binds[0].source, "/runtimes/python");
  EXPECT_EQ(runtime->binds[1].source, runtime->binds[1].target);
}

TEST_F(PolicyTest, VariablesOfLambdaWinOverReservedOnesOnly) {
  Spec spec;
  spec.region = "eu-west-1";
  spec.function_name = "f";
  spec.runtime = "python3.12";
  spec.handler = "a.b";
  spec.memory_mb = 256;
  spec.variables = {{"MINE", "1"}, {"TZ", "Europe/Berlin"}, {"AWS_REGION", "no"}};
  Runtime runtime{.language = Language::kPython,
                  .command = {"/usr/bin/python3.12"},
                  .binds = {},
                  .version = "python:3.12"};
  const auto variables = variables_for(spec, runtime, {}, "stream", {{"AWS_ACCESS_KEY_ID", "key"}});
  EXPECT_EQ(variables.at("MINE"), "1");
  EXPECT_EQ(variables.at("TZ"), "Europe/Berlin");
  EXPECT_EQ(variables.at("AWS_REGION"), "eu-west-1");
  EXPECT_EQ(variables.at("AWS_LAMBDA_RUNTIME_API"), "127.0.0.1:9001");
  EXPECT_EQ(variables.at("AWS_ENDPOINT_URL"), "http://127.0.0.1:4566");
  EXPECT_EQ(variables.at("AWS_EXECUTION_ENV"), "AWS_Lambda_python3.12");
  EXPECT_EQ(variables.at("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
  EXPECT_EQ(variables.at("AWS_ACCESS_KEY_ID"), "key");
}

TEST_F(PolicyTest, TheLogFormatAndWithJsonTheLevelAreVariables) {
  Spec spec;
  spec.logging.application_level = "WARN";
  auto variables = variables_for(spec, Runtime{}, {}, "stream", {});
  EXPECT_EQ(variables.at("AWS_LAMBDA_LOG_FORMAT"), "Text");
  EXPECT_FALSE(variables.contains("AWS_LAMBDA_LOG_LEVEL"));
  spec.logging.format = Logging::Format::kJson;
  variables = variables_for(spec, Runtime{}, {}, "stream", {});
  EXPECT_EQ(variables.at("AWS_LAMBDA_LOG_FORMAT"), "JSON");
  EXPECT_EQ(variables.at("AWS_LAMBDA_LOG_LEVEL"), "WARN");
}

TEST_F(PolicyTest, AProvidedRuntimeNeedsAnExecutableBootstrap) {
  Spec spec;
  spec.code_directory = root_ / "code";
  spec.opt_directory = root_ / "layer";
  const Runtime runtime;
  EXPECT_FALSE(policy_for(spec, runtime, {}, "n", "s", {}));
  program("layer/bootstrap");
  EXPECT_EQ(policy_for(spec, runtime, {}, "n", "s", {})->command, std::vector<std::string>{"/opt/bootstrap"});
  program("code/bootstrap");
  EXPECT_EQ(policy_for(spec, runtime, {}, "n", "s", {})->command,
            std::vector<std::string>{"/var/task/bootstrap"});
}

TEST(Policy, CpusFollowMemory) {
  EXPECT_DOUBLE_EQ(cpus_for(1769), 1);
  EXPECT_LT(cpus_for(128), 0.08);
}

}  // namespace
}  // namespace martlet::environments
