#pragma once

// Where a server keeps its files: the data directory, or for --ephemeral a temporary one that goes with it.

#include <string>

namespace martlet::server {

class StateDirectory {
 public:
  /// Makes `path`, readable by its owner only, unless it exists. Throws std::runtime_error with the remedy.
  static StateDirectory permanent(const std::string& path);
  /// A new temporary directory, removed with this object. Those that killed servers left behind are removed
  /// first.
  static StateDirectory temporary();

  ~StateDirectory();
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  StateDirectory(std::string path, bool is_temporary) : path_(std::move(path)), is_temporary_(is_temporary) {}

  std::string path_;
  bool is_temporary_ = false;
};

}  // namespace martlet::server
