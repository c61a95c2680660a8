"""Measures a reconciliation of many numbers, and repointing that is killed in the middle. Run by `scripts/bench reconcile`.

One number is really bought; its rows and its entry in the simulator's state are then copied under other ids, ledger and
all, so that the books agree as they do after so many purchases.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

from programs import end_all, start, stop

TARGET, NUMBERS, MOVED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SECONDS_MAX, MEGABYTES_MAX = 30, 200
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "for-the-bench"
PRESENT, FORMER = "https://numbers.example.com", "https://former.example.com"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

folder = database = state = ""


def new_world():
    """The simulator writes its whole state at every change, so what changes much is measured in a small world."""
    global folder, database, state
    folder = tempfile.mkdtemp(prefix="trunkline-bench-")
    database, state = f"{folder}/trunkline.db", f"{folder}/twilio.json"


def simulator():
    return start([f"{TARGET}/twilio-sim", "--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--auth-token", TOKEN,
                  "--state", state], {}, "at", folder)


def settings(url):
    return {"DATABASE_URL": f"sqlite:{database}", "LISTEN": "127.0.0.1:0", "PUBLIC_URL": PRESENT,
            "LOG": "error,trunkline::command::serve=info",
            "TWILIO_BASE_URL": url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "RECONCILE_AFTER_S": "0",
            "PASS_INTERVAL_S": "86400"}


def trunkline(*arguments, environment):
    """Runs a command; answers its status, output, seconds and the most memory that it used, in megabytes."""
    began = time.monotonic()
    child = subprocess.Popen([f"{TARGET}/trunkline", *arguments], env=environment, cwd=folder, stdout=subprocess.PIPE)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, output.decode(), time.monotonic() - began, usage.ru_maxrss / 1024


def ask(url, method="GET", body=None, key=None):
    request = urllib.request.Request(url, method=method, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read() or b"null")


def base62(number):
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    return digits


def buy_one():
    """Buys the number that is copied, with money for all of them."""
    twilio, url = simulator()
    environment = settings(url)
    server, address = start([f"{TARGET}/trunkline", "serve"], environment, "listening on", folder)
    operator = trunkline("key", "create", "--operator", environment=environment)[1].strip()
    user = trunkline("key", "create", "--user", "bench", environment=environment)[1].strip()
    ask(f"{address}/api/wallet/credits", "POST", key=operator, body={
        "userId": "bench", "amount": str(10 * NUMBERS), "currency": "USD", "reason": "for the bench"})
    number = ask(f"{url}/_sim/available?country=US&type=local")[0]["phoneNumber"]
    ask(f"{address}/api/numbers/purchase", "POST", key=user, body={"phoneNumber": number, "displayName": "Front desk"})
    stop(server)
    stop(twilio)


def insert(books, table, row):
    books.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def copy(count, former):
    """Copies the bought number; the last so many have their former addresses at Twilio and here."""
    books = sqlite3.connect(database)
    books.row_factory = sqlite3.Row
    # An older SQLite finds null to be no JSON. The rows are copies of ones that were checked.
    books.execute("PRAGMA ignore_check_constraints = ON")
    one = lambda query: dict(books.execute(query).fetchone())
    order, number, claim = (one(f"SELECT * FROM {table}") for table in ("orders", "business_numbers", "number_claim"))
    hold, capture = (one(f"SELECT * FROM transfer WHERE kind = '{kind}'") for kind in ("hold", "capture"))
    wallet = one("SELECT * FROM account WHERE kind = 'wallet'")
    deployment = uuid.UUID(one("SELECT id FROM deployment")["id"])
    with open(state) as file:
        held = json.load(file)
    original = held["numbers"][0]
    version, posted, amount = wallet["version"], wallet["posted"], hold["amount"]
    for n in range(1, count):
        ids = {name: str(uuid.UUID(int=(n << 16) + nth)) for nth, name in enumerate(("order", "number", "hold", "capture"), 1)}
        sid, phone = f"PN{n:032x}", f"+1212{2000000 + n}"
        host = FORMER if n >= count - former else PRESENT
        moved = lambda text: text.replace(PRESENT, host) if text else text
        insert(books, "orders", order | {"id": ids["order"], "phone_number": phone, "hold_id": ids["hold"],
                                         "twilio_sid": sid, "number_id": ids["number"]})
        insert(books, "transfer", hold | {"id": ids["hold"], "order_id": ids["order"], "wallet_version": version + 1,
                                          "posted_after": posted, "held_after": amount})
        insert(books, "transfer", capture | {"id": ids["capture"], "pending_id": ids["hold"], "order_id": ids["order"],
                                             "number_id": ids["number"], "wallet_version": version + 2,
                                             "posted_after": posted - amount, "held_after": 0})
        version, posted = version + 2, posted - amount
        insert(books, "business_numbers", number | {
            "id": ids["number"], "phone_number": phone, "twilio_sid": sid, "order_id": ids["order"]} | {
            url: moved(number[url]) for url in ("voice_url", "sms_url", "status_callback_url")})
        insert(books, "number_claim", claim | {"phone_number": phone, "order_id": ids["order"]})
        marker = f"Front desk tl1:{base62(deployment.int)}:{base62(uuid.UUID(ids['order']).int)}"
        entry = {key: moved(value) if isinstance(value, str) else value for key, value in original.items()}
        held["numbers"].append(entry | {"sid": sid, "phoneNumber": phone, "friendlyName": marker})
    books.execute("UPDATE account SET posted = ?, version = ? WHERE id = ?", (posted, version, wallet["id"]))
    books.commit()
    books.close()
    with open(state, "w") as file:
        json.dump(held, file)


def former_rows():
    books = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    count = books.execute("SELECT COUNT(*) FROM business_numbers WHERE voice_url LIKE ?", (FORMER + "%",)).fetchone()[0]
    books.close()
    return count


def copied_world(count, former):
    """A world with so many numbers; answers the simulator's address and the settings."""
    new_world()
    buy_one()
    copy(count, former)
    _, url = simulator()
    environment = settings(url)
    return url, environment


def say(line):
    print(line, flush=True)


def bench_reconciling():
    _, environment = copied_world(NUMBERS, 0)
    status, told, seconds, megabytes = trunkline("reconcile", "--json", environment=environment)
    report = json.loads(told)
    say(f"reconcile: {report['held']} numbers held, {report['compared']} rows compared, {report['found']} findings, "
        f"{seconds:.1f} s (under {SECONDS_MAX}), {megabytes:.0f} MB at most (under {MEGABYTES_MAX})")
    if trunkline("ledger", "verify", environment=environment)[0] != 0:
        raise SystemExit("the copied books do not balance")
    return status == 0 and report["compared"] == NUMBERS and seconds < SECONDS_MAX and megabytes < MEGABYTES_MAX


def bench_repointing():
    url, environment = copied_world(MOVED + 1, MOVED)
    ask(f"{url}/_sim/faults", "POST", {"method": "POST", "path": "*/IncomingPhoneNumbers/*", "percent": 30, "seed": 1,
                                       "times": "forever", "action": {"status": {"status": 429, "retryAfterS": 1}}})
    began = time.monotonic()
    killed = subprocess.Popen([f"{TARGET}/trunkline", "webhooks", "repoint", "--json"], env=environment, cwd=folder,
                              stdout=subprocess.DEVNULL)
    while former_rows() > MOVED // 2 and killed.poll() is None:
        time.sleep(0.2)
    killed.kill()
    killed.wait()
    left = former_rows()
    say(f"repoint: killed after {time.monotonic() - began:.1f} s with {left} of {MOVED} left")
    status, told, seconds, megabytes = trunkline("webhooks", "repoint", "--json", environment=environment)
    report = json.loads(told)
    say(f"repoint: resumed, {report['repairs']['done']} repointed, {report['repairs']['failed']} failed, "
        f"{former_rows()} left, through 429s in {seconds:.1f} s, {megabytes:.0f} MB at most")
    good = status == 0 and 0 < left < MOVED and former_rows() == 0
    ask(f"{url}/_sim/faults", "DELETE")
    status, told, seconds, _ = trunkline("reconcile", environment=environment)
    say(f"reconcile: afterwards {told.strip().splitlines()[-1]} {seconds:.1f} s")
    return good and status == 0


try:
    sys.exit(0 if bench_reconciling() & bench_repointing() else 1)
finally:
    end_all()
