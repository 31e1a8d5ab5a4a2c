"""Reports on a web server's access log.

The event carries the log as {"log": "<text>"} or {"lines": ["...", ...]}, in the combined format that nginx and Apache
write, optionally with the request time in seconds as the last field:

    198.51.100.7 - - [12/Mar/2026:06:25:24 +0000] "GET /cart HTTP/1.1" 200 5316 "-" "Mozilla/5.0 ..." 0.042

"top" (default 5) says how many paths the lists of the answer hold. Lines that are no such records are counted, not fatal.
"""

import collections
import re

RECORD = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<bytes>\d+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?(?: (?P<seconds>\d+(?:\.\d+)?))?\s*'
)


def handler(event, context):
    lines = lines_of(event)
    top = int(event.get("top", 5))

    status_classes = collections.Counter()
    requests, failures, seconds = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    hosts, bytes_out, malformed = set(), 0, 0
    for line in lines:
        record = RECORD.fullmatch(line)
        path = path_of(record["request"]) if record else None
        if path is None:
            malformed += 1
            continue
        status_classes[record["status"][0] + "xx"] += 1
        requests[path] += 1
        hosts.add(record["host"])
        bytes_out += 0 if record["bytes"] == "-" else int(record["bytes"])
        if record["status"] >= "500":
            failures[path] += 1
        if record["seconds"]:
            seconds[path].append(float(record["seconds"]))

    print(f"{len(lines)} lines, {malformed} of them malformed")
    return {
        "requests": sum(requests.values()),
        "malformed": malformed,
        "visitors": len(hosts),
        "bytes_out": bytes_out,
        "status_classes": dict(sorted(status_classes.items())),
        "top_paths": [{"path": path, "requests": count} for path, count in ranked(requests)[:top]],
        "slowest_paths": slowest(seconds, top),
        "failing_paths": [{"path": path, "errors": count} for path, count in ranked(failures)[:top]],
    }


def lines_of(event):
    if isinstance(event.get("lines"), list):
        lines = event["lines"]
    elif isinstance(event.get("log"), str):
        lines = event["log"].splitlines()
    else:
        raise ValueError('the event must have "log" (text) or "lines" (a list of texts)')
    return [line for line in map(str, lines) if line.strip()]


def path_of(request):
    """The path of "GET /search?q=x HTTP/1.1", without its query; None for what is not a request line."""
    words = request.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    return words[1].partition("?")[0]


def ranked(counter):
    """Most frequent first; equals in the order of their paths, so that reports can be compared."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def slowest(seconds, top):
    rows = []
    for path, times in seconds.items():
        times.sort()
        rows.append(
            {
                "path": path,
                "requests": len(times),
                "mean_seconds": round(sum(times) / len(times), 3),
                "p95_seconds": times[(len(times) * 95 - 1) // 100],
                "max_seconds": times[-1],
            }
        )
    return sorted(rows, key=lambda row: (-row["mean_seconds"], row["path"]))[:top]
