#include "server/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/ids.h"
#include "server/credentials.h"
#include "server/secret_key.h"

namespace martlet::server {
namespace {

using std::string;

class PrivateFileTest : public testing::Test {
 protected:
  PrivateFileTest() {
    string name = testing::TempDir() + "martlet-test-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    file_ = directory_ + "/key";
  }
  ~PrivateFileTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] mode_t mode() const {
    struct stat status{};
    EXPECT_EQ(::stat(file_.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  string directory_;
  string file_;
  Ids ids_{1};
};

TEST_F(PrivateFileTest, IsForItsOwner) {
  EXPECT_EQ(read_private_file(file_), std::nullopt);
  write_private_file(file_, "secret");
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(read_private_file(file_), "secret");
  for (const mode_t open : {0604, 0620, 0640, 0644}) {
    ::chmod(file_.c_str(), open);
    EXPECT_THROW(read_private_file(file_), std::runtime_error) << open;
  }
  ::chmod(file_.c_str(), 0400);
  EXPECT_EQ(read_private_file(file_), "secret");
  EXPECT_THROW(write_private_file(directory_ + "/absent/key", "secret"), std::runtime_error);
}

TEST_F(PrivateFileTest, RootKeysAreKept) {
  const RootKey made = open_root_key(file_, ids_);
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(made.access_key_id.substr(0, 4), "AKIA");
  EXPECT_EQ(made.secret_access_key.size(), 40U);
  EXPECT_EQ(open_root_key(file_, ids_).secret_access_key, made.secret_access_key);
  ::chmod(file_.c_str(), 0644);
  EXPECT_THROW(open_root_key(file_, ids_), std::runtime_error) << "others may have read it";
  ::chmod(file_.c_str(), 0600);
  std::ofstream(file_) << made.access_key_id;
  EXPECT_THROW(open_root_key(file_, ids_), std::runtime_error);
}

TEST_F(PrivateFileTest, SecretKeysAreKept) {
  const string sealed = open_secret_key(file_).seal("secret", "place");
  EXPECT_EQ(open_secret_key(file_).open(sealed, "place"), "secret");
  EXPECT_THROW(static_cast<void>(passing_secret_key().open(sealed, "place")), SecretUnreadable);
  ::chmod(file_.c_str(), 0640);
  EXPECT_THROW(open_secret_key(file_), std::runtime_error);
  ::chmod(file_.c_str(), 0600);
  std::ofstream(file_) << "short";
  EXPECT_THROW(open_secret_key(file_), std::runtime_error);
}

}  // namespace
}  // namespace martlet::server
