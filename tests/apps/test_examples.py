"""The examples, deployed as a reader would and held to results that are computed here in another way."""

import collections
import csv
import io
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import unittest
import zlib

from harness import ROOT, ApiTest, node_runtime

EXAMPLES = ROOT / "examples"
LOG = (EXAMPLES / "access-log-report/access.log").read_text()


class AccessLogReportTest(ApiTest):
    def setUp(self):
        self.deploy("report", {"app.py": (EXAMPLES / "access-log-report/app.py").read_text()}, MemorySize=256)

    def test_the_whole_log(self):
        report = self.invoke("report", {"log": LOG, "top": 4})["Payload"]
        # Another way to read it: by quotes instead of by pattern.
        rows = [line.split('"') for line in LOG.splitlines()]
        status = [row[2].split() for row in rows]
        paths = [row[1].split()[1].split("?")[0] for row in rows]
        seconds = collections.defaultdict(list)
        for path, row in zip(paths, rows):
            seconds[path].append(float(row[6]))
        self.assertEqual(report["requests"], 2700)
        self.assertEqual(report["malformed"], 0)
        self.assertEqual(report["visitors"], len({row[0].split()[0] for row in rows}))
        self.assertEqual(report["bytes_out"], sum(int(size) for _, size in status))
        self.assertEqual(report["status_classes"], dict(collections.Counter(code[0] + "xx" for code, _ in status)))
        self.assertEqual(
            [row["requests"] for row in report["top_paths"]],
            [count for _, count in collections.Counter(paths).most_common(4)],
        )
        means = {path: statistics.fmean(times) for path, times in seconds.items()}
        slowest = sorted(means, key=means.get, reverse=True)[:4]
        self.assertEqual([row["path"] for row in report["slowest_paths"]], slowest)
        for row in report["slowest_paths"]:
            self.assertAlmostEqual(row["mean_seconds"], means[row["path"]], places=3)
            self.assertEqual(row["max_seconds"], max(seconds[row["path"]]))
        failing = collections.Counter(path for path, (code, _) in zip(paths, status) if code >= "500")
        self.assertEqual({row["path"]: row["errors"] for row in report["failing_paths"]}, failing)

    def test_lines_that_are_no_records(self):
        lines = LOG.splitlines()[:10]
        broken = ["", "garbage", lines[0][:40], '1.2.3.4 - - [x] "-" 400 0', "\x00\xff", lines[1] + " and more"]
        report = self.invoke("report", {"lines": lines + broken})["Payload"]
        self.assertEqual((report["requests"], report["malformed"]), (10, 5))
        self.assert_function_error(self.invoke("report", {"nothing": 1}), "ValueError", '"log"')

    def test_its_own_event(self):
        event = json.loads((EXAMPLES / "access-log-report/event.json").read_text())
        report = self.invoke("report", event)["Payload"]
        self.assertEqual(report["status_classes"], {"2xx": 2, "4xx": 1})
        self.assertEqual(report["malformed"], 1)


class GeneratorTest(unittest.TestCase):
    def test_the_log_is_what_its_generator_writes(self):
        written = subprocess.run(
            ["/usr/bin/python3", EXAMPLES / "access-log-report/generate.py"], capture_output=True, check=True, text=True
        )
        self.assertEqual(written.stdout, LOG)


class CsvReportTest(ApiTest):
    def setUp(self):
        if not node_runtime():
            self.skipTest("there is no Node.js on this machine")
        source = (EXAMPLES / "csv-report/index.mjs").read_text()
        self.deploy("csv", {"index.mjs": source}, handler="index.handler", runtime=node_runtime(), MemorySize=256)

    def test_the_packages_of_this_machine(self):
        listed = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package},${Section},${Installed-Size}\\n"],
            capture_output=True,
            text=True,
            check=True,
        )
        text = "package,section,kilobytes\n" + listed.stdout
        report = self.invoke("csv", {"csv": text})["Payload"]
        rows = list(csv.DictReader(io.StringIO(text)))
        sizes = [int(row["kilobytes"]) for row in rows]
        self.assertEqual(report["rows"], len(rows))
        package, section, kilobytes = report["columns"]
        self.assertEqual(package["distinct"], len({row["package"] for row in rows}))
        self.assertEqual(section["distinct"], len({row["section"] for row in rows}))
        self.assertEqual((kilobytes["type"], kilobytes["sum"]), ("number", sum(sizes)))
        self.assertEqual((kilobytes["min"], kilobytes["max"]), (min(sizes), max(sizes)))
        self.assertEqual(kilobytes["median"], statistics.median(sizes))
        self.assertAlmostEqual(kilobytes["mean"], statistics.fmean(sizes), places=2)
        self.assertEqual([bar["value"] for bar in report["largest"]], sorted(sizes, reverse=True)[:12])

    def test_quotes_and_incomplete_rows(self):
        text = 'name,value\r\n"a, ""b""\nc",1\r\nshort\r\n<x>,2.5\r\n'
        report = self.invoke("csv", {"csv": text, "title": "<T>"})["Payload"]
        self.assertEqual((report["rows"], report["incomplete_rows"]), (2, 1))
        self.assertEqual([bar["label"] for bar in report["largest"]], ["<x>", 'a, "b"\nc'])
        self.assertIn("&lt;T&gt;", report["html"])
        self.assertNotIn("<x>", report["html"])

    def test_refusals(self):
        self.assert_function_error(self.invoke("csv", {}), "RangeError", "csv")
        self.assert_function_error(self.invoke("csv", {"csv": "a,b\n1,x\n", "chart": "b"}), "RangeError", 'called "b"')

    def test_its_own_event(self):
        event = json.loads((EXAMPLES / "csv-report/event.json").read_text())
        report = self.invoke("csv", event)["Payload"]
        self.assertEqual(report["largest"][0], {"label": "Mont Blanc", "value": 4806})


class WordCountTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with tempfile.TemporaryDirectory(prefix="martlet-word-count-") as directory:
            bootstrap = pathlib.Path(directory, "bootstrap")
            subprocess.run([EXAMPLES / "word-count/build", bootstrap], check=True)
            cls.bootstrap = bootstrap.read_bytes()

    def setUp(self):
        self.deploy("words", {"bootstrap": self.bootstrap}, handler="unused", runtime="provided.al2023")

    def test_the_licence_and_other_texts(self):
        licence = (ROOT / "LICENSE").read_text()
        for text in (licence, "", "one", 'Ünïcode wörds \U0001f426 and "quotes" \\ \t tabs\n', LOG):
            report = self.invoke("words", {"before": {"text": "not this"}, "text": text})["Payload"]
            words = collections.Counter(re.findall("[a-z]+", text.lower(), re.ASCII))
            self.assertEqual(report["bytes"], len(text.encode()))
            self.assertEqual(report["lines"], text.count("\n"))
            self.assertEqual((report["words"], report["distinct"]), (sum(words.values()), len(words)))
            self.assertEqual(report["crc32"], f"{zlib.crc32(text.encode()):08x}")
            ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:10]
            self.assertEqual([(row["word"], row["count"]) for row in report["top"]], ranked)

    def test_an_event_without_text(self):
        for event in ({}, {"text": 5}, [], "text", {"x": {"text": "inner"}}):
            self.assert_function_error(self.invoke("words", event), "BadEvent", "must have")


if __name__ == "__main__":
    unittest.main()
