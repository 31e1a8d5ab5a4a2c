#include "services/lambda/image_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "services/lambda/image_documents.h"

namespace martlet::lambda {
namespace {

namespace fs = std::filesystem;

struct Member {
  std::string path;
  std::string content = {};
  mode_t type = AE_IFREG;
  mode_t mode = 0600;
};

Member directory(std::string path, mode_t mode = 0700) { return {std::move(path), "", AE_IFDIR, mode}; }
Member link(std::string path, std::string target) {
  return {std::move(path), std::move(target), AE_IFLNK, 0777};
}
/// `type` 0 stands for a hard link.
Member hard_link(std::string path, std::string target) { return {std::move(path), std::move(target), 0, 0}; }

class ImageUnpackTest : public testing::Test {
 protected:
  ImageUnpackTest() {
    std::string pattern = (fs::temp_directory_path() / "martlet-image-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~ImageUnpackTest() override { fs::remove_all(root_); }

  void add_layer(const std::vector<Member>& members, int filter = ARCHIVE_FILTER_NONE) {
    layers_.push_back(root_ / ("layer" + std::to_string(layers_.size()) + ".tar"));
    archive* writer = archive_write_new();
    archive_write_set_format_pax_restricted(writer);
    archive_write_add_filter(writer, filter);
    archive_write_open_filename(writer, layers_.back().c_str());
    for (const Member& member : members) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, member.path.c_str());
      archive_entry_set_perm(entry, member.mode);
      archive_entry_set_filetype(entry, member.type == 0 ? AE_IFREG : member.type);
      if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, member.content.c_str());
      if (member.type == 0) archive_entry_set_hardlink(entry, member.content.c_str());
      if (member.type == AE_IFREG)
        archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
      archive_write_header(writer, entry);
      if (member.type == AE_IFREG) archive_write_data(writer, member.content.data(), member.content.size());
      archive_entry_free(entry);
    }
    archive_write_close(writer);
    archive_write_free(writer);
  }

  void unpack() { unpack_image(layers_, root_ / "out"); }
  std::string read(const std::string& path) {
    std::ifstream file(root_ / "out" / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  mode_t mode(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(lstat((root_ / "out" / path).c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  bool exists(const std::string& path) { return fs::exists(fs::symlink_status(root_ / "out" / path)); }

  fs::path root_;
  std::vector<std::string> layers_;
};

TEST_F(ImageUnpackTest, LaterLayersGoOverEarlierOnes) {
  add_layer({{"etc/one", "1"}, {"etc/both", "lower"}, {"etc/file", "f"}});
  add_layer({{"./etc/both", "upper"}, directory("etc/file"), {"etc/file/in", "i"}}, ARCHIVE_FILTER_GZIP);
  add_layer({{"top", "t"}}, ARCHIVE_FILTER_ZSTD);
  unpack();
  EXPECT_EQ(read("etc/one"), "1");
  EXPECT_EQ(read("etc/both"), "upper");
  EXPECT_EQ(read("etc/file/in"), "i");
  EXPECT_EQ(read("top"), "t");
}

TEST_F(ImageUnpackTest, WhiteoutsRemoveWhatLowerLayersBrought) {
  add_layer({{"a/gone", "x"}, {"a/kept", "x"}, {"b/gone", "x"}, {"b/deep/gone", "x"}, {"c/file", "x"}});
  add_layer(
      {{"a/.wh.gone"}, {"b/deep/new", "n"}, {"b/.wh..wh..opq"}, {"b/new", "n"}, {".wh.c"}, {".wh.never"}});
  unpack();
  EXPECT_FALSE(exists("a/gone"));
  EXPECT_TRUE(exists("a/kept"));
  EXPECT_FALSE(exists("a/.wh.gone"));
  EXPECT_FALSE(exists("b/gone"));
  EXPECT_FALSE(exists("b/deep/gone"));
  EXPECT_EQ(read("b/deep/new"), "n") << "a layer's whiteouts do not concern its own files";
  EXPECT_EQ(read("b/new"), "n");
  EXPECT_FALSE(exists("c"));
}

TEST_F(ImageUnpackTest, WhiteoutsOfNothingGoodAreHarmless) {
  add_layer({{"keep", "k"}, {".wh..", ""}, {".wh...", ""}, {".wh.", ""}, {".wh..wh.plnk", ""}});
  unpack();
  EXPECT_EQ(read("keep"), "k");
  EXPECT_TRUE(fs::exists(root_ / "layer0.tar"));
}

TEST_F(ImageUnpackTest, EverybodyMayReadAndNobodyGainsRights) {
  add_layer(
      {directory("private", 0700), {"private/secret", "s", AE_IFREG, 0600}, {"tool", "t", AE_IFREG, 06711}});
  unpack();
  EXPECT_EQ(mode("private"), 0755u);
  EXPECT_EQ(mode("private/secret"), 0644u);
  EXPECT_EQ(mode("tool"), 0755u);
}

TEST_F(ImageUnpackTest, DevicesAndPipesAreLeftOut) {
  add_layer(
      {{"dev/null", "", AE_IFCHR, 0666}, {"dev/disk", "", AE_IFBLK, 0666}, {"pipe", "", AE_IFIFO, 0666}});
  unpack();
  EXPECT_FALSE(exists("dev/null"));
  EXPECT_FALSE(exists("dev/disk"));
  EXPECT_FALSE(exists("pipe"));
}

TEST_F(ImageUnpackTest, LinksAreFollowedAsIfTheImageWereAllThereIs) {
  fs::create_directory(root_ / "target");
  const std::string outside = root_ / "target";
  add_layer({directory("usr/lib"), link("lib", "usr/lib"), link("absolute", outside),
             link("up", "../../target"), link("etc", "/usr/lib")});
  add_layer({{"lib/a", "a"}, {"etc/b", "b"}, {"up/c", "c"}, {"absolute/d", "d"}, {"../../target/e", "e"}});
  unpack();
  EXPECT_EQ(read("usr/lib/a"), "a");
  EXPECT_EQ(read("usr/lib/b"), "b");
  EXPECT_TRUE(fs::is_empty(outside));
  EXPECT_EQ(fs::read_symlink(root_ / "out/lib"), "usr/lib");
  EXPECT_EQ(read("target/c"), "c") << "'..' of the root is the root";
}

TEST_F(ImageUnpackTest, AFileReplacesALinkInsteadOfFollowingIt) {
  std::ofstream(root_ / "victim") << "safe";
  add_layer({link("file", (root_ / "victim").string())});
  add_layer({{"file", "new"}});
  unpack();
  EXPECT_EQ(read("file"), "new");
  std::ifstream victim(root_ / "victim");
  EXPECT_EQ(victim.get(), 's');
}

TEST_F(ImageUnpackTest, HardLinksStayInside) {
  std::ofstream(root_ / "victim") << "safe";
  add_layer({{"one", "1"}, hard_link("two", "one")});
  unpack();
  EXPECT_EQ(read("two"), "1");
  fs::remove_all(root_ / "out");
  for (const std::string& target :
       {(root_ / "victim").string(), std::string("../victim"), std::string("no")}) {
    layers_.clear();
    add_layer({hard_link("stolen", target)});
    EXPECT_THROW(unpack(), MalformedImage) << target;
    EXPECT_FALSE(fs::exists(root_ / "out")) << "something was left behind";
  }
}

TEST_F(ImageUnpackTest, LinksWithoutEndAreRefused) {
  add_layer({link("a", "b"), link("b", "a"), {"a/x", "x"}});
  EXPECT_THROW(unpack(), MalformedImage);
  EXPECT_FALSE(fs::exists(root_ / "out"));
}

TEST_F(ImageUnpackTest, WhatIsNoTarFileIsRefused) {
  layers_.push_back(root_ / "noise");
  std::ofstream(layers_.back()) << std::string(5000, 'x');
  EXPECT_THROW(unpack(), MalformedImage);
}

}  // namespace
}  // namespace martlet::lambda
