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

  std::string file(const std::string& path, const std::string& content) {
    const fs::path full = root_ / path;
    fs::create_directories(full.parent_path());
    std::ofstream(full) << content;
    return full;
  }

  std::string program(const std::string& path) {
    const fs::path full = file(path, "x");
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
  const auto found = discover(
      {.program_directories = {root_ / "bin", root_ / "missing"}, .installations = {root_ / "versions"}},
      Language::kPython);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, (std::vector<int>{3, 11}));
  EXPECT_EQ(found[1].version, (std::vector<int>{3, 12, 1}));
  EXPECT_EQ(found[1].prefix, (root_ / "versions/3.12.1").string());
}

TEST_F(RuntimesTest, NodesTellTheirVersionByDirectoryOrHeader) {
  program("tools/bin/node");
  file("tools/include/node/node_version.h",
       "#define NODE_MAJOR_VERSION 18\n#define NODE_MINOR_VERSION 2\n#define NODE_PATCH_VERSION 0\n");
  program("nvm/v22.11.0/bin/node");
  const auto found = discover(
      {.program_directories = {root_ / "tools/bin"}, .installations = {root_ / "nvm"}}, Language::kNode);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, (std::vector<int>{18, 2, 0}));
  EXPECT_EQ(found[1].version, (std::vector<int>{22, 11, 0}));
}

TEST_F(RuntimesTest, JavasTellTheirVersionInTheirRelease) {
  program("jvm/eight/bin/java");
  file("jvm/eight/release", "JAVA_VERSION=\"1.8.0_402\"\n");
  program("jvm/jdk/bin/java");
  file("jvm/jdk/release", "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"17.0.15\"\n");
  program("jvm/temurin-25-jdk-amd64/bin/java");
  const auto found = discover({.installations = {root_ / "jvm"}}, Language::kJava);
  ASSERT_EQ(found.size(), 2u);  // Martlet's part does not run on Java 8
  EXPECT_EQ(found[0].version, (std::vector<int>{17, 0, 15}));
  EXPECT_EQ(found[1].version, (std::vector<int>{25}));
}

TEST_F(RuntimesTest, RubiesTellTheirVersionByNameOrLibrary) {
  program("system/bin/ruby3.1");
  fs::create_symlink("ruby3.1", root_ / "system/bin/ruby");
  program("rbenv/3.3.4/bin/ruby");
  program("custom/bin/ruby");
  fs::create_directories(root_ / "custom/lib/ruby/3.4.0");
  fs::create_directories(root_ / "custom/lib/ruby/gems");
  const auto found = discover({.configured = {root_ / "custom"},
                               .program_directories = {root_ / "system/bin"},
                               .installations = {root_ / "rbenv"}},
                              Language::kRuby);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].version, (std::vector<int>{3, 4}));
  EXPECT_EQ(found[1].version, (std::vector<int>{3, 1}));
  EXPECT_EQ(found[2].version, (std::vector<int>{3, 3, 4}));
}

TEST_F(RuntimesTest, ConfiguredDirectoriesComeFirstAndMayBeOrHoldInstallations) {
  program("system/python3.12");
  program("mine/bin/python3.12");
  program("many/cpython-3.13.1-linux/bin/python3.13");
  const auto found =
      discover({.configured = {root_ / "mine", root_ / "many"}, .program_directories = {root_ / "system"}},
               Language::kPython);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].program, (root_ / "mine/bin/python3.12").string());
  EXPECT_EQ(found[1].version, (std::vector<int>{3, 13, 1}));
  EXPECT_EQ(nearest(found, {3, 12})->program, found[0].program);
}

TEST(Nearest, SameElseNearestNewerElseNearestOlder) {
  const std::vector<Interpreter> some{{.program = "a", .prefix = {}, .version = {3, 11}},
                                      {.program = "b", .prefix = {}, .version = {3, 13, 2}},
                                      {.program = "c", .prefix = {}, .version = {3, 13, 5}},
                                      {.program = "d", .prefix = {}, .version = {3, 9}}};
  EXPECT_EQ(nearest(some, {3, 11})->program, "a");
  EXPECT_EQ(nearest(some, {3, 13})->program, "b");
  EXPECT_EQ(nearest(some, {3, 12})->program, "b");
  EXPECT_EQ(nearest(some, {3, 10})->program, "a");
  EXPECT_EQ(nearest(some, {3, 8})->program, "d");
  EXPECT_EQ(nearest(some, {3, 14})->program, "b");
  EXPECT_EQ(nearest({}, {3, 14}), nullptr);
}

TEST_F(RuntimesTest, AMissingLanguageNamesThePackage) {
  file("runtimes/java/bootstrap.jar", "");
  Runtimes runtimes(root_ / "runtimes", {.search = {}});
  EXPECT_NE(runtimes.find("python3.12").error().find("package python3"), std::string::npos);
  EXPECT_NE(runtimes.find("nodejs22.x").error().find("package nodejs"), std::string::npos);
  EXPECT_NE(runtimes.find("java21").error().find("package openjdk-17-jre-headless"), std::string::npos);
  EXPECT_NE(runtimes.find("ruby3.3").error().find("package ruby"), std::string::npos);
  EXPECT_FALSE(runtimes.find("dotnet8"));
  ASSERT_TRUE(runtimes.find("provided.al2023"));
  EXPECT_TRUE(runtimes.find("provided.al2023").value()->command.empty());
}

TEST_F(RuntimesTest, AnInterpreterOutsideUsrBringsItsPrefix) {
  const std::string python = program("versions/3.12.1/bin/python3.12");
  Runtimes runtimes("/runtimes", {.search = {.installations = {root_ / "versions"}}});
  const auto runtime = runtimes.find("python3.12").value();
  EXPECT_EQ(runtime->command.front(), python);
  EXPECT_EQ(runtime->version, "python:3.12.1");
  EXPECT_EQ(runtime->notice, "");
  ASSERT_EQ(runtime->binds.size(), 2u);
  EXPECT_EQ(runtime->binds[0].source, "/runtimes/python");
  EXPECT_EQ(runtime->binds[1].source, runtime->binds[1].target);
}

TEST_F(RuntimesTest, AnotherVersionIsToldInTheLogOrRefused) {
  program("versions/3.13.5/bin/python3.13");
  const RuntimeSearch search{.installations = {root_ / "versions"}};
  Runtimes lenient("/runtimes", {.search = search});
  EXPECT_EQ(lenient.find("python3.12").value()->notice,
            "Python 3.13.5 runs this python3.12 function: this machine has no Python 3.12");
  Runtimes strict("/runtimes", {.search = search, .strict = true});
  EXPECT_TRUE(strict.find("python3.13"));
  const std::string refusal = strict.find("python3.12").error();
  EXPECT_NE(refusal.find("pyenv install 3.12"), std::string::npos) << refusal;
}

TEST_F(RuntimesTest, WhatWasFoundEarlierIsNotLookedForAgain) {
  program("versions/3.13.5/bin/python3.13");
  const RuntimeSearch search{.installations = {root_ / "versions"}};
  RuntimeOptions options{.search = search, .found = discover(search)};
  fs::remove_all(root_ / "versions");
  EXPECT_TRUE(Runtimes("/runtimes", options).find("python3.13"));
  options.found.reset();
  EXPECT_FALSE(Runtimes("/runtimes", options).find("python3.13"));
}

TEST_F(RuntimesTest, OptionsForTheHeap) {
  program("nvm/v22.11.0/bin/node");
  Runtimes runtimes("/runtimes", {.search = {.installations = {root_ / "nvm"}}});
  const auto node = runtimes.find("nodejs22.x").value();
  EXPECT_EQ(node->command_for(1000)[1], "--max-old-space-size=900");
  EXPECT_EQ(node->command_for(1000).back(), "/var/runtime/bootstrap.cjs");
  EXPECT_EQ(node->preboot_command()[1], "--initial-old-space-size=32");
  EXPECT_EQ(node->heap_mb(1000), 900u);

  file("runtimes/java/bootstrap.jar", "");
  program("jvm/jdk-21/bin/java");
  Runtimes with_java(root_ / "runtimes", {.search = {.installations = {root_ / "jvm"}}});
  const auto java = with_java.find("java21").value();
  EXPECT_EQ(java->command_for(1000)[1], "-Xmx750m");
  EXPECT_EQ(java->preboot_command()[1], "-Xmx9g");
}

TEST_F(RuntimesTest, AFunctionWithVariablesOfTheInterpreterIsBootedInFull) {
  program("versions/3.13.5/bin/python3.13");
  Runtimes runtimes("/runtimes", {.search = {.installations = {root_ / "versions"}}});
  const auto python = runtimes.find("python3.13").value();
  EXPECT_TRUE(python->may_preboot({{"TABLE", "t"}, {"TZ", "UTC"}, {"LANGCHAIN_X", "1"}}));
  EXPECT_FALSE(python->may_preboot({{"TABLE", "t"}, {"PYTHONHASHSEED", "0"}}));
  EXPECT_FALSE(python->may_preboot({{"LANG", "C"}}));
  EXPECT_FALSE(python->may_preboot({{"LD_PRELOAD", "x.so"}}));
  EXPECT_FALSE(runtimes.find("provided").value()->may_preboot({}));
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
