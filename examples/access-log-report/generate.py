"""Writes access.log: one morning of a small shop's web server, the same bytes on every machine.

    python3 generate.py > access.log

Visitors arrive more often as the day goes on, follow links, load the page's parts, and have one browser each. A crawler
walks through the catalogue, a scanner looks for what is not there, and the search is slow and sometimes fails.
"""

import random
import sys
from datetime import datetime, timedelta, timezone

BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (Macintosh; rv:135.0) Gecko/20100101 Firefox/135.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:136.0) Gecko/136.0 Firefox/136.0",
]
CRAWLER = "Mozilla/5.0 (compatible; ExampleBot/2.1)"
SCANNED = ["/wp-login.php", "/.env", "/phpmyadmin/index.php", "/.git/config", "/admin/login"]
SEARCHES = ["kettle", "walking+boots", "lamp", "garden+chair", "tea", "blue%20mug"]
SITE = "https://shop.example"
# path: (bytes, seconds, how often)
PAGES = {
    "/": (14200, 0.031, 30),
    "/search": (9800, 0.620, 14),
    "/cart": (5300, 0.085, 9),
    "/checkout": (7100, 0.340, 4),
    "/account": (4600, 0.120, 5),
    "/delivery": (3900, 0.012, 3),
}
PARTS = {"/static/site.css": 18400, "/static/site.js": 48200, "/static/logo.svg": 2300, "/favicon.ico": 1150}
LINES = 2700


def main():
    dice = random.Random(20260312)
    records = []
    start = datetime(2026, 3, 12, 6, 0, tzinfo=timezone.utc)
    while len(records) < LINES:
        minutes = 300 * max(dice.random(), dice.random())
        records += visit(dice, start + timedelta(minutes=minutes))
    records.sort(key=lambda record: record[0])
    records = records[:LINES]
    for time, line in records:
        sys.stdout.write(line.replace("TIME", time.strftime("%d/%b/%Y:%H:%M:%S +0000")) + "\n")


def visit(dice, time):
    """All records of one visitor."""
    address = f"{dice.choice(['192.0.2', '198.51.100', '203.0.113'])}.{dice.randint(1, 254)}"
    kind = dice.choices(["person", "crawler", "scanner"], [88, 9, 3])[0]
    if kind == "crawler":
        pages = [f"/products/{dice.randint(1000, 1060)}" for _ in range(dice.randint(3, 8))]
        return follow(dice, time, address, CRAWLER, pages, parts=False, pause=5)
    if kind == "scanner":
        return follow(dice, time, address, "-", dice.sample(SCANNED, 3), parts=False, pause=1)
    weights = [page[2] for page in PAGES.values()] + [35]
    pages = dice.choices([*PAGES, "/products"], weights, k=dice.randint(1, 6))
    pages = [f"/products/{1000 + int(dice.expovariate(0.08)) % 61}" if page == "/products" else page for page in pages]
    return follow(dice, time, address, dice.choice(BROWSERS), pages, parts=True, pause=40)


def follow(dice, time, address, browser, pages, parts, pause):
    records, referrer = [], "-"
    for page in pages:
        records.append((time, record(dice, address, browser, page, referrer)))
        if parts and referrer == "-":
            for part in PARTS:
                records.append((time + timedelta(seconds=1), record(dice, address, browser, part, SITE + page)))
        referrer = SITE + page
        time += timedelta(seconds=1 + dice.expovariate(1 / pause))
    return records


def record(dice, address, browser, path, referrer):
    method, status, target = "GET", 200, path
    size, seconds, _ = PAGES.get(path, (11600, 0.048, 0))
    if path in PARTS:
        size, seconds = PARTS[path], 0.002
        if dice.random() < 0.3:
            status, size = 304, 0
    elif path in SCANNED:
        status, size, seconds = 404, 548, 0.004
    elif path == "/search":
        target = f"/search?q={dice.choice(SEARCHES)}"
        if dice.random() < 0.05:
            status, size, seconds = 504, 160, 5.0
    elif path == "/checkout":
        method, status, size = "POST", 303, 0
        if dice.random() < 0.1:
            status, size = 500, 210
    elif path.startswith("/products/") and int(path[-2:]) > 55:
        status, size, seconds = 404, 548, 0.009
    size = int(size * dice.uniform(0.9, 1.1)) if status == 200 and path not in PARTS else size
    seconds = max(0.001, seconds * dice.lognormvariate(0, 0.5))
    return f'{address} - - [TIME] "{method} {target} HTTP/1.1" {status} {size} "{referrer}" "{browser}" {seconds:.3f}'


main()
