"""Runs the deployment's parts on this machine, with their own files; scripts/try-deployment prepares and calls it.

Usage: trial.py image | together --programs FOLDER --scratch FOLDER --image FOLDER

Everything listens on loopback, on free ports, and ends with this process.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from project import DEPLOY, ROOT, alerts, queries, without_variables

PATIENCE_S = 60
ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001", "TWILIO_AUTH_TOKEN": "a-token-for-the-trial"}
# What the program is left of this machine's environment: none of its own settings.
PLAIN = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
# Queries of the dashboard that rightly find nothing when all is well, or on PostgreSQL.
MAY_BE_EMPTY = re.compile(r"ALERTS|increase\(trunkline_alarms_total\[1h\]\)|trunkline_writer_|outcome!=|status=~\"5")


class Trial:
    """Processes that end with it, and the folder for their files."""

    def __init__(self, arguments):
        self.programs, self.scratch, self.image = arguments.programs, arguments.scratch, arguments.image
        self.processes = contextlib.ExitStack()

    def start(self, name, *command, environment=None, **more):
        log = self.scratch / f"{name}.log"
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            env={**PLAIN, **(environment or {})},
            **more,
        )
        process.log = log
        self.processes.callback(end, process)
        return process

    def run(self, *command, environment=None):
        done = subprocess.run(
            list(map(str, command)),
            env={**PLAIN, **(environment or {})},
            cwd=self.scratch,
            capture_output=True,
            text=True,
        )
        require(done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout.strip()


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def require(truth, otherwise):
    if not truth:
        sys.exit(f"FAILED: {otherwise}")


def wait_for(what, condition, process=None):
    """The first value of the condition that is true."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            sys.exit(f"FAILED: waiting for {what}: the process ended:\n{process.log.read_text()[-3000:]}")
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.1)
    log = f":\n{process.log.read_text()[-3000:]}" if process is not None else ""
    sys.exit(f"FAILED: waited {PATIENCE_S} s for {what}{log}")


def free_ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def ask(url, key=None, body=None, method=None, headers=None):
    """(status, answer)."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    if key:
        request.add_header("authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def answers(url):
    return lambda: ask(url)[0] == 200


# --- The image's server -------------------------------------------------------------------------------------------


def image_environment():
    """The ENV of the Dockerfile's last stage."""
    text = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[-1].replace("\\\n", " ")
    return dict(pair.split("=", 1) for pair in re.search(r"^ENV (.*)$", text, re.M)[1].split())


def image(trial):
    """The server as its user in the clean Debian, on SQLite as the image is told; the image's healthcheck watches."""
    (port,) = free_ports(1)
    user = re.search(r"^USER (\d+:\d+)$", (DEPLOY / "Dockerfile").read_text(), re.M)[1]
    inside = ["chroot", f"--userspec={user}", trial.image, "/usr/bin/env", "--chdir=/var/lib/trunkline"]
    if os.geteuid() != 0:
        inside = ["sudo", "--preserve-env", *inside]
    environment = {**image_environment(), "LISTEN": f"127.0.0.1:{port}"}

    def healthy(*path):
        check = subprocess.run(
            list(map(str, [*inside, "healthcheck", *path])),
            env={**PLAIN, **environment},
            capture_output=True,
            timeout=10,
        )
        return check.returncode == 0

    require(not healthy(), "the healthcheck passes without a server")
    server = trial.start("image-server", *inside, "trunkline", "serve", environment=environment)
    wait_for("the image's server to be healthy", healthy, server)
    require(healthy("/readyz"), "the image's server is not ready")
    require(not healthy("/nowhere"), "the healthcheck passes on 404")
    data = trial.image / "var/lib/trunkline/trunkline.db"
    owner = int(user.split(":")[0])
    if os.geteuid() == 0:
        require(
            data.stat().st_uid == owner and data.stat().st_mode & 0o077 == 0, f"the database is not {owner}'s alone"
        )
        status = Path(f"/proc/{server.pid}/status").read_text()
        require(re.search(rf"^Uid:\s+{owner}\s+{owner}\s", status, re.M), "the server does not run as its user")
    server.send_signal(signal.SIGTERM)
    require(server.wait(PATIENCE_S) == 0, f"the server did not end well:\n{server.log.read_text()[-2000:]}")
    require(not healthy(), "the healthcheck passes after the end")
    print(f"in the image, as {user}: started, healthy, ready, stopped")


# --- Two servers, the proxy, Prometheus ---------------------------------------------------------------------------


def psql():
    """PostgreSQL's client: on the PATH, or where Debian puts it."""
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), reverse=True)), "psql")


def database(trial):
    """PostgreSQL with the roles of roles.sh; answers what makes an address of it for a role."""
    server = subprocess.Popen(
        [trial.programs / "throwaway-postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    trial.processes.callback(server.wait)
    trial.processes.callback(server.stdin.close)
    folder = urllib.parse.parse_qs(urllib.parse.urlsplit(server.stdout.readline().strip()).query)["host"][0]
    passwords = {"TRUNKLINE_OWNER_PASSWORD": "owner's", "TRUNKLINE_APP_PASSWORD": "app's"}
    bin_folder = os.path.dirname(psql()) or "/usr/bin"
    trial.run(
        DEPLOY / "postgres" / "roles.sh",
        environment={
            **passwords,
            "PGHOST": folder,
            "PATH": f"{bin_folder}:{PLAIN['PATH']}",
        },
    )
    return folder, lambda role: f"postgres://{role}@localhost/trunkline?host={folder}"


def schema(trial, services, folder, address):
    """What the services `migrate` and `grants` do, by their own commands; twice, as every `docker compose up` does."""
    for _ in range(2):
        trial.run(
            trial.programs / "trunkline",
            *services["migrate"]["command"],
            environment={"DATABASE_URL": address("trunkline_owner")},
        )
        _, *command = services["grants"]["command"]
        command = [word.replace("/grants.sql", str(ROOT / "docs" / "postgres-grants.sql")) for word in command]
        trial.run(
            psql(), *command, environment={"PGHOST": folder, "PGDATABASE": "trunkline", "PGUSER": "trunkline_owner"}
        )


def configured(trial, file, replaced):
    """A copy of a configuration with the addresses of the trial."""
    text = (DEPLOY / file).read_text()
    for old, new in replaced.items():
        require(old in text, f"{file} does not say {old}")
        text = text.replace(old, new)
    copy = trial.scratch / Path(file).name
    copy.write_text(text)
    return copy


class Together:
    """The deployment of compose.yaml, on ports of this machine."""

    def __init__(self, trial):
        self.trial = trial
        self.services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
        simulator, proxy, admin, prometheus, *rest = free_ports(8)
        self.ports = {"trunkline-1": rest[:2], "trunkline-2": rest[2:]}
        self.proxy, self.prometheus = f"http://127.0.0.1:{proxy}", f"http://127.0.0.1:{prometheus}"
        folder, address = database(trial)
        schema(trial, self.services, folder, address)
        trial.start(
            "twilio-sim", trial.programs / "twilio-sim", "--listen", f"127.0.0.1:{simulator}", environment=ACCOUNT
        )
        self.settings = {
            **ACCOUNT,
            "DATABASE_URL": address("trunkline_app"),
            "TWILIO_BASE_URL": f"http://127.0.0.1:{simulator}",
            "PUBLIC_URL": "https://numbers.example.com",
            "METRICS_INTERVAL_S": "1",
            # Requests are sent as fast as they are answered.
            "RATE_LIMIT": "0",
        }
        self.servers = {name: self.serve(name) for name in self.ports}
        self.key = self.make_key("--operator", "--name", "trial")
        self.start_proxy(admin)
        self.start_prometheus()

    def serve(self, name):
        api, metrics = self.ports[name]
        settings = {**self.settings, "LISTEN": f"127.0.0.1:{api}", "METRICS_LISTEN": f"127.0.0.1:{metrics}"}
        server = self.trial.start(
            name,
            self.trial.programs / "trunkline",
            *self.services[name]["command"],
            environment=settings,
            cwd=self.trial.scratch,
        )
        wait_for(name, answers(f"http://127.0.0.1:{api}/readyz"), server)
        return server

    def make_key(self, *what):
        return self.trial.run(self.trial.programs / "trunkline", "key", "create", *what, environment=self.settings)

    def start_proxy(self, admin):
        file = configured(
            self.trial,
            "caddy/Caddyfile",
            {f"{name}:8080": f"127.0.0.1:{ports[0]}" for name, ports in self.ports.items()},
        )
        environment = {"SITE_ADDRESS": self.proxy, "CADDY_ADMIN": f"127.0.0.1:{admin}", "HOME": str(self.trial.scratch)}
        proxy = self.trial.start(
            "proxy", "caddy", "run", "--adapter", "caddyfile", "--config", file, environment=environment
        )
        wait_for("the proxy", answers(f"{self.proxy}/readyz"), proxy)

    def start_prometheus(self):
        replaced = {f"{name}:9464": f"127.0.0.1:{ports[1]}" for name, ports in self.ports.items()}
        address = self.prometheus.removeprefix("http://")
        replaced |= {
            "localhost:9090": address,
            "_interval: 15s": "_interval: 1s",
            "[alerts.yml]": f"[{DEPLOY}/prometheus/alerts.yml]",
        }
        file = configured(self.trial, "prometheus/prometheus.yml", replaced)
        prometheus = self.trial.start(
            "prometheus",
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={self.trial.scratch}/metrics",
            f"--web.listen-address={address}",
            "--log.level=warn",
        )
        wait_for("Prometheus", answers(f"{self.prometheus}/-/ready"), prometheus)

    def api(self, path, body=None, key=None, **more):
        status, answer = ask(f"{self.proxy}{path}", key=key or self.key, body=body, **more)
        require(status in (200, 201), f"{path} answered {status}: {answer}")
        return json.loads(answer)

    def query(self, query):
        status, answer = ask(f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        require(status == 200, f"Prometheus refuses {query}: {answer}")
        return json.loads(answer)["data"]["result"]


def trade(together):
    """Buys a number through the proxy and gives it back."""
    customer = together.make_key("--user", "alice")
    together.api("/api/wallet/credits", {"userId": "alice", "amount": 5, "currency": "USD", "reason": "trial"})
    found = together.api("/api/numbers/search", {"countryCode": "US", "numberType": "local", "limit": 1}, key=customer)
    number = found["numbers"][0]["phoneNumber"]
    bought = together.api(
        "/api/numbers/purchase",
        {"phoneNumber": number, "displayName": "Trial"},
        key=customer,
        headers={"idempotency-key": "trial-1"},
    )
    together.api(f"/api/numbers/{bought['number']['id']}/release", key=customer, method="DELETE")
    print(f"{number} bought through the proxy, and given back")
    return customer


def one_goes(together, customer):
    """Each server in turn is stopped and started, as for an upgrade, and every request meanwhile is answered."""
    asked = 0
    for name in together.servers:
        together.servers[name].terminate()
        while together.servers[name].poll() is None or asked % 50:
            together.api("/api/wallet/balance", key=customer)
            asked += 1
        require(together.servers[name].returncode == 0, f"{name} did not end well")
        target = f'up{{instance="127.0.0.1:{together.ports[name][1]}"}} == 0'
        wait_for(f"Prometheus to miss {name}", lambda target=target: together.query(target))
        together.servers[name] = together.serve(name)
        # The proxy asks every five seconds, and the next server goes only when this one is trusted again.
        served = f"http://127.0.0.1:{together.ports[name][1]}/metrics"
        wait_for(
            f"the proxy to use {name} again",
            lambda served=served: (
                together.api("/api/wallet/balance", key=customer) and "/api/wallet/balance" in ask(served)[1]
            ),
        )
    print(f"each server stopped and started: {asked} requests, all answered")


def questions(together):
    """Every rule and every query of the dashboard, of servers that have something to say."""

    def healthy_rules():
        groups = json.loads(ask(f"{together.prometheus}/api/v1/rules")[1])["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        wrong = [rule for rule in rules if rule["health"] == "err"]
        require(not wrong, f"Prometheus cannot evaluate {wrong}")
        return rules if all(rule["health"] == "ok" for rule in rules) else None

    rules = wait_for("the rules to be evaluated", healthy_rules)
    require(len(rules) == len(alerts()), f"Prometheus has {len(rules)} rules of {len(alerts())}")
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    require(not firing, f"all is well, and {sorted(firing)} fire")
    count = 0
    for title, query in queries():
        count += 1
        if MAY_BE_EMPTY.search(query):
            together.query(without_variables(query))
        else:
            wait_for(
                f"an answer to the panel {title!r}: {query}",
                lambda query=query: together.query(without_variables(query)),
            )
    print(f"Prometheus: {len(rules)} rules evaluated, none fires; {count} queries of the dashboard answered")


def together(trial):
    deployment = Together(trial)
    customer = trade(deployment)
    one_goes(deployment, customer)
    questions(deployment)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("image", "together"))
    for folder in ("--programs", "--scratch", "--image"):
        parser.add_argument(folder, type=Path, required=True)
    arguments = parser.parse_args()
    trial = Trial(arguments)
    with trial.processes:
        {"image": image, "together": together}[arguments.what](trial)


main()
