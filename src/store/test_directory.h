#pragma once

// For tests: a directory of their own, removed at the end.

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace martlet::store {

class TestDirectory {
 public:
  TestDirectory() : path_((std::filesystem::temp_directory_path() / "martlet-test-XXXXXX").string()) {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot create " + path_);
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace martlet::store
