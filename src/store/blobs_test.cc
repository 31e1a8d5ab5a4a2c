#include "store/blobs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <system_error>

#include "base/async_test.h"
#include "store/test_directory.h"

namespace martlet::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::size_t files_below(const std::string& directory) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    count += entry.is_regular_file() ? 1 : 0;
  return count;
}

void make_older(const Blobs& blobs, const BlobRef& ref, std::chrono::hours by) {
  const std::string path = blobs.path_of(ref);
  fs::last_write_time(path, fs::last_write_time(path) - by);
}

TEST(Blobs, KeepsContentUnderItsHash) {
  const TestDirectory directory;
  run_async([&](Executor) -> Task<> {
    BlockingPool pool(2);
    Blobs blobs(pool, directory.path() + "/deep/blobs", Durability::kDisk);
    const std::string content("a\0b", 3);
    const BlobRef ref = co_await blobs.put(content);
    EXPECT_EQ(ref.sha256, to_hex(as_view(sha256(content))));
    EXPECT_EQ(ref.size, 3u);
    EXPECT_EQ(co_await blobs.read(ref), content);
    EXPECT_EQ(co_await blobs.read(ref, 1, 1), std::string(1, '\0'));
    EXPECT_EQ(co_await blobs.read(ref, 2, 100), "b");
    EXPECT_EQ(co_await blobs.read(ref, 3, 100), "");
    EXPECT_EQ(co_await blobs.put(content), ref);
    EXPECT_EQ(files_below(directory.path()), 1u);
    struct stat info{};
    EXPECT_EQ(::stat((directory.path() + "/deep/blobs").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    EXPECT_TRUE(co_await blobs.exists(ref));
    co_await blobs.erase(ref);
    co_await blobs.erase(ref);
    EXPECT_FALSE(co_await blobs.exists(ref));
    bool refused = false;
    try {
      co_await blobs.read(ref);
    } catch (const std::system_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(Blobs, StreamsAndLeavesNothingOfWhatWasNotFinished) {
  const TestDirectory directory;
  run_async([&](Executor) -> Task<> {
    BlockingPool pool(1);
    Blobs blobs(pool, directory.path(), Durability::kProcess);
    Blobs::Writer writer(blobs);
    co_await writer.append("one ");
    co_await writer.append("two");
    const BlobRef ref = co_await writer.finish();
    EXPECT_EQ(co_await blobs.read(ref), "one two");
    Blobs::Writer empty(blobs);
    EXPECT_EQ((co_await empty.finish()).size, 0u);
    {
      Blobs::Writer abandoned(blobs);
      co_await abandoned.append("half");
      EXPECT_EQ(files_below(directory.path()), 3u);
    }
    EXPECT_EQ(files_below(directory.path()), 2u);
  });
}

TEST(Blobs, SweepRemovesOnlyWhatIsOldAndNotReferredTo) {
  const TestDirectory directory;
  run_async([&](Executor) -> Task<> {
    BlockingPool pool(1);
    Blobs blobs(pool, directory.path(), Durability::kProcess);
    EXPECT_EQ(co_await blobs.sweep([](std::string_view) { return false; }, 0s), 0u);
    const BlobRef live = co_await blobs.put("live");
    const BlobRef dead = co_await blobs.put("dead");
    const BlobRef fresh = co_await blobs.put("fresh");
    const BlobRef again = co_await blobs.put("again");
    for (const BlobRef& ref : {live, dead, again}) make_older(blobs, ref, 2h);
    co_await blobs.put("again");
    const std::set<std::string, std::less<>> referred{live.sha256};
    auto is_live = [referred](std::string_view name) { return referred.contains(name); };
    EXPECT_EQ(co_await blobs.sweep(is_live, 1h), 1u);
    EXPECT_TRUE(co_await blobs.exists(live));
    EXPECT_FALSE(co_await blobs.exists(dead));
    EXPECT_TRUE(co_await blobs.exists(fresh));
    EXPECT_TRUE(co_await blobs.exists(again));
    co_await blobs.clear();
    EXPECT_EQ(files_below(directory.path()), 0u);
  });
}

TEST(Blobs, TemporaryOnesEndWithTheirOwner) {
  run_async([](Executor) -> Task<> {
    BlockingPool pool(1);
    std::string path;
    {
      Blobs blobs(pool);
      path = blobs.path_of(co_await blobs.put("x"));
      EXPECT_TRUE(fs::exists(path));
    }
    EXPECT_FALSE(fs::exists(fs::path(path).parent_path().parent_path()));
  });
}

TEST(Blobs, RefusesNamesThatAreNoHash) {
  BlockingPool pool(1);
  const Blobs blobs(pool);
  EXPECT_THROW((void)blobs.path_of({.sha256 = "../../etc/passwd"}), std::logic_error);
  EXPECT_THROW((void)blobs.path_of({}), std::logic_error);
}

}  // namespace
}  // namespace martlet::store
