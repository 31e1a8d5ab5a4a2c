#pragma once

// Paths inside a directory that was filled from outside: links in them are followed as if that directory
// were the root of the file system, so that no path leads out of it. Nobody else may change the directory
// meanwhile. For the blocking pool.

#include <filesystem>
#include <string_view>

namespace martlet::lambda {

enum class Missing {
  kRefuse,  ///< throws MalformedImage
  kMake,    ///< directories are made
};

/// The host path of the directory `path`, all links in it followed. Throws MalformedImage when it runs
/// through something that is no directory, or through links without end.
std::filesystem::path directory_inside(const std::filesystem::path& root, std::string_view path,
                                       Missing missing);

/// The host path of what `path` names: links on the way to it are followed, a link in its own place is not.
std::filesystem::path entry_inside(const std::filesystem::path& root, std::string_view path, Missing missing);

/// As entry_inside, but a link in its own place is followed too.
std::filesystem::path file_inside(const std::filesystem::path& root, std::string_view path);

}  // namespace martlet::lambda
