#include "services/lambda/code_package.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/async_test.h"
#include "base/error.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {
namespace {

namespace fs = std::filesystem;

struct ZipMember {
  std::string path;
  std::string content;
  mode_t type = AE_IFREG;
  mode_t mode = 0600;
};

/// For links, `content` is the target.
std::string zip_of(const std::vector<ZipMember>& members) {
  std::string buffer(64 << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, buffer.data(), buffer.size(), &used);
  for (const auto& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.path.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, member.mode);
    if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, member.content.c_str());
    if (member.type == AE_IFREG)
      archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    archive_write_header(writer, entry);
    if (member.type == AE_IFREG) archive_write_data(writer, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  buffer.resize(used);
  return buffer;
}

class CodePackageTest : public testing::Test {
 protected:
  CodePackageTest() {
    std::string pattern = (fs::temp_directory_path() / "martlet-code-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~CodePackageTest() override { fs::remove_all(root_); }

  std::string write(const std::string& zip) {
    std::ofstream(root_ / "package.zip", std::ios::binary) << zip;
    return root_ / "package.zip";
  }

  std::string refusal_of(const std::string& zip) {
    try {
      unpack(write(zip), root_ / "out");
    } catch (const aws::Error& error) {
      EXPECT_FALSE(fs::exists(root_ / "out")) << "something was left behind";
      return error.what();
    }
    return "accepted";
  }

  fs::path root_;
};

TEST_F(CodePackageTest, UnpacksFilesDirectoriesAndLinks) {
  unpack(write(zip_of({{"app.py", "x = 1"},
                       {"bootstrap", "#!/bin/sh", AE_IFREG, 0700},
                       {"lib/deep/a.txt", "a"},
                       {"current", "lib/deep", AE_IFLNK, 0777}})),
         root_ / "out");
  struct stat status{};
  ASSERT_EQ(stat((root_ / "out/app.py").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u) << "another user must be able to read it";
  ASSERT_EQ(stat((root_ / "out/bootstrap").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
  EXPECT_EQ(fs::read_symlink(root_ / "out/current"), "lib/deep");
  std::ifstream file(root_ / "out/lib/deep/a.txt");
  EXPECT_EQ(file.get(), 'a');
}

TEST_F(CodePackageTest, RefusesWhatIsNotAZip) {
  const std::string whole = zip_of({{"a.py", std::string(5000, 'a')}});
  const std::string message =
      "InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to "
      "upload again.";
  EXPECT_EQ(refusal_of("this is not a zip"), message);
  EXPECT_EQ(refusal_of(""), message);
  EXPECT_EQ(refusal_of(whole.substr(0, 20)), message);
  EXPECT_EQ(refusal_of("PK\x03\x04" + std::string(100, 'x')), message);
}

TEST_F(CodePackageTest, RefusesPathsThatClimbOut) {
  for (const char* path : {"../evil", "a/../../evil", "/etc/evil"}) {
    EXPECT_NE(refusal_of(zip_of({{path, "x"}})), "accepted") << path;
    EXPECT_FALSE(fs::exists(root_ / "evil"));
  }
}

TEST_F(CodePackageTest, RefusesToWriteThroughALink) {
  fs::create_directory(root_ / "target");
  const auto zip = zip_of({{"link", (root_ / "target").string(), AE_IFLNK, 0777}, {"link/evil", "x"}});
  EXPECT_NE(refusal_of(zip), "accepted");
  EXPECT_TRUE(fs::is_empty(root_ / "target"));
}

TEST_F(CodePackageTest, RefusesABomb) {
  // 300 MB of zeros are a third of a megabyte when zipped.
  std::vector<ZipMember> members;
  for (int i = 0; i < 6; ++i) members.push_back({"zeros" + std::to_string(i), std::string(50 << 20, '\0')});
  const auto zip = zip_of(members);
  ASSERT_LT(zip.size(), 1u << 20);
  EXPECT_EQ(refusal_of(zip),
            "InvalidParameterValueException: Unzipped size must be smaller than 262144000 bytes");
}

TEST_F(CodePackageTest, SharesADirectoryUntilItsLastUserLetsGo) {
  run_async([&](Executor executor) -> Task<> {
    BlockingPool pool(1);
    TaskGroup tasks(executor);
    CodePackages packages(root_ / "code", pool, tasks);
    const auto zip = write(zip_of({{"a.py", "x"}}));
    auto first = co_await packages.open("abc", zip);
    auto second = co_await packages.open("abc", zip);
    EXPECT_EQ(first, second);
    const std::string path = first->path();
    packages.forget("abc");
    first.reset();
    EXPECT_TRUE(fs::exists(path));
    second.reset();
    EXPECT_FALSE(fs::exists(path));
    co_await tasks.join();
    EXPECT_TRUE(fs::is_empty(root_ / "code"));
  });
}

TEST_F(CodePackageTest, ClearsWhatACrashLeftHalfUnpacked) {
  fs::create_directories(root_ / "code/tmp-7/lib");
  run_async([&](Executor executor) -> Task<> {
    BlockingPool pool(1);
    TaskGroup tasks(executor);
    const CodePackages packages(root_ / "code", pool, tasks);
    co_return;
  });
  EXPECT_FALSE(fs::exists(root_ / "code/tmp-7"));
}

}  // namespace
}  // namespace martlet::lambda
