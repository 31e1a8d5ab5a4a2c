"""A Terraform stack: applied, planned again without changes, changed, and destroyed.

Terraform takes its AWS provider from a local mirror, so nothing is downloaded. Where Terraform or such a mirror is missing
the test is skipped; $MARTLET_TERRAFORM_MIRROR names a mirror that is in none of the usual places.
"""

import base64
import glob
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import PYTHON_RUNTIME, ApiTest, zip_of

STACK = pathlib.Path(__file__).resolve().parent / "terraform"
MIRRORS = [
    os.environ.get("MARTLET_TERRAFORM_MIRROR", ""),
    os.path.expanduser("~/.terraform.d/plugins"),
    "/usr/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    *glob.glob("/opt/*"),
]
PRICES = {"tea": 3, "pot": 20}
FIRST = "import prices\ndef handler(event, context):\n    return sum(prices.OF[name] for name in event['order'])\n"
SECOND = FIRST.replace("return sum", "return 10 * sum")
# Exit codes of `terraform plan -detailed-exitcode`: nothing to do, something to do.
UNCHANGED, CHANGED = 0, 2


def mirror():
    """The first directory that holds the AWS provider as Terraform's filesystem mirrors are laid out, or None."""
    return next((m for m in MIRRORS if m and glob.glob(f"{m}/registry.terraform.io/hashicorp/aws/*")), None)


class TerraformTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("terraform"):
            raise unittest.SkipTest("Terraform is not installed")
        if not mirror():
            raise unittest.SkipTest("there is no local mirror of Terraform's AWS provider")
        super().setUpClass()

    def setUp(self):
        self.stack = self.server.directory / "stack"
        shutil.copytree(STACK, self.stack)
        self.addCleanup(shutil.rmtree, self.stack)
        self.variables = {"endpoint": self.server.endpoint, "package": "package.zip", "layer_package": "layer.zip"}
        self.pack(FIRST)
        layer = zip_of({"python/prices.py": f"OF = {PRICES!r}\n"})
        (self.stack / "layer.zip").write_bytes(layer)
        settings = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n'
        (self.stack / "cli.tfrc").write_text(settings + "disable_checkpoint = true\n")

    def pack(self, source):
        (self.stack / "package.zip").write_bytes(zip_of({"app.py": source}))

    def terraform(self, *arguments, expect=0):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
        environment |= {f"TF_VAR_{name}": str(value) for name, value in self.variables.items()}
        environment |= {"TF_CLI_CONFIG_FILE": str(self.stack / "cli.tfrc"), "TF_IN_AUTOMATION": "1"}
        environment |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(self.stack)}
        done = subprocess.run(
            ["terraform", *arguments], cwd=self.stack, env=environment, capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, expect, done.stdout[-6000:] + done.stderr[-6000:])
        return done.stdout

    def plan(self, expect, *more):
        self.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color", *more, expect=expect)

    def apply(self, *more):
        return self.terraform("apply", "-auto-approve", "-input=false", "-no-color", *more)

    def apply_planned(self):
        """A change as teams make it: planned, then applied as planned, which does not read everything once more."""
        self.plan(CHANGED, "-out=change")
        self.apply("change")

    def output(self, name):
        return json.loads((self.stack / "terraform.tfstate").read_text())["outputs"][name]["value"]

    def test_the_life_of_a_stack(self):
        self.terraform("init", "-input=false", "-no-color")
        self.apply()
        self.check_first_state()
        self.plan(UNCHANGED)

        self.pack(SECOND)
        self.variables |= {"memory": 256}
        self.apply_planned()
        self.check_second_state()
        self.plan(UNCHANGED)

        self.server.note_processes()
        self.terraform("destroy", "-auto-approve", "-input=false", "-no-color")
        self.check_nothing_left()

    # -- what the server has, asked in another way than Terraform asks --

    def check_first_state(self):
        function = self.functions.get_function(FunctionName="orders")
        configuration = function["Configuration"]
        package = (self.stack / "package.zip").read_bytes()
        self.assertEqual(configuration["CodeSha256"], base64.b64encode(hashlib.sha256(package).digest()).decode())
        self.assertEqual((configuration["Runtime"], configuration["MemorySize"]), (PYTHON_RUNTIME, 128))
        self.assertEqual(function["Tags"], {"team": "shop", "stack": "orders"})
        self.assertEqual(function["Concurrency"], {"ReservedConcurrentExecutions": 20})
        self.assertEqual(self.versions(), ["$LATEST", "1"])
        self.assertEqual(self.routing(), {})
        answer = self.invoke("orders", {"order": ["tea", "pot"]}, Qualifier="live")
        self.assertEqual((answer["ExecutedVersion"], answer["Payload"]), ("1", 23))
        self.assertEqual(self.output("alias_arn"), "arn:aws:lambda:us-east-1:000000000000:function:orders:live")
        self.assertEqual(self.output("url"), self.functions.get_function_url_config(FunctionName="orders")["FunctionUrl"])
        policy = json.loads(self.functions.get_policy(FunctionName="orders", Qualifier="live")["Policy"])
        self.assertEqual([statement["Sid"] for statement in policy["Statement"]], ["bucket"])
        [group] = self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/orders")["logGroups"]
        self.assertEqual(group["retentionInDays"], 7)

    def check_second_state(self):
        self.assertEqual(self.functions.get_function_configuration(FunctionName="orders")["MemorySize"], 256)
        self.assertEqual(self.versions(), ["$LATEST", "1", "2"])
        self.assertEqual(self.routing(), {"2": 0.25})
        seen = set()
        for _ in range(200):  # each version is missed with a chance of 0.75^200 at most
            answer = self.invoke("orders", {"order": ["tea"]}, Qualifier="live")
            seen.add((answer["ExecutedVersion"], answer["Payload"]))
            if len(seen) > 1:
                break
        self.assertEqual(seen, {("1", 3), ("2", 30)})

    def check_nothing_left(self):
        self.assertEqual(self.functions.list_functions()["Functions"], [])
        self.assertEqual(self.functions.list_layers()["Layers"], [])
        self.assertEqual(self.functions.list_code_signing_configs()["CodeSigningConfigs"], [])
        iam = self.server.client("iam")
        self.assertEqual(iam.list_roles()["Roles"], [])
        iam.close()

    def versions(self):
        return [v["Version"] for v in self.functions.list_versions_by_function(FunctionName="orders")["Versions"]]

    def routing(self):
        alias = self.functions.get_alias(FunctionName="orders", Name="live")
        return alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


if __name__ == "__main__":
    unittest.main()
