#pragma once

// Merging layers: several read-only directories become one, as /opt shows them. Files are hard links, so that
// merging costs names, not content, and the result outlives the directories it was made from. For the
// blocking pool.

#include <string>
#include <vector>

namespace martlet::lambda {

/// Makes `directory`, which must not exist yet, with the content of `layers`; where two have the same path,
/// the later one wins, whatever the two are, except that directories are united. Links are copied, never
/// followed. All must be on one file system. Throws std::system_error, and leaves nothing behind then.
void merge_directories(const std::vector<std::string>& layers, const std::string& directory);

}  // namespace martlet::lambda
