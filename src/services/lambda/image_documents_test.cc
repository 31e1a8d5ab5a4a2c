#include "services/lambda/image_documents.h"

#include <gtest/gtest.h>

#include "services/lambda/image_reference.h"
#include "services/lambda/registry_credentials.h"

namespace martlet::lambda {
namespace {

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

std::string descriptor(const std::string& type, const std::string& sha256, const std::string& more = "") {
  return R"({"mediaType":")" + type + R"(","digest":"sha256:)" + sha256 + R"(","size":7)" + more + "}";
}

TEST(ImageDocuments, ReadsAManifest) {
  const auto document = parse_image_document(
      R"({"schemaVersion":2,"config":)" + descriptor("application/vnd.oci.image.config.v1+json", kDigest) +
      R"(,"layers":[)" + descriptor("application/vnd.oci.image.layer.v1.tar+zstd", kOther) + "]}");
  ASSERT_TRUE(document.manifest);
  EXPECT_EQ(document.manifest->config.sha256, kDigest);
  ASSERT_EQ(document.manifest->layers.size(), 1u);
  EXPECT_EQ(document.manifest->layers[0].size, 7u);
}

TEST(ImageDocuments, ChoosesTheArchitectureAndTheName) {
  const auto of = [](const char* architecture) {
    return std::string(R"(,"platform":{"os":"linux","architecture":")") + architecture + "\"}";
  };
  const auto index = parse_image_document(
      R"({"manifests":[)" + descriptor("m", kDigest, of("arm64")) + "," +
      descriptor("m", kOther, of("amd64")) + "," +
      descriptor("m", kDigest, R"(,"platform":{"os":"unknown","architecture":"unknown"})") + "]}");
  EXPECT_EQ(choose_image(index.images, "x86_64", "").sha256, kOther);
  EXPECT_EQ(choose_image(index.images, "arm64", "").sha256, kDigest);
  EXPECT_THROW((void)choose_image(index.images, "x86_64", "tag"), MalformedImage);
  const auto named = parse_image_document(
      R"({"manifests":[)" + descriptor("m", kDigest) + "," +
      descriptor("m", kOther, R"(,"annotations":{"org.opencontainers.image.ref.name":"tag"})") + "]}");
  EXPECT_EQ(choose_image(named.images, "x86_64", "tag").sha256, kOther);
  EXPECT_EQ(choose_image(named.images, "x86_64", "").sha256, kDigest);
}

TEST(ImageDocuments, ReadsAConfiguration) {
  const auto settings = parse_image_config(
      R"({"config":{"Entrypoint":["/e"],"Cmd":null,"WorkingDir":"/w","Env":["A=1","B=x=y","odd","=z"]},)"
      R"("rootfs":{"type":"layers","diff_ids":["sha256:)" +
      kDigest + "\"]}}");
  EXPECT_EQ(settings.entry_point, std::vector<std::string>{"/e"});
  EXPECT_TRUE(settings.command.empty());
  EXPECT_EQ(settings.working_directory, "/w");
  EXPECT_EQ(settings.variables, (std::map<std::string, std::string>{{"A", "1"}, {"B", "x=y"}}));
  EXPECT_EQ(settings.layer_sha256, std::vector<std::string>{kDigest});
}

TEST(ImageDocuments, RefusesWhatTheyAreNot) {
  for (const std::string text : {"", "[]", "{}", "null", R"({"manifests":[]})", R"({"manifests":[{}]})",
                                 R"({"config":{},"layers":[]})"})
    EXPECT_THROW((void)parse_image_document(text), MalformedImage) << text;
  EXPECT_THROW((void)parse_image_document(R"({"config":)" + descriptor("c", kDigest) + R"(,"layers":[)" +
                                          descriptor("application/pdf", kOther) + "]}"),
               MalformedImage);
  for (const std::string& digest : {std::string(63, 'a'), std::string(64, 'A'), "../" + std::string(61, 'a')})
    EXPECT_THROW((void)parse_image_document(R"({"manifests":[)" + descriptor("m", digest) + "]}"),
                 MalformedImage);
}

TEST(ImageReferences, LocalOnes) {
  auto reference = parse_image_reference("oci:/some/layout:v1");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->kind, ImageReference::Kind::kLocal);
  EXPECT_EQ(reference->path, "/some/layout");
  EXPECT_EQ(reference->tag, "v1");
  EXPECT_EQ(reference->resolved("ff"), "oci:/some/layout@sha256:ff");
  reference = parse_image_reference("/with:colon/image.tar");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->path, "/with:colon/image.tar");
  EXPECT_FALSE(parse_image_reference("oci:relative"));
}

TEST(ImageReferences, RegistryOnes) {
  auto reference = parse_image_reference("localhost:5000/team/name:v1");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->host, "localhost:5000");
  EXPECT_EQ(reference->repository, "team/name");
  EXPECT_EQ(reference->tag, "v1");
  EXPECT_EQ(reference->registry_url(), "http://localhost:5000");
  reference = parse_image_reference("registry.example/name@sha256:" + kDigest);
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->sha256, kDigest);
  EXPECT_EQ(reference->tag, "");
  EXPECT_EQ(reference->registry_url(), "https://registry.example");
  EXPECT_EQ(parse_image_reference("localhost.evil.example/n")->registry_url(),
            "https://localhost.evil.example");
  for (const char* text :
       {"", "name", "name:tag", "team/name", "host.example/", "host.example/../x", "host.example/Name",
        "host.example/a@sha256:12", "ho st.example/a", "host.example//a"})
    EXPECT_FALSE(parse_image_reference(text)) << text;
}

TEST(RegistryCredentials, AreFoundByHost) {
  const char* config = R"({"auths":{"localhost:5000":{"auth":"abc="},)"
                       R"("https://registry.example":{"username":"u","password":"p"}}})";
  EXPECT_EQ(find_credentials(config, "localhost:5000"), "abc=");
  EXPECT_EQ(find_credentials(config, "registry.example"), "dTpw");
  EXPECT_EQ(find_credentials(config, "other.example"), std::nullopt);
  EXPECT_EQ(find_credentials("not JSON", "localhost:5000"), std::nullopt);
}

}  // namespace
}  // namespace martlet::lambda
