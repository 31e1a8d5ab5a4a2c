"""What proving who one is, and being allowed, costs a request: GetFunction under `--auth enforce`, beside `--auth open`."""

import json
import pathlib
import tempfile

from server import FUNCTIONS, Server
from signing import Keys, QueryClient, REGION
from table import Figure

ACCOUNT = "000000000000"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com", "AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
GET = {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": [FUNCTION_ARN + "asked", FUNCTION_ARN + "shared"]}
# As many as quotas allow: groups of a user, managed policies of a user or group, managed policies of an account.
GROUPS, ATTACHED, POLICIES = 10, 10, 1000
# Bytes of a managed policy.
LARGEST = 6144


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


# Denials of other things: unlike an Allow, none of them may be left out because another statement allows.


def by_name(number):
    return {"Effect": "Deny", "Action": "lambda:GetFunction", "Resource": f"{FUNCTION_ARN}other-{number}"}


def by_wildcards(number):
    return {"Effect": "Deny", "Action": "lambda:Get*", "Resource": f"arn:aws:lambda:*:{ACCOUNT}:function:*-{number}-*"}


def by_condition(number):
    condition = {"IpAddress": {"aws:SourceIp": f"10.{number % 256}.0.0/16"}}
    return {"Effect": "Deny", "Action": "lambda:*", "Resource": "*", "Condition": condition}


class World:
    """An enforcing server with users, groups, roles and policies."""

    def __init__(self, directory, package):
        self.server = Server("--data", directory, auth="enforce")
        self.package = package
        self.root = Keys(*(pathlib.Path(directory) / "root-access-key").read_text().split())
        self.client = QueryClient(self.server, self.root)
        self.policies = 0
        self.iam("CreateRole", RoleName="bench", AssumeRolePolicyDocument=document(TRUST))

    def iam(self, action, **parameters):
        return self.client.call("iam", action, **parameters)

    def lambda_(self, method, path, request=None):
        body = "" if request is None else json.dumps(request)
        return self.server.call(method, path, body, self.signed(self.root, method, path, body))

    def signed(self, keys, method, path, body=""):
        return keys.sign("lambda", f"127.0.0.1:{self.server.port}", method, path, body)

    def managed(self, *statements):
        """The ARN of a new managed policy."""
        self.policies += 1
        name = f"policy-{self.policies}"
        self.iam("CreatePolicy", PolicyName=name, PolicyDocument=document(*statements))
        return f"arn:aws:iam::{ACCOUNT}:policy/{name}"

    def user(self, name, *statements):
        """The keys of a new user with an inline policy."""
        self.iam("CreateUser", UserName=name)
        if statements:
            self.iam("PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return self.client.new_keys("iam", "CreateAccessKey", UserName=name)

    def member(self, name, statements_each, make):
        """The keys of a user with as many managed policies as it can have, itself and by its groups; its own
        inline policy alone allows GetFunction."""
        keys = self.user(name, GET)
        owners = [("User", name)]
        for number in range(GROUPS):
            owners.append(("Group", f"{name}-{number}"))
            self.iam("CreateGroup", GroupName=owners[-1][1])
            self.iam("AddUserToGroup", UserName=name, GroupName=owners[-1][1])
        number = 0
        for kind, owner in owners:
            for _ in range(ATTACHED):
                policy = self.managed(*(make(number + i) for i in range(statements_each)))
                number += statements_each
                self.iam(f"Attach{kind}Policy", PolicyArn=policy, **{f"{kind}Name": owner})
        return keys

    def session(self, keys, name, statements_each, **limits):
        """The keys of a session of a new role, which `keys` may assume."""
        self.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=document(TRUST))
        self.iam("PutRolePolicy", RoleName=name, PolicyName="own", PolicyDocument=document(GET))
        for number in range(ATTACHED):
            statements = (by_name(number * statements_each + i) for i in range(statements_each))
            self.iam("AttachRolePolicy", RoleName=name, PolicyArn=self.managed(*statements))
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        return QueryClient(self.server, keys).new_keys("sts", "AssumeRole", RoleArn=role, RoleSessionName="bench", **limits)

    def deploy(self, name):
        settings = {"FunctionName": name, "Role": f"arn:aws:iam::{ACCOUNT}:role/bench", "Code": {"ZipFile": self.package.package}}
        self.lambda_("POST", FUNCTIONS, settings | {"Runtime": self.package.runtime, "Handler": self.package.handler})


def callers(world):
    """What is measured: (what the row says, keys, function)."""
    one = world.user("one", GET, {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    per_policy = LARGEST // (len(json.dumps(by_name(10_000))) + 1)
    limits = {f"PolicyArns.member.{i + 1}.arn": world.managed(by_name(i), GET) for i in range(ATTACHED)}
    limits["Policy"] = document(GET)
    rows = [
        ("root user", world.root, "asked"),
        ("user, 1 policy", one, "asked"),
        ("user, 110 managed policies, 1,100 denials by name", world.member("names", 10, by_name), "asked"),
        ("the same, with wildcards", world.member("wildcards", 10, by_wildcards), "asked"),
        ("the same, with conditions", world.member("conditions", 10, by_condition), "asked"),
        (
            f"user, 110 managed policies, {110 * per_policy:,} denials by name",
            world.member("all", per_policy, by_name),
            "asked",
        ),
        ("session of a role, 10 policies, 100 denials", world.session(one, "role", 10), "asked"),
        ("the same, limited by 11 session policies", world.session(one, "limited", 10, **limits), "asked"),
        ("user, 1 policy; the function's has 50 statements", one, "shared"),
    ]
    while world.policies < POLICIES:
        world.managed(by_name(world.policies))
    return rows


def measure_authorization(table, functions, options):
    python = next(function for function in functions if function.name == "python")
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        open_server = Server("--data", f"{directory}/open")
        world = World(f"{directory}/enforce", python)
        try:
            for name in ("asked", "shared"):
                open_server.deploy(name, python)
                world.deploy(name)
            for number in range(50):
                grant = {"StatementId": f"s{number}", "Action": "lambda:InvokeFunction", "Principal": f"{number:012}"}
                world.lambda_("POST", f"{FUNCTIONS}/shared/policy", grant)
            measure(table, options, world, open_server, callers(world))
        finally:
            open_server.stop()
            world.server.stop()


def measure(table, options, world, open_server, rows):
    busy = {what: [] for what, _, _ in rows}
    taken = {what: [] for what, _, _ in rows}
    reference = "as anybody, --auth open"
    busy[reference], taken[reference] = [], []
    for _ in range(options.rounds):
        # The signature of a request is good for some minutes: each round has new ones.
        once(open_server, world.signed(Keys("test", "test"), "GET", f"{FUNCTIONS}/asked"), "asked", options, busy[reference], taken[reference])
        for what, keys, function in rows:
            headers = world.signed(keys, "GET", f"{FUNCTIONS}/{function}")
            once(world.server, headers, function, options, busy[what], taken[what])
    for title, samples in (("processor time", busy), ("answer", taken)):
        beside = Figure(samples[reference])
        table.add(f"GetFunction {reference}: {title}", beside, "µs")
        for what, _, _ in rows:
            table.add(f"GetFunction, {what}: {title}", Figure(samples[what]), "µs", ("open", beside), promised="aim 1.3 x")


def once(server, headers, function, options, busy, taken):
    lines = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
    before = server.busy_microseconds()
    load = server.load(1, 0, options.requests, "GET", f"{FUNCTIONS}/{function}", "", lines)
    busy.append((server.busy_microseconds() - before) / options.requests)
    taken.append(load["p50"])
