"""Measures the server under more load than it can take, and beside clients that dawdle. Run by `scripts/bench overload` and
`scripts/bench slow-clients`.

The real server on SQLite, with the simulated Twilio behind it. Rates are not limited here: what is measured is what sheds.
"""

import asyncio
import decimal
import json
import multiprocessing
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from programs import end_all, start

TARGET, MODE = sys.argv[1], sys.argv[2]
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "for-the-bench"

# Overload: searches, each of which waits for Twilio as long as this.
TWILIO_MS, AT_ONCE, WARM_UP, SECONDS, TIMES = 250, 64, 3, 13, 4
GOODPUT_MIN, REFUSAL_MS_MAX = 0.9, 10
# Slow clients.
KINDS = ["headers"] * 1200 + ["body"] * 700 + ["reader"] * 100
REQUESTS, SLOWER_MAX, MEGABYTES_MAX = 300, 5, 300

folder = tempfile.mkdtemp(prefix="trunkline-bench-")


def ask(url, body=None, key=None, method="POST"):
    request = urllib.request.Request(url, method=method, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read() or b"null", parse_float=decimal.Decimal)


def world(**more):
    """Starts both programs; answers the server, its port, and keys of an operator and a user with a dollar."""
    _, twilio = start([f"{TARGET}/twilio-sim", "--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--auth-token", TOKEN], {}, "at", folder)
    environment = {"DATABASE_URL": f"sqlite:{folder}/trunkline.db", "LISTEN": "127.0.0.1:0",
                   "PUBLIC_URL": "https://numbers.example.com", "LOG": "error,trunkline::command::serve=info",
                   "TWILIO_BASE_URL": twilio, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
                   "RATE_LIMIT": "0", "ADDRESS_RATE_LIMIT": "0"} | more
    server, address = start([f"{TARGET}/trunkline", "serve"], environment, "listening on", folder)

    def key(*holder):
        made = subprocess.run([f"{TARGET}/trunkline", "key", "create", *holder], env=environment, cwd=folder,
                              capture_output=True, text=True)
        return made.stdout.strip() or sys.exit(made.stderr)

    return server, twilio, address, int(address.rsplit(":", 1)[1]), key("--operator"), key("--user", "bench")


def request(method, path, key, body=None, more=""):
    body = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{more}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + "\r\n").encode() + body


class Client:
    """One connection, kept alive while the server does."""

    def __init__(self, port):
        self.port, self.writer = port, None

    async def ask(self, data):
        """The status, or the code of a problem, and the seconds from sending to the whole answer; a connection is made before that."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        began = time.monotonic()
        self.writer.write(data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.I)
        body = await self.reader.readexactly(int(length.group(1)) if length else 0)
        took = time.monotonic() - began
        if b"connection: close" in head.lower():
            self.close()
        code = re.search(rb'"code":"(\w+)"', body)
        return code.group(1).decode() if code else int(head[9:12]), took

    def close(self):
        if self.writer:
            self.writer.close()
            self.writer = None


def p99(times):
    return sorted(times)[max(0, len(times) * 99 // 100 - 1)] * 1000 if times else 0.0


def megabytes(child):
    with open(f"/proc/{child.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


async def closed_loop(port, data, clients, seconds):
    """Answers per second when so many clients ask one after the other, once they all have begun."""
    good, began = 0, time.monotonic()

    async def client():
        nonlocal good
        mine = Client(port)
        while time.monotonic() - began < seconds:
            status, _ = await mine.ask(data)
            good += status == 200 and 1 <= time.monotonic() - began < seconds
        mine.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return good / (seconds - 1)


async def open_loop(port, data, rate, seconds):
    """What becomes of so many requests a second, sent when they are due whatever becomes of those before: how many a second are
    answered once the warm-up is over, and every answer."""
    idle, pending, answers, good = [], set(), [], 0

    async def one():
        nonlocal good
        mine = idle.pop() if idle else Client(port)
        try:
            answers.append(await mine.ask(data))
            idle.append(mine)
            good += answers[-1][0] == 200 and WARM_UP <= time.monotonic() - began < seconds
        except (OSError, asyncio.IncompleteReadError):
            answers.append((0, 0.0))
            mine.close()

    began, sent = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        while sent < now * rate:
            task = asyncio.create_task(one())
            pending.add(task)
            task.add_done_callback(pending.discard)
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.gather(*pending)
    for mine in idle:
        mine.close()
    return good / (seconds - WARM_UP), answers


async def overload():
    server, twilio, _, port, _, user = world(REQUESTS_AT_ONCE=str(AT_ONCE))
    ask(f"{twilio}/_sim/faults", {"method": "GET", "times": "forever", "action": {"delay": {"ms": TWILIO_MS, "act": "first"}}})
    search = request("POST", "/api/numbers/search", user, {"countryCode": "US", "numberType": "local", "limit": 5})
    peak = max([await closed_loop(port, search, clients, 5) for clients in (8, 16, 32, 48)])
    quiet = megabytes(server)
    goodput, answers = await open_loop(port, search, TIMES * peak, SECONDS)
    good = [took for status, took in answers if status == 200]
    refused = [took for status, took in answers if status == "OVERLOADED"]
    other = len(answers) - len(good) - len(refused)
    share = goodput / peak
    print(f"overload: peak {peak:.0f} searches a second; {TIMES} times as many offered, {goodput:.0f} answered: "
          f"{share:.2f} of the peak (at least {GOODPUT_MIN})")
    print(f"overload: {len(refused)} refused; half of them within {sorted(refused)[len(refused) // 2] * 1000:.1f} ms, 99 of 100 "
          f"within {p99(refused):.1f} ms (under {REFUSAL_MS_MAX} ms); {other} answered otherwise (none)"
          + "".join(f"; {status}" for status in {status for status, _ in answers} - {200, "OVERLOADED"}))
    print(f"overload: {quiet:.0f} MB before, {megabytes(server):.0f} MB after")
    return share >= GOODPUT_MIN and p99(refused) < REFUSAL_MS_MAX and other == 0


async def normal_client(port, operator, name):
    """Credits, each of which is written to the disk, and balances between them; the times, and how many credits stand."""
    mine, times, credited = Client(port), [], 0
    for n in range(REQUESTS):
        body = {"userId": "bench", "amount": "0.01", "currency": "USD", "reason": "for the bench"}
        status, took = await mine.ask(request("POST", "/api/wallet/credits", operator, body, f"Idempotency-Key: {name}-{n}\r\n"))
        credited += status == 201
        times.append(took)
        status, took = await mine.ask(request("GET", "/api/wallet/balance?userId=bench", operator))
        assert status == 200, status
        times.append(took)
    mine.close()
    return times, credited


async def slow_client(kind, port, user, stop):
    """Sends a byte now and then, of its headers or of its body, or asks and does not read. Whether it was cut off."""
    mine = socket.socket()
    if kind == "reader":
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    mine.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(mine, ("127.0.0.1", port))
        if kind == "reader":
            await loop.sock_sendall(mine, request("GET", "/api/pricing", user) * 60)
        elif kind == "body":
            more = "Content-Type: application/json\r\nContent-Length: 5000\r\n"
            await loop.sock_sendall(mine, request("POST", "/api/businesses", user, more=more))
        else:
            await loop.sock_sendall(mine, b"GET /api/pricing HTTP/1.1\r\nHost: x\r\n")
        while not stop.is_set():
            if kind != "reader":
                await loop.sock_sendall(mine, b"x")
                try:
                    if not mine.recv(4096):
                        return True
                except BlockingIOError:
                    pass
            await asyncio.sleep(2)
        return False
    except OSError:
        return True
    finally:
        mine.close()


def dawdle(port, user, stop, counts):
    """All slow clients, in a process of their own, so that they slow nobody down but the server."""

    async def all_of_them():
        return await asyncio.gather(*(slow_client(kind, port, user, stop) for kind in KINDS))

    for kind, was_cut in zip(KINDS, asyncio.run(all_of_them())):
        counts[kind] += was_cut


async def slow_clients():
    server, _, address, port, operator, user = world()
    quiet, credited = await normal_client(port, operator, "quiet")
    before = megabytes(server)
    with multiprocessing.Manager() as manager:
        stop, counts = multiprocessing.Event(), manager.dict(dict.fromkeys(KINDS, 0))
        slow = multiprocessing.Process(target=dawdle, args=(port, user, stop, counts))
        began = time.monotonic()
        slow.start()
        await asyncio.sleep(5)
        open_now = len(os.listdir(f"/proc/{server.pid}/fd"))
        busy, more = await normal_client(port, operator, "busy")
        during = megabytes(server)
        credited += more
        # By then those that are slow with bodies are at the end of their time.
        await asyncio.sleep(max(0, began + 22 - time.monotonic()))
        stop.set()
        slow.join()
        cut = ", ".join(f"{counts[kind]} of {KINDS.count(kind)} by {kind}" for kind in dict.fromkeys(KINDS))
    balance = ask(f"{address}/api/wallet/balance?userId=bench", key=operator, method="GET")["available"]
    lost = credited - int(balance * 100)
    print(f"slow-clients: 99 of 100 requests within {p99(quiet):.1f} ms alone, {p99(busy):.1f} ms beside {len(KINDS)} slow "
          f"connections ({open_now} handles open): {p99(busy) / p99(quiet):.1f} times (under {SLOWER_MAX})")
    print(f"slow-clients: {before:.0f} MB before, {during:.0f} MB beside them (under {MEGABYTES_MAX})")
    print(f"slow-clients: {credited} credits acknowledged, {lost} of them lost (none); cut off within 22 s: {cut}")
    return p99(busy) < SLOWER_MAX * p99(quiet) and during < MEGABYTES_MAX and lost == 0 and credited == 2 * REQUESTS


multiprocessing.set_start_method("fork")
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
try:
    good = asyncio.run({"overload": overload, "slow-clients": slow_clients}[MODE]())
finally:
    end_all()
sys.exit(0 if good else "scripts/bench: that is not good enough")
