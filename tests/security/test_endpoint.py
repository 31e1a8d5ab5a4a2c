"""Whoever calls the platform from inside an environment is the function in it, or nobody's."""

import json
import unittest

import boto3
from harness import ROLE, Server
from hostile import BOOTED, FORMS, PREBOOTED, Hostile

# Signs as the AWS SDKs do; the keys are the environment's unless the event brings others.
CALL = """
import datetime, hashlib, hmac, http.client
def sign(key, text): return hmac.new(key, text.encode(), hashlib.sha256).digest()
def request(service, method, path, body, headers, keys):
    host = os.environ['AWS_ENDPOINT_URL'].partition('//')[2]
    now = datetime.datetime.utcnow().strftime('%Y%m%dT%H%M%SZ')
    fields = {'host': host, 'x-amz-date': now, **headers}
    if keys.get('token'): fields['x-amz-security-token'] = keys['token']
    names = ';'.join(sorted(fields))
    canonical = '\\n'.join([method, path, ''] + [f'{name}:{fields[name]}' for name in sorted(fields)]
                          + ['', names, hashlib.sha256(body.encode()).hexdigest()])
    scope = f'{now[:8]}/us-east-1/{service}/aws4_request'
    key = ('AWS4' + keys['secret']).encode()
    for part in scope.split('/'): key = sign(key, part)
    text = '\\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    fields['authorization'] = f"AWS4-HMAC-SHA256 Credential={keys['id']}/{scope}, SignedHeaders={names}, Signature={signature}"
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    return [answer.status, answer.headers.get('x-amzn-ErrorType', ''), answer.read().decode()]
own = {'id': os.environ['AWS_ACCESS_KEY_ID'], 'secret': os.environ['AWS_SECRET_ACCESS_KEY'], 'token': os.environ['AWS_SESSION_TOKEN']}
keys = {**own, **event.get('keys', {})}
def who(keys=keys):
    return request('sts', 'POST', '/', 'Action=GetCallerIdentity&Version=2011-06-15', {'content-type': 'application/x-www-form-urlencoded'}, keys)
def functions(keys=keys):
    return request('lambda', 'GET', '/2015-03-31/functions/', '', {}, keys)
"""
OWN_KEYS = CALL + "result = own"


class EndpointTest(Hostile):
    def test_a_function_is_its_role(self):
        for form, (status, _, body) in self.in_both(CALL + "result = who()"):
            self.assertEqual(status, 200, body)
            self.assertIn(f"<Arn>arn:aws:sts::000000000000:assumed-role/test-role/{self.names[form]}</Arn>", body)
        for _, (status, _, body) in self.in_both(CALL + "result = functions()"):
            self.assertEqual(status, 200, body)

    def test_every_environment_has_keys_of_its_own(self):
        keys = [answer["id"] for _, answer in self.in_both(OWN_KEYS)]
        self.assertEqual(len(set(keys)), len(FORMS))

    def test_another_functions_keys_are_nobodys(self):
        victim = self.attack(self.probe("victim", BOOTED), OWN_KEYS)
        self.assert_nobodys(victim)
        self.forget("victim")
        self.assert_nobodys(victim)

    def assert_nobodys(self, keys):
        for _, ((status, _, body), (other_status, code, _)) in self.in_both(CALL + "result = [who(), functions()]", keys=keys):
            self.assertEqual(status, 403, body)
            self.assertIn("<Code>InvalidClientTokenId</Code>", body)
            self.assertEqual((other_status, code.partition(":")[0]), (403, "UnrecognizedClientException"))

    def test_a_key_needs_its_secret_and_its_token(self):
        for changed in ({"secret": "x" * 40}, {"token": "eA=="}, {"token": ""}):
            for _, (status, _, body) in self.in_both(CALL + "result = who()", keys=changed):
                self.assertEqual(status, 403, (changed, body))

    def test_other_keys_are_as_outside(self):
        test = {"id": "test", "secret": "test", "token": ""}
        for _, (status, _, body) in self.in_both(CALL + "result = who()", keys=test):
            self.assertEqual(status, 200, body)
            self.assertIn("arn:aws:iam::000000000000:root", body)

    def test_a_function_neither_resets_the_server_nor_moves_its_clock(self):
        source = CALL + """
def post(path, body):
    connection = http.client.HTTPConnection(os.environ['AWS_ENDPOINT_URL'].partition('//')[2], timeout=30)
    connection.request('POST', path, body)
    return connection.getresponse().status
result = [post('/_martlet/reset', ''), post('/_martlet/clock', json.dumps({'seconds': 100000}))]
"""
        self.expect([403, 403], source)

    def test_the_runtime_api_has_nothing_for_others(self):
        source = """
import http.client
def get(path, method='GET'):
    connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'], timeout=5)
    connection.request(method, path)
    return connection.getresponse().status
result = [get('/2018-06-01/martlet/function'), get('/2021-04-23/credentials'), get('/2018-06-01/runtime/invocation/x/response', 'POST'),
          get('/_martlet/health')]
"""
        for _, statuses in self.in_both(source):
            self.assertTrue(all(status >= 400 for status in statuses), statuses)


class EnforcedTest(unittest.TestCase):
    """The same under --auth enforce, where the tests need the root key themselves."""

    def test_functions_are_known_and_nobody_else(self):
        server = Server("--auth", "enforce", ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        identity, secret = (server.data / "root-access-key").read_text().split()
        settings = {"endpoint_url": server.endpoint, "region_name": "us-east-1"}
        settings |= {"aws_access_key_id": identity, "aws_secret_access_key": secret}
        client = boto3.client("lambda", **settings)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        boto3.client("iam", **settings).create_role(RoleName=ROLE.rsplit("/", 1)[1], AssumeRolePolicyDocument=document)
        Hostile.functions = client
        for name in ("one", "two"):
            Hostile.make_probe(name, PREBOOTED)

        def attack(name, source, **event):
            answer = client.invoke(FunctionName=name, Payload=json.dumps({"attack": source, **event}))
            return json.loads(answer["Payload"].read())

        victim = attack("two", OWN_KEYS)
        self.assertIn("assumed-role/test-role/one", attack("one", CALL + "result = who()")[2])
        self.assertEqual(attack("one", CALL + "result = who()", keys=victim)[0], 403)
        self.assertEqual(attack("one", CALL + "result = who()", keys={"id": "test", "secret": "test", "token": ""})[0], 403)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])

