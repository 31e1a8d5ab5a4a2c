"""Runs the tests in steps and ends with "N passed, N failed"; `./test` calls this after installing what is missing.

Each step answers with how many of its cases passed and failed. What a step prints goes to build/test-logs/STEP.log and is
shown when something failed.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build/test-logs"
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-boto3
PROCESSORS = os.cpu_count() or 1


class Tally:
    """What has been counted, and the steps' logs."""

    def __init__(self):
        self.passed = self.failed = 0
        self.failures = []

    def add(self, step, passed, failed, seconds, note="", log=None):
        self.passed += passed
        self.failed += failed
        note = f"  ({note})" if note else ""
        print(f"   {step:<34} {passed:>6} passed {failed:>4} failed {seconds:>7.1f} s{note}")
        if failed:
            self.failures.append(step)
            if log and log.exists():
                lines = log.read_text(errors="replace").splitlines()
                print("\n".join("      | " + line for line in lines[-80:]))


def run(name, command, environment=None, timeout=1800):
    """Runs a command with its output in a log. Returns (exit code, output, log, seconds); a timeout is exit code 124."""
    log = LOGS / (name.replace("/", "-") + ".log")
    started = time.monotonic()
    with open(log, "wb") as output:
        try:
            code = subprocess.run(
                list(map(str, command)),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                timeout=timeout,
            ).returncode
        except subprocess.TimeoutExpired:
            output.write(b"\nstopped: it took too long\n")
            code = 124
    return code, log.read_text(errors="replace"), log, time.monotonic() - started


def run_all(jobs, workers):
    """Runs callables `workers` at a time and yields their results as they end."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in concurrent.futures.as_completed([pool.submit(job) for job in jobs]):
            yield done.result()


# ---- Steps ----------------------------------------------------------------------------------------------------------


def style(tally, options):
    code, output, log, seconds = run("style", [PYTHON, "tests/style/check.py"])
    counts = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 1)
    near = output.count("\nnear: ") + output.startswith("near: ")
    tally.add("style", passed, failed, seconds, f"{near} near a limit" if near else "", log)
    python_tests(tally, "style-check", [ROOT / "tests/style/check_test.py"], options)


def build(tally, preset, targets=()):
    """Configures and builds a preset; False when that failed."""
    folder = ROOT / "build" / preset
    if not (folder / "build.ninja").exists():
        code, _, log, seconds = run(f"configure-{preset}", ["cmake", "--preset", preset])
        if code != 0:
            tally.add(f"configure {preset}", 0, 1, seconds, log=log)
            return False
    command = ["cmake", "--build", folder]
    if targets:
        command += ["--target", *targets]
    print(f"   building {preset} ...", flush=True)
    code, _, log, seconds = run(f"build-{preset}", command, timeout=3600)
    tally.add(f"build {preset}", int(code == 0), int(code != 0), seconds, log=log)
    return code == 0


def unit(tally, options, preset="release"):
    """Every room's GoogleTest program."""
    programs = sorted(path for path in (ROOT / "build" / preset).rglob("martlet_*_tests") if path.is_file())
    sanitizers = {
        "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "TSAN_OPTIONS": "external_symbolizer_path=/usr/bin/llvm-symbolizer-19:halt_on_error=0:exitcode=66",
    }

    def job(program):
        name = f"unit/{program.name.removeprefix('martlet_').removesuffix('_tests')}"
        result = LOGS / f"{preset}-{program.name}.json"
        result.unlink(missing_ok=True)
        code, _, log, seconds = run(f"{preset}-{name}", [program, f"--gtest_output=json:{result}"], sanitizers)
        passed = failed = skipped = 0
        if result.exists():
            for suite in json.loads(result.read_text())["testsuites"]:
                for case in suite["testsuite"]:
                    failed += "failures" in case
                    skipped += case["result"] == "SKIPPED"
                    passed += "failures" not in case and case["result"] == "COMPLETED"
        failed = max(failed, int(code != 0))
        return name if preset == "release" else f"{preset} {name}", passed, failed, seconds, skips(skipped), log

    jobs = [lambda program=program: job(program) for program in programs]
    for result in run_all(jobs, PROCESSORS):
        tally.add(*result)
    if not programs:
        tally.add(f"{preset} unit", 0, 1, 0, "no test programs were built")


def skips(count):
    return f"{count} skipped" if count else ""


def python_tests(tally, name, files, options, preset="release"):
    """unittest modules, each in a process of its own."""
    environment = {"MARTLET": str(ROOT / "build" / preset / "martlet"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = f"{ROOT / 'tests/api'}:{ROOT / 'tests/runtimes'}:{ROOT / 'tests/security'}"

    def job(file):
        step = name if len(files) == 1 else f"{name}/{file.stem.removeprefix('test_')}"
        step = step if preset == "release" else f"{preset} {step}"
        command = [PYTHON, "-m", "unittest", "-v", file.relative_to(ROOT)]
        code, output, log, seconds = run(step.replace(" ", "-"), command, environment)
        ran = re.search(r"^Ran (\d+) tests? in", output, re.MULTILINE)
        counts = dict(re.findall(r"(failures|errors|skipped)=(\d+)", output.splitlines()[-1] if output else ""))
        skipped = int(counts.get("skipped", 0))
        failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
        failed = max(failed, int(code != 0))
        passed = max(0, (int(ran[1]) if ran else 0) - failed - skipped)
        return step, passed, failed, seconds, skips(skipped), log

    jobs = [lambda file=file: job(file) for file in files if chosen(options, name, file)]
    for result in run_all(jobs, PROCESSORS):
        tally.add(*result)


def chosen(options, step, file):
    """Whether --only names this file: `--only api` names all of them, `--only api/invoke` one."""
    wanted = [name for name in options.only if name.split("/")[0] == step]
    return step in wanted or not wanted or f"{step}/{file.stem.removeprefix('test_')}" in wanted


SIMULATED_SEEDS = 4000


def sim(tally, options):
    """Queues, mappings and asynchronous invocations in simulated time, with faults."""
    program = ROOT / "build/release/tests/sim/martlet_sim"
    code, output, log, seconds = run("sim", [program, "--seeds", SIMULATED_SEEDS, "--jobs", PROCESSORS])
    counts = re.search(r"^(\d+) seeds passed, (\d+) seeds failed$", output, re.MULTILINE)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 1)
    tally.add("sim", passed, max(failed, int(code != 0)), seconds, "seeds", log)


def api(tally, options, preset="release"):
    python_tests(tally, "api", sorted((ROOT / "tests/api").glob("test_*.py")), options, preset)


def runtimes(tally, options):
    """The bootstraps by themselves, against a fake Runtime API."""
    python_tests(tally, "runtimes", sorted((ROOT / "tests/runtimes").glob("test_*.py")), options)


def security(tally, options):
    """Hostile functions against the real server."""
    python_tests(tally, "security", sorted((ROOT / "tests/security").glob("test_*.py")), options)


def apps(tally, options):
    python_tests(tally, "apps", sorted((ROOT / "tests/apps").glob("test_*.py")), options)


def pages(tally, options):
    """docs/compatibility.md says what the binary says."""
    page = ROOT / "docs/compatibility.md"
    code, output, log, seconds = run("compatibility", [ROOT / "build/release/martlet", "services", "--markdown"])
    same = code == 0 and page.exists() and output == page.read_text()
    if not same:
        log.write_text(output + "\ndocs/compatibility.md differs; ./dev docs writes it\n")
    tally.add("docs/compatibility.md", int(same), int(not same), seconds, log=log)


def tidy(tally, options):
    """clang-tidy over every source; those that passed unchanged before are not read again."""
    sources = [path for path in sorted((ROOT / "src").rglob("*.cc")) if not path.name.endswith("_test.cc")]
    shared = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for header in sorted((ROOT / "src").rglob("*.h")) + sorted((ROOT / "models").rglob("*.json")):
        shared.update(header.read_bytes())
    memory = ROOT / "build/tidy"
    memory.mkdir(exist_ok=True)

    def job(source):
        mark = memory / hashlib.sha256(shared.digest() + source.read_bytes() + str(source).encode()).hexdigest()
        if mark.exists():
            return source, 0, ""
        command = ["clang-tidy-19", "-p", ROOT / "build/release", "--quiet", source]
        code, output, _, _ = run(f"tidy-{source.stem}", command)
        if code == 0:
            mark.touch()
        return source, code, output

    started, failed = time.monotonic(), 0
    log = LOGS / "tidy.log"
    with open(log, "w") as found:
        for source, code, output in run_all([lambda source=source: job(source) for source in sources], PROCESSORS):
            failed += code != 0
            if code != 0:
                found.write(output)
    tally.add("clang-tidy", len(sources) - failed, failed, time.monotonic() - started, log=log)


def sanitized(tally, options):
    """Unit tests under both sanitizers, and the API tests against a server with the address sanitizer."""
    for preset in ("asan", "tsan"):
        if build(tally, preset):
            unit(tally, options, preset)
            if preset == "asan":
                api(tally, options, preset)


STEPS = {"style": style, "unit": unit, "sim": sim, "runtimes": runtimes, "api": api, "security": security, "apps": apps, "pages": pages, "tidy": tidy}
NEEDS_BUILD = {"unit", "sim", "runtimes", "api", "security", "apps", "pages", "tidy"}
QUICK = ["style", "unit"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./test", description="Builds and runs every test.")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help=f"one step ({', '.join(STEPS)}) or one file of it (api/invoke); may be repeated",
    )
    parser.add_argument("--quick", action="store_true", help=f"only {' and '.join(QUICK)}")
    parser.add_argument(
        "--sanitize",
        action="store_true",
        help="instead: unit tests with the address and thread sanitizers, API tests with the first",
    )
    options = parser.parse_args()
    for name in options.only:
        if name.split("/")[0] not in STEPS:
            parser.error(f"there is no step {name}; there are {', '.join(STEPS)}")
    return options


def main():
    options = parse_arguments()
    LOGS.mkdir(parents=True, exist_ok=True)
    tally, started = Tally(), time.monotonic()
    if options.sanitize:
        sanitized(tally, options)
    else:
        steps = [name.split("/")[0] for name in options.only] or (QUICK if options.quick else list(STEPS))
        built = not NEEDS_BUILD & set(steps) or build(tally, "release")
        for name in STEPS:
            if name in steps and (built or name not in NEEDS_BUILD):
                STEPS[name](tally, options)
    if tally.failures:
        print(f"Failed: {', '.join(tally.failures)}; logs are in build/test-logs/")
    print(f"It took {time.monotonic() - started:.0f} s.")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
