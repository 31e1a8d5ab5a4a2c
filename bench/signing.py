"""Requests signed as AWS's clients sign them (Signature Version 4), and IAM called with them."""

import datetime
import hashlib
import hmac
import re
import urllib.parse

REGION = "us-east-1"


class Keys:
    """An access key."""

    def __init__(self, identity, secret, token=None):
        self.identity, self.secret, self.token = identity, secret, token

    def sign(self, service, host, method, path, body=""):
        """The headers that sign a request without a query, besides Host."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": host, "x-amz-date": now}
        if self.token:
            headers["x-amz-security-token"] = self.token
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = "\n".join([method, path, "", lines, names, hashlib.sha256(body.encode()).hexdigest()])
        scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in scope.split("/"):
            key = mac(key, part)
        del headers["host"]
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.identity}/{scope}, SignedHeaders={names}, "
            f"Signature={mac(key, to_sign).hex()}"
        )
        return headers


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class QueryClient:
    """Operations of IAM and STS."""

    VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}

    def __init__(self, server, keys):
        self.server, self.keys = server, keys

    def call(self, service, action, **parameters):
        """The answer's XML."""
        body = urllib.parse.urlencode({"Action": action, "Version": self.VERSIONS[service], **parameters})
        headers = self.keys.sign(service, f"127.0.0.1:{self.server.port}", "POST", "/", body)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.server.call("POST", "/", body, headers).decode()

    def new_keys(self, service, action, **parameters):
        """The access key in the answer to an operation that makes one."""
        answer = self.call(service, action, **parameters)
        found = {tag: re.search(f"<{tag}>(.*?)</{tag}>", answer) for tag in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
        return Keys(*(match and match[1] for match in found.values()))
