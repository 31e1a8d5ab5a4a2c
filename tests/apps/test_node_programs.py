"""Programs from npm, unmodified, that run as functions: Express behind a function URL, and Powertools with a layer and an
external extension. What they answer is computed here a second time."""

import filecmp
import fcntl
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import ROOT, ApiTest, node_runtime, zip_of

SOURCE = pathlib.Path(__file__).resolve().parent / "node"
INSTALLED = ROOT / "build/node-programs"
PRICES = {"tea": 350, "pot": 2000, "cup": 725}
RATES = {"EUR": 1, "USD": 2, "JPY": 160}


def install():
    """The packages, by the lock file, into build/: nothing to do when they are there from before."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = INSTALLED / ".installed"
        if done.exists() and filecmp.cmp(done, SOURCE / "package-lock.json", shallow=False):
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, INSTALLED / name)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        subprocess.run(command, cwd=INSTALLED, check=True, timeout=300)
        shutil.copy(SOURCE / "package-lock.json", done)


def modules(below):
    """{path below `below`: content} of the installed packages."""
    root = INSTALLED / "node_modules"
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix not in (".map", ".md", ".ts")]
    return {f"{below}node_modules/{path.relative_to(root)}": path.read_bytes() for path in files}


class NodeProgramTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        if not node_runtime() or not shutil.which("npm"):
            raise unittest.SkipTest("Node.js or npm is not installed")
        install()
        super().setUpClass()


class ExpressTest(NodeProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = {"shop.mjs": (SOURCE / "shop.mjs").read_bytes(), **modules("")}

    def setUp(self):
        self.deploy("shop", self.package, handler="shop.handler", runtime=node_runtime(), MemorySize=512)
        made = self.functions.create_function_url_config(FunctionName="shop", AuthType="NONE")["FunctionUrl"]
        self.host = re.match(r"http://([^/]+)/", made)[1]

    def ask(self, method, path, body=None, **headers):
        """One request, as a browser that resolves the subdomain would send it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.addCleanup(connection.close)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": self.host, **fields})
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer

    def test_the_shop(self):
        for name, price in PRICES.items():
            answer = self.ask("GET", f"/items/{name}?count=3", User_Agent="buyer")
            self.assertEqual((answer.status, answer.headers["X-Asked-By"]), (200, "buyer"), answer.body)
            self.assertEqual(json.loads(answer.body), {"price": price, "count": 3, "total": 3 * price})
        answer = self.ask("GET", "/items/gold%20bar")
        self.assertEqual((answer.status, json.loads(answer.body)), (404, {"missing": "gold bar"}))

        order = [["tea", 2], ["cup", 4]]
        total = sum(PRICES[name] * count for name, count in order)
        answer = self.ask("POST", "/orders", json.dumps({"lines": order}), Content_Type="application/json")
        self.assertEqual((answer.status, answer.headers["Location"]), (201, f"/orders/{total}"), answer.body)
        self.assertEqual(answer.headers.get_all("Set-Cookie"), [f"order={total}; Path=/", "seen=1; Path=/"])
        self.assertEqual(json.loads(answer.body)["total"], total)

    def test_bytes_both_ways(self):
        data = bytes(range(256)) * 40
        answer = self.ask("POST", "/echo", data, Content_Type="application/octet-stream")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/octet-stream"))
        self.assertEqual(answer.body, data[::-1])

    def test_redirects_cookies_and_errors(self):
        answer = self.ask("GET", "/old")
        self.assertEqual((answer.status, answer.headers["Location"]), (301, "/items/tea"))
        answer = self.ask("GET", "/cookies", Cookie="a=1; b=2")
        self.assertEqual(json.loads(answer.body), "a=1; b=2")
        answer = self.ask("GET", "/broken")
        self.assertEqual((answer.status, json.loads(answer.body)), (500, {"error": "out of tea"}))
        answer = self.ask("POST", "/orders", "{", Content_Type="application/json")
        self.assertEqual(answer.status, 400)
        answer = self.ask("HEAD", "/items/tea")
        self.assertEqual((answer.status, answer.body), (200, b""))
        tag = self.ask("GET", "/items/tea").headers["ETag"]
        self.assertEqual(self.ask("GET", "/items/tea", If_None_Match=tag).status, 304)


class PowertoolsTest(NodeProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        files = {"extensions/rates-extension": (SOURCE / "rates-extension").read_bytes(), **modules("nodejs/")}
        layer = cls.functions.publish_layer_version(LayerName="powertools", Content={"ZipFile": zip_of(files)})
        cls.layer = layer["LayerVersionArn"]

    def deploy_orders(self, name):
        """A function of its own for each test, as logs outlive functions."""
        variables = {"POWERTOOLS_SERVICE_NAME": "orders", "POWERTOOLS_METRICS_NAMESPACE": "shop"}
        self.deploy(
            name,
            {"orders.cjs": (SOURCE / "orders.cjs").read_bytes()},
            handler="orders.handler",
            runtime=node_runtime(),
            MemorySize=512,
            Layers=[self.layer],
            TracingConfig={"Mode": "Active"},
            Environment={"Variables": variables},
        )

    def documents(self, name):
        """The JSON documents that the function has logged: records of Logger, and metrics in the embedded format."""
        lines = self.messages(f"/aws/lambda/{name}")
        return [json.loads(text[text.index("{") :]) for text in lines if re.search(r'\{"(_aws|level)"', text)]

    def test_orders(self):
        self.deploy_orders("orders")
        answers = []
        for currency, prices in (("USD", [1, 2, 3]), ("JPY", [10, 0.5])):
            answer = self.invoke("orders", {"currency": currency, "prices": prices})
            self.assertNotIn("FunctionError", answer, answer["Payload"])
            self.assertEqual(answer["Payload"]["total"], sum(price * RATES[currency] for price in prices))
            self.assertRegex(answer["Payload"]["trace"], r"^1-[0-9a-f]{8}-[0-9a-f]{24}$")
            answers.append((answer["ResponseMetadata"]["RequestId"], currency, answer["Payload"]))
        documents = self.documents("orders")
        logged = [line for line in documents if "level" in line]
        self.assertEqual([line["function_request_id"] for line in logged], [request for request, _, _ in answers])
        self.assertEqual([line["cold_start"] for line in logged], [True, False])
        for line, (_, currency, value) in zip(logged, answers):
            self.assertEqual((line["service"], line["function_name"]), ("orders", "orders"))
            self.assertEqual((line["currency"], line["total"], line["xray_trace_id"]), (currency, value["total"], value["trace"]))
        metrics = [line for line in documents if "_aws" in line]
        self.assertEqual([line["Total"] for line in metrics if "Total" in line], [value["total"] for _, _, value in answers])
        self.assertEqual([line["ColdStart"] for line in metrics if "ColdStart" in line], [1])
        self.assertEqual({line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in metrics}, {"shop"})
        told = [text.split()[-1] for text in self.messages("/aws/lambda/orders") if "rates-extension: INVOKE" in text]
        self.assertEqual(told, [request for request, _, _ in answers])

    def test_an_error_is_the_functions_own(self):
        self.deploy_orders("refusing")
        answer = self.invoke("refusing", {"currency": "GBP", "prices": [1]})
        self.assert_function_error(answer, "RangeError", "no rate for GBP")
        [line] = [line for line in self.documents("refusing") if line.get("level") == "ERROR"]
        self.assertEqual(line["currency"], "GBP")


if __name__ == "__main__":
    unittest.main()
