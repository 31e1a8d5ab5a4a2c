#include "wire/router.h"

#include <gtest/gtest.h>

namespace martlet::wire {
namespace {

constexpr Member kCopyMembers[] = {{.name = "CopySource",
                                    .wire_name = "x-amz-copy-source",
                                    .location = Location::kHeader,
                                    .required = true}};
constexpr Member kPartMembers[] = {
    {.name = "PartNumber", .wire_name = "partNumber", .location = Location::kQuery, .required = true}};
constexpr Shape kCopy{.name = "Copy", .members = kCopyMembers};
constexpr Shape kPart{.name = "Part", .members = kPartMembers};

constexpr Operation kOperations[] = {
    {.name = "CopyObject", .method = "PUT", .uri = "/{Bucket}/{Key+}", .input = &kCopy},
    {.name = "CreateFunction", .method = "POST", .uri = "/2015-03-31/functions"},
    {.name = "GetAccount", .method = "GET", .uri = "/2015-03-31/functions/account/"},
    {.name = "GetAcl", .method = "GET", .uri = "/{Bucket}/{Key+}?acl"},
    {.name = "GetFunction", .method = "GET", .uri = "/2015-03-31/functions/{FunctionName}"},
    {.name = "GetObject", .method = "GET", .uri = "/{Bucket}/{Key+}"},
    {.name = "Invoke", .method = "POST", .uri = "/2015-03-31/functions/{FunctionName}/invocations"},
    {.name = "ListBuckets", .method = "GET", .uri = "/"},
    {.name = "ListObjects", .method = "GET", .uri = "/{Bucket}"},
    {.name = "ListObjectsV2", .method = "GET", .uri = "/{Bucket}?list-type=2"},
    {.name = "PutObject", .method = "PUT", .uri = "/{Bucket}/{Key+}"},
    {.name = "Tail", .method = "GET", .uri = "/mid/{Path+}/end"},
    {.name = "UploadPart", .method = "PUT", .uri = "/{Bucket}/{Key+}", .input = &kPart},
};

class RouterTest : public ::testing::Test {
 protected:
  std::string match(std::string_view method, std::string_view path, std::string_view query = "",
                    const std::vector<HeaderField>& headers = {}) {
    const Operation* found =
        router.match({.method = method, .path = path, .query = query, .headers = headers});
    return found == nullptr ? "" : std::string(found->name);
  }
  ServiceModel model{.operations = kOperations};
  Router router{model};
};

TEST_F(RouterTest, FindsByMethodAndPath) {
  EXPECT_EQ(match("POST", "/2015-03-31/functions"), "CreateFunction");
  EXPECT_EQ(match("POST", "/2015-03-31/functions/"), "CreateFunction");
  EXPECT_EQ(match("GET", "/2015-03-31/functions/f"), "GetFunction");
  EXPECT_EQ(match("GET", "/2015-03-31/functions/account"), "GetAccount");
  EXPECT_EQ(match("POST", "/2015-03-31/functions/arn%3Aaws%2Fx/invocations"), "Invoke");
  EXPECT_EQ(match("POST", "/2015-03-31/functions//invocations"), "");
  EXPECT_EQ(match("DELETE", "/2015-03-31/functions/f"), "");
  EXPECT_EQ(match("GET", ""), "ListBuckets");
}

TEST_F(RouterTest, GreedyLabelsTakeTheRest) {
  EXPECT_EQ(match("GET", "/b"), "ListObjects");
  EXPECT_EQ(match("GET", "/b/"), "ListObjects");
  EXPECT_EQ(match("GET", "/b/k/with/parts"), "GetObject");
  EXPECT_EQ(match("GET", "/mid/a/b/end"), "Tail");
  EXPECT_EQ(match("GET", "/mid/a/b/stop"), "GetObject");
}

TEST_F(RouterTest, QueryAndHeadersTellOperationsApart) {
  EXPECT_EQ(match("GET", "/b", "list-type=2&prefix=x"), "ListObjectsV2");
  EXPECT_EQ(match("GET", "/b", "list-type=1"), "ListObjects");
  EXPECT_EQ(match("GET", "/b/k", "acl"), "GetAcl");
  EXPECT_EQ(match("GET", "/b/k", "acl="), "GetAcl");
  EXPECT_EQ(match("PUT", "/b/k"), "PutObject");
  EXPECT_EQ(match("PUT", "/b/k", "partNumber=1"), "UploadPart");
  EXPECT_EQ(match("PUT", "/b/k", "", {{"X-Amz-Copy-Source", "/a/b"}}), "CopyObject");
}

TEST(UriTemplate, GivesTheLabels) {
  const auto labels = UriTemplate("/{Bucket}/{Key+}").labels("/b%20c/k/with%2Fslash/");
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].second, "b c");
  EXPECT_EQ(labels[1].second, "k/with/slash/");
  EXPECT_EQ(UriTemplate("/mid/{Path+}/end").labels("/mid/a/b/end")[0].second, "a/b");
  EXPECT_EQ(UriTemplate("/{A}/x/{B}").labels("/1/x/2/")[1].second, "2");
}

}  // namespace
}  // namespace martlet::wire
