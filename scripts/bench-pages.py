"""Measures the pages of the dashboard over a full database. Run by `scripts/bench pages`.

Two customers really buy a number each; its rows are then copied under other ids, ledger and trail and all, until one of them
has a thousand numbers and the other one all the others. Each page is asked for again and again over one connection, signed in
as a browser is, and what the whole answer takes is measured here.
"""

import calendar
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid
from html import unescape

from programs import end_all, start, stop

TARGET, FEW, MANY = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
FIRST_MS_MAX, LIST_MS_MAX = 50, 100
TIMES, WARM_UP = 40, 3
# Over which time the numbers were bought: two years.
SPAN_S = 2 * 365 * 24 * 3600
ACCOUNT, TOKEN, PASSWORD = "AC00000000000000000000000000000001", "for-the-bench", "correct horse battery"
PUBLIC = "https://numbers.example.com"

folder = tempfile.mkdtemp(prefix="trunkline-bench-pages-")
database = f"{folder}/trunkline.db"


def trunkline(*arguments, environment, typed=""):
    ended = subprocess.run([f"{TARGET}/trunkline", *arguments], env=environment, cwd=folder, input=typed, text=True,
                           stdout=subprocess.PIPE, check=True)
    return ended.stdout.strip()


def ask(url, body=None, key=None):
    request = urllib.request.Request(url, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read() or b"null")


def buy_ones():
    """Makes both customers and an operator, and buys the numbers that are copied."""
    arguments = ["--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--auth-token", TOKEN]
    _, twilio = start([f"{TARGET}/twilio-sim", *arguments], {}, "at", folder)
    environment = {
        "DATABASE_URL": f"sqlite:{database}", "LISTEN": "127.0.0.1:0", "PUBLIC_URL": PUBLIC, "RATE_LIMIT": "0",
        "LOG": "error,trunkline::command::serve=info", "PASS_INTERVAL_S": "86400",
        "TWILIO_BASE_URL": twilio, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    server, address = start([f"{TARGET}/trunkline", "serve"], environment, "listening on", folder)
    operator = trunkline("key", "create", "--operator", environment=environment)
    trunkline("user", "create", "--operator", "--email", "operator@example.com", environment=environment, typed=PASSWORD)
    for nth, user in enumerate(("few", "many")):
        key = trunkline("key", "create", "--user", user, environment=environment)
        trunkline("user", "create", "--user", user, "--email", f"{user}@example.com", environment=environment, typed=PASSWORD)
        ask(f"{address}/api/wallet/credits", key=operator, body={
            "userId": user, "amount": "900000", "currency": "USD", "reason": "for the bench"})
        number = ask(f"{twilio}/_sim/available?country=US&type=local")[nth]["phoneNumber"]
        ask(f"{address}/api/numbers/purchase", key=key, body={"phoneNumber": number, "displayName": "Front desk"})
    stop(server)
    return environment


def moment(text, seconds):
    """A moment so much earlier, written in the same way."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(.)(\d\d:\d\d:\d\d)(.*)", text)
    parsed = time.strptime(f"{found[1]} {found[3]}", "%Y-%m-%d %H:%M:%S")
    earlier = time.gmtime(calendar.timegm(parsed) - seconds)
    return time.strftime(f"%Y-%m-%d{found[2]}%H:%M:%S", earlier) + found[4]


def backdate(books, wallet, number, order):
    """Puts what was bought to the beginning of the time; the journal's guard is away meanwhile."""
    guard = books.execute("SELECT sql FROM sqlite_master WHERE name = 'transfer_is_never_changed'").fetchone()[0]
    books.execute("DROP TRIGGER transfer_is_never_changed")
    for table, names, column, of in (("transfer", ["created_at"], "wallet_id", wallet["id"]),
                                     ("orders", ["opened_at", "updated_at"], "id", order["id"]),
                                     ("business_numbers", ["created_at", "updated_at"], "id", number["id"])):
        for name in names:
            for key, at in books.execute(f"SELECT id, {name} FROM {table} WHERE {column} = ?", (of,)).fetchall():
                books.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (moment(at, SPAN_S), key))
    books.execute(guard)


def copy(user, count, first):
    """Copies what a user has bought, spread evenly over the time, the last one now."""
    books = sqlite3.connect(database)
    books.row_factory = sqlite3.Row
    # An older SQLite finds null to be no JSON. The rows are copies of ones that were checked.
    books.execute("PRAGMA ignore_check_constraints = ON")
    one = lambda query, *given: dict(books.execute(query, given).fetchone())
    number = one("SELECT * FROM business_numbers WHERE user_id = ?", user)
    order = one("SELECT * FROM orders WHERE user_id = ?", user)
    claim = one("SELECT * FROM number_claim WHERE order_id = ?", order["id"])
    hold = one("SELECT * FROM transfer WHERE order_id = ? AND kind = 'hold'", order["id"])
    capture = one("SELECT * FROM transfer WHERE order_id = ? AND kind = 'capture'", order["id"])
    wallet = one("SELECT * FROM account WHERE kind = 'wallet' AND user_id = ?", user)
    trail = [dict(row) for row in books.execute("SELECT * FROM audit WHERE user_id = ? AND subject IN (?, ?)",
                                                (user, order["id"], number["id"]))]
    backdate(books, wallet, number, order)
    rows = {"orders": [], "transfer": [], "business_numbers": [], "number_claim": [], "audit": []}
    version, posted, amount = wallet["version"], wallet["posted"], hold["amount"]
    times = {table: [name for name, value in row.items() if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d.\d\d:", value)]
             for table, row in (("orders", order), ("business_numbers", number), ("transfer", hold))}
    for n in range(1, count):
        ids = {name: str(uuid.UUID(int=(first + n << 16) + nth)) for nth, name in enumerate(("order", "number", "hold", "capture"), 1)}
        phone, sid = f"+1212{first + n:07d}", f"PN{first + n:032x}"
        old = lambda table, row: {name: moment(row[name], SPAN_S * (count - n) // count) for name in times[table] if row[name]}
        rows["orders"].append(order | old("orders", order) | {
            "id": ids["order"], "phone_number": phone, "hold_id": ids["hold"], "twilio_sid": sid, "number_id": ids["number"]})
        rows["transfer"].append(hold | old("transfer", hold) | {
            "id": ids["hold"], "order_id": ids["order"], "wallet_version": version + 1, "posted_after": posted,
            "held_after": amount})
        rows["transfer"].append(capture | old("transfer", capture) | {
            "id": ids["capture"], "pending_id": ids["hold"], "order_id": ids["order"], "number_id": ids["number"],
            "wallet_version": version + 2, "posted_after": posted - amount, "held_after": 0})
        version, posted = version + 2, posted - amount
        rows["business_numbers"].append(number | old("business_numbers", number) | {
            "id": ids["number"], "phone_number": phone, "twilio_sid": sid, "order_id": ids["order"],
            "display_name": f"Desk {n}"})
        rows["number_claim"].append(claim | {"phone_number": phone, "order_id": ids["order"]})
        subjects = {order["id"]: ids["order"], number["id"]: ids["number"]}
        rows["audit"] += [{name: value for name, value in line.items() if name != "sequence"} | {"subject": subjects[line["subject"]]}
                          for line in trail]
    for table, made in rows.items():
        if made:
            names = list(made[0])
            books.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                              [[row[name] for name in names] for row in made])
    books.execute("UPDATE account SET posted = ?, version = ? WHERE id = ?", (posted, version, wallet["id"]))
    books.commit()
    books.execute("PRAGMA optimize")
    books.close()


def wait_for_statements():
    """Waits until the months that are over are closed, as they are long since where time has really passed."""
    books = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    closed, since = -1, time.monotonic()
    while closed < 1 or time.monotonic() - since < 5:
        count = books.execute("SELECT COUNT(*) FROM statement").fetchone()[0]
        if count != closed:
            closed, since = count, time.monotonic()
        if time.monotonic() - since > 120:
            raise SystemExit("the months that are over are not closed")
        time.sleep(0.2)
    books.close()
    print(f"{closed} months are closed")


class Visitor:
    """Somebody who is signed in, over one connection."""

    def __init__(self, address, email):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)
        self.cookie = ""
        form = urllib.parse.urlencode({"email": email, "password": PASSWORD})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        self.connection.request("POST", "/sign-in", form, headers)
        answer = self.connection.getresponse()
        answer.read()
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def look(self, path):
        """The page, and the milliseconds until all of it was there."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Language": "en-US"})
        answer = self.connection.getresponse()
        page = answer.read().decode()
        took = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise LookupError(f"{path} answers {answer.status}")
        return page, took


def measure(who, visitor, path, most):
    """Prints how long a page takes; answers what is wrong with that."""
    try:
        took = sorted([visitor.look(path)[1] for _ in range(WARM_UP + TIMES)][WARM_UP:])
    except LookupError as error:
        print(f"{who:9} {path:60.60} {error}")
        return str(error)
    median, last = took[len(took) // 2], took[min(len(took) - 1, int(0.99 * len(took)))]
    print(f"{who:9} {path:60.60} median {median:6.1f} ms, p99 {last:6.1f} ms (median under {most})", flush=True)
    return None if median < most else f"{path}: {median:.1f} ms"


def older(visitor, path):
    """The next page of a list."""
    page, _ = visitor.look(path)
    found = re.search(r'href="([^"]*(?:after|before|cursor)=[^"]*)"', page)
    return unescape(found.group(1)) if found else path


def main():
    environment = buy_ones()
    began = time.monotonic()
    copy("few", FEW, 1_000_000)
    copy("many", MANY - FEW, 2_000_000)
    print(f"{MANY} numbers in {time.monotonic() - began:.0f} s, {os.path.getsize(database) >> 20} MB")
    server, address = start([f"{TARGET}/trunkline", "serve"], environment, "listening on", folder)
    wait_for_statements()
    few, many, operator = (Visitor(address, f"{name}@example.com") for name in ("few", "many", "operator"))
    wrong = [measure("1,000", few, "/dashboard/numbers", FIRST_MS_MAX)]
    lists = ["/dashboard/numbers", "/dashboard/numbers?search=Desk", "/dashboard/numbers?search=2001",
             "/dashboard/numbers?search=nothing-like-it", "/dashboard/numbers?numberType=mobile", "/dashboard/numbers?status=released",
             "/dashboard/numbers/orders", "/dashboard/funds", "/dashboard/funds?type=credit", "/dashboard/funds/statements"]
    for path in lists:
        wrong.append(measure("many", many, path, LIST_MS_MAX))
    for path in ("/dashboard/numbers", "/dashboard/numbers/orders", "/dashboard/funds"):
        wrong.append(measure("many", many, older(many, path), LIST_MS_MAX))
    for path in ("/dashboard/numbers", "/dashboard/numbers?search=2001", "/operator", "/operator/orders", "/operator/reconciliation",
                 "/operator/numbers", "/operator/users", "/operator/users/many", "/operator/audit"):
        wrong.append(measure("operator", operator, path, LIST_MS_MAX))
    stop(server)
    slow = [line for line in wrong if line]
    if slow:
        raise SystemExit("scripts/bench: too slow, or not there: " + "; ".join(slow))


try:
    main()
finally:
    end_all()
    shutil.rmtree(folder)
