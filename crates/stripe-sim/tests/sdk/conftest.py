"""Stripe's own Python library against the simulator: what the checks share.

The library is as Stripe publishes it; only the base address of the API is another. STRIPE_SIM names the command to start.
"""

import http.server
import json
import os
import re
import subprocess
import threading
import urllib.request

import pytest
import stripe

KEY = "sk_test_sdk"
SECRET = "whsec_sdk"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Simulator:
    """A running stripe-sim."""

    def __init__(self, base):
        self.base = base

    def client(self, key=KEY, retries=0):
        # The library's clients for files and reports are never used; they get the same address, to be sure.
        addresses = {"api": self.base, "files": self.base, "connect": self.base, "meter_events": self.base}
        return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=retries)

    def admin(self, path, body=None, method="POST"):
        """Asks the admin endpoint."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.base}/_sim{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def press(self, session, button):
        """Presses a button of the hosted page, and tells where that leads."""
        opener = urllib.request.build_opener(NoRedirect)
        try:
            opener.open(urllib.request.Request(f"{session.url}/{button}", b""), timeout=10)
        except urllib.error.HTTPError as answer:
            assert answer.code == 303, answer
            return answer.headers["Location"]
        raise AssertionError("the page did not lead on")


class Endpoint:
    """A webhook endpoint that keeps what it gets: bodies with their signatures."""

    def __init__(self):
        self.letters = letters = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                letters.append((body, self.headers["Stripe-Signature"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture(scope="session")
def running():
    command = [os.environ["STRIPE_SIM"], "--listen", "127.0.0.1:0", "--secret-key", KEY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    yield Simulator(re.search(r"http://[\d.:]+", line).group())
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture
def simulator(running):
    """The simulator as after its start."""
    running.admin("/webhooks", {"url": None, "copies": 1, "concurrency": 1})
    running.admin("/reset")
    running.admin("/faults", method="DELETE")
    return running


@pytest.fixture
def client(simulator):
    return simulator.client()


@pytest.fixture
def endpoint(simulator):
    endpoint = Endpoint()
    simulator.admin("/webhooks", {"url": endpoint.url, "secrets": [SECRET]})
    yield endpoint
    endpoint.server.shutdown()


@pytest.fixture
def session(client):
    """Makes sessions for 25 dollars."""

    def make(**changes):
        price = {"currency": "usd", "unit_amount": 2500, "product_data": {"name": "Credit"}}
        parameters = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/left",
            "metadata": {"payment": "p1"},
            "payment_intent_data": {"metadata": {"payment": "p1"}},
        }
        return client.v1.checkout.sessions.create({**parameters, **changes})

    return make


def pytest_terminal_summary(terminalreporter):
    count = lambda *outcomes: sum(len(terminalreporter.stats.get(outcome, [])) for outcome in outcomes)
    terminalreporter.write_line(f"{count('passed')} passed, {count('failed', 'error')} failed")
