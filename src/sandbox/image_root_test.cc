// A directory in the place of the system root.

#include <sys/stat.h>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;
namespace fs = std::filesystem;

/// An image with nothing of its own but a file, links, and the host's programs by way of a bind.
class Image {
 public:
  Image() {
    // The server may be any user, and programs inside are yet another one.
    fs::permissions(directory_.path(), fs::perms{0755});
    for (const char* link : {"bin", "sbin", "lib", "lib64"})
      if (fs::is_symlink(fs::path("/") / link))
        fs::create_symlink(fs::path("usr") / link, fs::path(path()) / link);
    write_text(path() + "/of-the-image", "content\n");
  }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }

  [[nodiscard]] Policy policy(const std::string& script) const {
    Policy policy = shell(script);
    policy.root = path();
    policy.binds = {{"/usr", "/usr"}};
    return policy;
  }

 private:
  TemporaryDirectory directory_;
};

void skip_without_merged_usr() {
  if (!fs::is_symlink("/bin") || !fs::is_symlink("/lib"))
    skip("programs of this host are not all below /usr");
}

TEST(ImageRoot, TakesTheSystemRootsPlace) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    skip_without_merged_usr();
    const Image image;
    const Outcome outcome = co_await run(executor, warden, image.policy(R"(
cat /of-the-image; ls /; cat /etc/hosts /etc/resolv.conf; ls /etc
id -u; echo x > /dev/null; echo x > /tmp/x; cat /tmp/x; head -c 1 /dev/zero | wc -c; ls /dev
cat < /dev/stdin; readlink /proc/self; ls -d /proc/1 /proc/kmsg /root /home)"));
    const Outcome again = co_await run(executor, warden, image.policy("cat /of-the-image"));
    EXPECT_EQ(outcome.output,
              "content\nbin\ndev\netc\nlib\nlib64\nof-the-image\nproc\nsbin\ntmp\nusr\n127.0.0.1 localhost "
              "sandbox sandbox.localdomain\n"
              "hosts\nresolv.conf\n993\nx\n1\nfd\nfull\nnull\nrandom\nstderr\nstdin\nstdout\nurandom\nzero\n"
              "13\n/proc/kmsg\n")
        << outcome.errors;
    EXPECT_EQ(again.output, "content\n");
  });
}

TEST(ImageRoot, IsReadOnlyAndWithoutRights) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    skip_without_merged_usr();
    const Image image;
    fs::permissions(image.path(), fs::perms{0777});
    fs::permissions(image.path() + "/of-the-image", fs::perms{0666});
    fs::copy_file("/usr/bin/id", image.path() + "/id");
    ::chmod((image.path() + "/id").c_str(), 04755);
    const Outcome outcome = co_await run(executor, warden, image.policy(R"(
for f in /new /of-the-image /etc/hosts /etc/new /dev/new /proc/sys/kernel/hostname
do echo x 2> /dev/null > $f && echo wrote $f; done
mount -t tmpfs none /tmp 2> /dev/null && echo mounted
wc -c < /proc/keys; cat /proc/1/maps 2> /dev/null
/id -u; grep -c . /proc/self/mountinfo > /tmp/n; grep CapBnd /proc/self/status)"));
    EXPECT_EQ(outcome.output, "0\n993\nCapBnd:\t0000000000000000\n") << outcome.errors;
  });
}

TEST(ImageRoot, LinksDoNotLeadOut) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    skip_without_merged_usr();
    const TemporaryDirectory outside;
    const Image image;
    // Where the image wants to have what the warden is going to make.
    fs::create_symlink(outside.path(), image.path() + "/etc");
    fs::create_symlink("../../../../" + outside.path(), image.path() + "/opt");
    fs::create_directory(image.path() + "/var");
    fs::create_symlink(outside.path() + "/task", image.path() + "/var/task");
    fs::create_symlink("nowhere/at/all", image.path() + "/tmp");
    Policy policy = image.policy("cat /etc/hosts /var/task/file /opt/x/file; echo x > /tmp/x; cat /tmp/x");
    const TemporaryDirectory code;
    write_text(code.path() + "/file", "code\n");
    policy.binds.push_back({code.path(), "/var/task"});
    policy.binds.push_back({code.path(), "/opt/x"});
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "127.0.0.1 localhost sandbox sandbox.localdomain\ncode\ncode\nx\n")
        << outcome.errors;
    EXPECT_TRUE(fs::is_empty(outside.path()));
  });
}

TEST(ImageRoot, TakesBindsLaterToo) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    skip_without_merged_usr();
    const Image image;
    const TemporaryDirectory code;
    write_text(code.path() + "/file", "code\n");
    Policy policy = image.policy("");
    policy.command = {};
    policy.unfinished = true;
    const auto sandbox = co_await warden.create(std::move(policy));
    co_await sandbox->finish(
        {.binds = {{code.path(), "/var/task"}, {code.path() + "/file", "/deep/er/file"}}});
    co_await sandbox->run_main({.command = {"/bin/cat", "/var/task/file", "/deep/er/file", "/of-the-image"}});
    const Outcome outcome = co_await finish(executor, *sandbox);
    EXPECT_EQ(outcome.output, "code\ncode\ncontent\n") << outcome.errors;
  });
}

TEST(ImageRoot, MustBeADirectory) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = shell("true");
    policy.root = "/no/such/image";
    std::string reason;
    try {
      co_await warden.create(std::move(policy));
    } catch (const std::runtime_error& error) {
      reason = error.what();
    }
    EXPECT_EQ(reason, "cannot open the root /no/such/image: No such file or directory");
    (void)executor;
  });
}

}  // namespace
}  // namespace martlet::sandbox
