"""Deploys the example functions with the AWS CLI, invokes each on real input and shows what happened.

    python3 examples/demo.py [http://127.0.0.1:4566]

`./run` calls this. It needs a running server, the AWS CLI and, for word-count, a C++ compiler.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

EXAMPLES = pathlib.Path(__file__).resolve().parent
ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:4566"
ROLE = "martlet-examples"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def main():
    print(f"== Deploying the examples with {aws_version()}")
    role = ensure_role()
    with tempfile.TemporaryDirectory(prefix="martlet-examples-") as directory:
        scratch = pathlib.Path(directory)
        for name, runtime, handler, files, event, what in examples(scratch):
            if runtime is None:
                print(f"\n== {name}: left out, as this machine has no Node.js")
                continue
            print(f"\n== {name} ({runtime}): {what}")
            deploy(scratch, name, runtime, handler, files, role)
            show(scratch, name, event)
    print()


def examples(scratch):
    """(name, runtime, handler, {path in the package: file}, event, what the input is) of each example."""
    log = (EXAMPLES / "access-log-report/access.log").read_text()
    licence = (EXAMPLES.parent / "LICENSE").read_text()
    packages = run(["dpkg-query", "-W", "-f", "${Package},${Section},${Installed-Size}\\n"])
    bootstrap = scratch / "bootstrap"
    run([EXAMPLES / "word-count/build", bootstrap])
    yield (
        "access-log-report",
        "python3.11",
        "app.handler",
        {"app.py": EXAMPLES / "access-log-report/app.py"},
        {"log": log, "top": 3},
        f"a web server's log of {log.count(chr(10))} lines",
    )
    yield (
        "csv-report",
        node_runtime(),
        "index.handler",
        {"index.mjs": EXAMPLES / "csv-report/index.mjs"},
        {"csv": "package,section,installed KB\n" + packages, "title": "Installed packages"},
        f"the {packages.count(chr(10))} packages installed on this machine, as CSV",
    )
    yield (
        "word-count",
        "provided.al2023",
        "bootstrap",
        {"bootstrap": bootstrap},
        {"text": licence},
        f"the text of the licence, {len(licence)} bytes",
    )


def deploy(scratch, name, runtime, handler, files, role):
    package = scratch / f"{name}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in files.items():
            archive.write(file, path)
    if aws("lambda", "get-function", "--function-name", name, check=False) is not None:
        aws("lambda", "update-function-code", "--function-name", name, "--zip-file", f"fileb://{package}", show=True)
        return
    aws(
        *("lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", handler),
        *("--role", role, "--timeout", "30", "--memory-size", "256", "--zip-file", f"fileb://{package}"),
        show=True,
    )


def show(scratch, name, event):
    event_file = scratch / f"{name}.json"
    event_file.write_text(json.dumps(event))
    result_file = scratch / f"{name}-result.json"
    cold, warm = (invoke(name, event_file, result_file, show=first) for first in (True, False))
    result = json.loads(result_file.read_text())
    if cold["error"]:
        sys.exit(f"   the function failed: {result}")

    print(f"   result        {readable(shortened(result), 17)}")
    started = "" if cold["init"] is None else f" ({cold['init']:.0f} ms of them to initialise)"
    print(f"   cold          {cold['duration'] + (cold['init'] or 0):.1f} ms{started}")
    print(f"   warm          {warm['duration']:.1f} ms")
    print(f"   memory used   {warm['used']} MB of {warm['size']} MB")
    print("   log           " + log_lines(name).replace("\n", "\n                 "))


def invoke(name, event_file, result_file, show):
    answer = aws(
        *("lambda", "invoke", "--function-name", name, "--payload", f"fileb://{event_file}", "--log-type", "Tail"),
        str(result_file),
        show=show,
    )
    tail = base64.b64decode(answer["LogResult"]).decode()

    def figure(label):
        found = re.search(rf"\t?(?<!Billed )(?<!Init ){label}: ([\d.]+)", tail)
        return float(found[1]) if found else None

    initialised = re.search(r"Init Duration: ([\d.]+)", tail)
    return {
        "error": answer.get("FunctionError"),
        "duration": figure("Duration"),
        "init": float(initialised[1]) if initialised else None,
        "used": round(figure("Max Memory Used")),
        "size": round(figure("Memory Size")),
    }


def log_lines(name):
    """As `aws logs tail` prints them; version 1 of the AWS CLI does not have it."""
    group = f"/aws/lambda/{name}"
    if aws_version().startswith("aws-cli/2"):
        return command("logs", "tail", group, "--since", "1m", "--format", "short", show=True).strip()
    events = aws("logs", "filter-log-events", "--log-group-name", group, show=True)["events"]
    return "\n".join(event["message"].rstrip() for event in events[-7:])


def ensure_role():
    existing = aws("iam", "get-role", "--role-name", ROLE, check=False)
    if existing is None:
        existing = aws("iam", "create-role", "--role-name", ROLE, "--assume-role-policy-document", json.dumps(TRUST))
    return existing["Role"]["Arn"]


def shortened(value):
    """The value with long texts and lists cut, to fit on a screen."""
    if isinstance(value, dict):
        return {key: shortened(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shortened(member) for member in value[:3]] + ([f"... {len(value) - 3} more"] if len(value) > 3 else [])
    if isinstance(value, str) and len(value) > 60:
        return f"{value[:40]}... ({len(value)} characters)"
    return value


def readable(value, indent, before=0):
    """JSON in which what fits on a line stands on one, `before` being what stands there already."""
    flat = json.dumps(value, ensure_ascii=False)
    if indent + before + len(flat) <= 118 or not isinstance(value, (dict, list)):
        return flat
    inner = indent + 2
    if isinstance(value, dict):
        parts = [f'"{key}": {readable(member, inner, len(key) + 4)}' for key, member in value.items()]
    else:
        parts = [readable(member, inner) for member in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "".join(f"\n{' ' * inner}{part}," for part in parts)[:-1] + "\n" + " " * indent + closing


def node_runtime():
    node = shutil.which("node")
    return f"nodejs{run([node, '--version']).lstrip('v').split('.')[0]}.x" if node else None


# ---- Commands ----


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def find_aws():
    """The newest AWS CLI there is: version 2 if any of the `aws` commands on PATH is one."""
    found = []
    for directory in os.environ["PATH"].split(":"):
        path = os.path.join(directory, "aws")
        if os.access(path, os.X_OK):
            done = subprocess.run([path, "--version"], capture_output=True, text=True)
            version = (done.stdout + done.stderr).split(" ")[0]
            if version.startswith("aws-cli/2"):
                return path, version
            if version.startswith("aws-cli/"):
                found.append((path, version))
    if not found:
        sys.exit("There is no AWS CLI; tools/install-packages run installs Debian's.")
    return found[0]


AWS, AWS_VERSION = find_aws()
AWS_ENVIRONMENT = {
    **os.environ,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_DEFAULT_OUTPUT": "json",
    "AWS_PAGER": "",
}


def aws_version():
    return AWS_VERSION


def command(*arguments, check=True, show=False):
    """What an AWS CLI command prints; None if it fails and that is all right."""
    if show:
        print("   $ aws " + " ".join(arguments))
    done = subprocess.run(
        [AWS, "--endpoint-url", ENDPOINT, *arguments], capture_output=True, text=True, env=AWS_ENVIRONMENT
    )
    if done.returncode != 0 and check:
        sys.exit(f"   aws {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else None


def aws(*arguments, **options):
    printed = command(*arguments, **options)
    return None if printed is None else json.loads(printed or "{}")


if __name__ == "__main__":
    main()
