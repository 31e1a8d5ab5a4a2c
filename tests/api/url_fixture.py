"""What tests of function URLs share: making them, and plain requests to them, signed or not."""

import http.client
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from harness import ApiTest


class UrlTest(ApiTest):
    def url(self, function, **settings):
        """Makes the URL of a function and returns its host, without port."""
        settings.setdefault("AuthType", "NONE")
        made = self.functions.create_function_url_config(FunctionName=function, **settings)["FunctionUrl"]
        return re.match(r"http://([^:/]+)", made)[1]

    def ask(self, host, path="/", method="GET", body=None, headers=()):
        """One request; `headers` may be pairs, so that names may come twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.addCleanup(connection.close)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"{host}:{self.server.port}")
        for name, value in dict(headers).items() if isinstance(headers, dict) else headers:
            connection.putheader(name, value)
        data = body.encode() if isinstance(body, str) else body
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer

    def sign(self, host, service="lambda", key="test", secret="test", token=None, path="/"):
        """The headers of a signed GET request."""
        request = botocore.awsrequest.AWSRequest("GET", f"http://{host}:{self.server.port}{path}")
        credentials = botocore.credentials.Credentials(key, secret, token)
        botocore.auth.SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        return dict(request.headers)
