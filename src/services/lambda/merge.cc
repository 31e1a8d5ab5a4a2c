#include "services/lambda/merge.h"

#include <filesystem>
#include <system_error>

namespace martlet::lambda {

namespace fs = std::filesystem;

namespace {

/// A file may have only so many names (65,000 on ext4): past that it is copied.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (failed) fs::copy_file(from, to);
}

void lay_over(const fs::path& layer, const fs::path& target);

void place(const fs::directory_entry& entry, const fs::path& target) {
  const fs::file_status there = fs::symlink_status(target);
  const bool is_directory = entry.symlink_status().type() == fs::file_type::directory;
  if (fs::exists(there) && !(is_directory && fs::is_directory(there))) fs::remove_all(target);
  if (is_directory) {
    fs::create_directory(target);
    fs::permissions(target, entry.symlink_status().permissions());
    lay_over(entry.path(), target);
  } else if (entry.is_symlink()) {
    fs::copy_symlink(entry.path(), target);
  } else {
    link_or_copy(entry.path(), target);
  }
}

void lay_over(const fs::path& layer, const fs::path& target) {
  for (const auto& entry : fs::directory_iterator(layer)) place(entry, target / entry.path().filename());
}

}  // namespace

void merge_directories(const std::vector<std::string>& layers, const std::string& directory) {
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0755));
  try {
    for (const std::string& layer : layers) lay_over(layer, directory);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    throw;
  }
}

}  // namespace martlet::lambda
