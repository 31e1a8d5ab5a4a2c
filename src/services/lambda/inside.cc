#include "services/lambda/inside.h"

#include <deque>
#include <string>

#include "services/lambda/image_documents.h"

namespace martlet::lambda {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxLinks = 40;

/// The names of a path in front of `rest`, without empty ones and ".".
void prepend(std::deque<std::string>& rest, const fs::path& path) {
  auto at = rest.begin();
  for (const fs::path& part : path) {
    if (part.empty() || part == "." || part == "/") continue;
    at = rest.insert(at, part.string()) + 1;
  }
}

/// Goes along names, one by one, so that every step is known to be inside.
class Walk {
 public:
  explicit Walk(const fs::path& root) : root_(root), here_(root) {}

  void go(std::string_view path, Missing missing) {
    std::deque<std::string> rest;
    prepend(rest, fs::path(path));
    while (!rest.empty()) {
      const std::string name = std::move(rest.front());
      rest.pop_front();
      step(name, rest, missing);
    }
  }
  [[nodiscard]] const fs::path& here() const { return here_; }

 private:
  void step(const std::string& name, std::deque<std::string>& rest, Missing missing) {
    if (name == "..") {
      if (here_ != root_) here_ = here_.parent_path();
      return;
    }
    const fs::path next = here_ / name;
    const fs::file_status status = fs::symlink_status(next);
    if (fs::is_symlink(status)) {
      if (++links_ > kMaxLinks) throw MalformedImage("too many links: " + next.string());
      const fs::path target = fs::read_symlink(next);
      if (target.is_absolute()) here_ = root_;
      prepend(rest, target);
    } else if (fs::is_directory(status)) {
      here_ = next;
    } else if (fs::exists(status)) {
      throw MalformedImage("not a directory: " + next.string());
    } else {
      if (missing == Missing::kRefuse) throw MalformedImage("no such directory: " + next.string());
      fs::create_directory(next);
      fs::permissions(next, fs::perms(0755));
      here_ = next;
    }
  }

  fs::path root_;
  fs::path here_;
  int links_ = 0;
};

}  // namespace

fs::path directory_inside(const fs::path& root, std::string_view path, Missing missing) {
  Walk walk(root);
  walk.go(path, missing);
  return walk.here();
}

fs::path entry_inside(const fs::path& root, std::string_view path, Missing missing) {
  fs::path normal = fs::path(path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  const fs::path name = normal.filename();
  if (name.empty() || name == "." || name == ".." || path.find('\0') != std::string_view::npos)
    throw MalformedImage("not a name: " + std::string(path));
  return directory_inside(root, normal.parent_path().string(), missing) / name;
}

fs::path file_inside(const fs::path& root, std::string_view path) {
  std::string wanted(path);
  for (int links = 0; links < kMaxLinks; ++links) {
    const fs::path found = entry_inside(root, wanted, Missing::kRefuse);
    if (!fs::is_symlink(fs::symlink_status(found))) return found;
    const fs::path target = fs::read_symlink(found);
    wanted = target.is_absolute() ? target.string()
                                  : (found.parent_path().lexically_relative(root) / target).string();
  }
  throw MalformedImage("too many links: " + wanted);
}

}  // namespace martlet::lambda
