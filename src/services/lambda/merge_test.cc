#include "services/lambda/merge.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/async_test.h"
#include "services/lambda/code_package.h"

namespace martlet::lambda {
namespace {

namespace fs = std::filesystem;

class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    std::string pattern = (fs::temp_directory_path() / "martlet-merge-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~MergeTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& content) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  std::string read(const std::string& path) {
    std::ifstream file(root_ / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void merge(const std::vector<std::string>& layers) {
    std::vector<std::string> paths;
    for (const auto& layer : layers) paths.push_back(root_ / layer);
    merge_directories(paths, root_ / "out");
  }

  fs::path root_;
};

TEST_F(MergeTest, UnitesDirectoriesAndLetsLaterFilesWin) {
  write("a/python/one.py", "1");
  write("a/python/both.py", "a");
  write("b/python/both.py", "b");
  write("b/bin/tool", "t");
  merge({"a", "b"});
  EXPECT_EQ(read("out/python/one.py"), "1");
  EXPECT_EQ(read("out/python/both.py"), "b");
  EXPECT_EQ(read("out/bin/tool"), "t");
  EXPECT_EQ(read("a/python/both.py"), "a") << "a layer must stay as it is";
}

TEST_F(MergeTest, LinksFilesInsteadOfCopyingThem) {
  write("a/file", "x");
  merge({"a"});
  struct stat status{};
  ASSERT_EQ(stat((root_ / "out/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 2u);
}

TEST_F(MergeTest, ReplacesAFileByADirectoryAndTheOtherWayRound) {
  write("a/x", "file");
  write("a/y/inner", "i");
  write("b/x/inner", "i");
  write("b/y", "file");
  merge({"a", "b"});
  EXPECT_EQ(read("out/x/inner"), "i");
  EXPECT_EQ(read("out/y"), "file");
}

TEST_F(MergeTest, NeverWritesThroughALink) {
  fs::create_directory(root_ / "target");
  fs::create_directory(root_ / "a");
  fs::create_directory_symlink(root_ / "target", root_ / "a/lib");
  write("b/lib/evil", "x");
  merge({"a", "b"});
  EXPECT_TRUE(fs::is_empty(root_ / "target"));
  EXPECT_FALSE(fs::is_symlink(root_ / "out/lib"));
  EXPECT_EQ(read("out/lib/evil"), "x");
}

TEST_F(MergeTest, AMergedDirectoryGoesWithItsLastUser) {
  run_async([&](Executor executor) -> Task<> {
    BlockingPool pool(1);
    TaskGroup tasks(executor);
    CodePackages packages(root_ / "code", pool, tasks);
    const auto fill = [](const std::string& name) {
      return [name](const std::string& directory) {
        fs::create_directory(directory);
        std::ofstream(directory + "/" + name) << name;
      };
    };
    auto one = co_await packages.open_with("one", fill("one"));
    auto two = co_await packages.open_with("two", fill("two"));
    EXPECT_EQ(co_await packages.merge({one}), one) << "one layer needs no merging";
    auto merged = co_await packages.merge({one, two});
    auto again = co_await packages.merge({one, two});
    EXPECT_EQ(merged, again);
    EXPECT_NE(co_await packages.merge({two, one}), merged) << "the order counts";
    EXPECT_EQ(co_await packages.size_of(merged), 6u);
    const std::string path = merged->path();
    merged.reset();
    EXPECT_TRUE(fs::exists(path + "/one"));
    again.reset();
    EXPECT_FALSE(fs::exists(path));
    EXPECT_TRUE(fs::exists(one->path()));
    co_await tasks.join();
  });
}

}  // namespace
}  // namespace martlet::lambda
