#pragma once

// Requests signed by botocore 1.43 at 2023-11-14T22:13:20Z, for tests: what another implementation makes of
// the rules.

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "net/http.h"

namespace martlet::gateway {

struct SignedVector {
  const char* name;
  /// A whole request, lines ended by LF.
  const char* text;
};

inline constexpr const char* kVectorSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

inline constexpr SignedVector kSignedVectors[] = {
    {"get",
     R"vector(GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1
Host: iam.amazonaws.com
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=5c7c3b3655c6130f7d6323548d938b2a21af8c43bc48a146e7f5ce8bad44647d

)vector"},
    {"post with a body",
     R"vector(POST / HTTP/1.1
Host: localhost:4566
Content-Type: application/x-amz-json-1.0
X-Amz-Target: AmazonSQS.SendMessage
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-west-1/sqs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=2e6f96743f6ddc18c9d6780ca5899ed103dae71a6d3d6743d3070e50130a87d3
Content-Length: 70

{"QueueUrl":"http://localhost:4566/000000000000/q","MessageBody":"hi"})vector"},
    {"session token",
     R"vector(POST /2015-03-31/functions/f/invocations?Qualifier=%24LATEST HTTP/1.1
Host: localhost:4566
X-Amz-Date: 20231114T221320Z
X-Amz-Security-Token: token/with+chars==
Authorization: AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20231114/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=a35f623a7dd7a0a7614dbf00ae447409c7334ae0574c3441ea84ed80da045a20
Content-Length: 2

{})vector"},
    {"path that is encoded twice",
     R"vector(GET /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af HTTP/1.1
Host: localhost:4566
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=fba67d214aecf1d278fe2cffd3d70f8ae8158ce02ef79354f4b903b4121a5f15

)vector"},
    {"path to normalise",
     R"vector(GET /a/./b//c/../d/ HTTP/1.1
Host: localhost:4566
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=80b05d333030a7e03a6ec4a3eec5214b15283aeacdd1a8581b878a65d2ced4c7

)vector"},
    {"query to sort",
     R"vector(GET /x?b=2&a=1&a=0&A=&flag&z=%20%2B%2F HTTP/1.1
Host: localhost:4566
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=592d130a5c3932a69ef968947a42a5b3348b61efc6a0e32ca3af96bd3a323420

)vector"},
    {"spaces in headers",
     R"vector(GET / HTTP/1.1
Host: localhost:4566
X-Amz-Meta:   a   b  c
X-Amz-Date: 20231114T221320Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/sns/aws4_request, SignedHeaders=host;x-amz-date;x-amz-meta, Signature=07f771171edf255817de9aeeacb7d66f473fb631fb692767af4a188b967b9af5

)vector"},
    {"s3 object",
     R"vector(PUT /bucket/a%20b//c/../%C3%A9%2Bx~ HTTP/1.1
Host: localhost:4566
X-Amz-Meta-Name: v
X-Amz-Date: 20231114T221320Z
X-Amz-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-name, Signature=0e4b9811ce2208543926e601a0927d35fa0af22cca3447c40abb90240f770602
Content-Length: 5

hello)vector"},
    {"s3 host style",
     R"vector(GET /key?versionId=1&acl HTTP/1.1
Host: bucket.s3.us-west-2.amazonaws.com
X-Amz-Date: 20231114T221320Z
X-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=8664b8a027c22ccc0d859b23289c4a9f2337fc6c195c843e59cabc6283df0576

)vector"},
    {"presigned s3",
     R"vector(GET /bucket/a%20key%2Bplus?response-content-type=text%2Fplain&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE%2F20231114%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=token%2Fwith%2Bchars%3D%3D&X-Amz-Signature=9d1ac269716b920e18efed0e24f45b8c2e0bffdf035bcaa7c85c5653ac43893d HTTP/1.1
Host: localhost:4566

)vector"},
    {"presigned sts",
     R"vector(GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=7c4583b117db9bd64212bd4efcce4cd1f7624e06b66444c8c3a64bd2523ecafc HTTP/1.1
Host: sts.amazonaws.com

)vector"},
};

struct Message {
  net::RequestHead head;
  std::string body;
};

inline Message parse_vector(std::string_view text) {
  Message message;
  const auto line = [&] {
    const auto end = text.find('\n');
    const std::string_view found = text.substr(0, end);
    text.remove_prefix(end + 1);
    return found;
  };
  const auto first = split(line(), ' ');
  message.head.method = first[0];
  message.head.target = first[1];
  while (true) {
    const std::string_view field = line();
    if (field.empty()) break;
    const auto colon = field.find(": ");
    message.head.headers.add(std::string(field.substr(0, colon)), std::string(field.substr(colon + 2)));
  }
  message.body = text;
  return message;
}

inline Message signed_vector(std::string_view name) {
  for (const SignedVector& one : kSignedVectors)
    if (one.name == name) return parse_vector(one.text);
  throw std::logic_error("no such vector");
}

}  // namespace martlet::gateway
