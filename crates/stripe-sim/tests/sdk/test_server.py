"""Events that Stripe's library has signed, told to Trunkline's server: it takes them, and nothing else.

TRUNKLINE names the server's program.
"""

import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest
import stripe

from conftest import KEY, SECRET


class Server:
    """A running server over an empty database, with a customer."""

    def __init__(self, base, key):
        self.base = base
        self.key = key

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return json.load(urllib.request.urlopen(urllib.request.Request(self.base + path, data, headers), timeout=20))

    def tell(self, body, signature):
        """The status that an event is answered with."""
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        request = urllib.request.Request(f"{self.base}/api/payment/webhook", body.encode(), headers)
        try:
            return urllib.request.urlopen(request, timeout=20).status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def available(self):
        return float(self.ask("/api/wallet/balance")["available"])


@pytest.fixture
def server(simulator, tmp_path):
    environment = {
        "DATABASE_URL": f"sqlite:{tmp_path}/trunkline.db",
        "LISTEN": "127.0.0.1:0",
        "PUBLIC_URL": "http://127.0.0.1",
        "STRIPE_API_URL": simulator.base,
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
    }
    program = os.environ["TRUNKLINE"]
    process = subprocess.Popen([program, "serve"], env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    address = next(found for line in process.stderr if (found := re.search(r"listening on (http://[\d.:]+)", line)))
    threading.Thread(target=process.stderr.read, daemon=True).start()
    key = subprocess.run([program, "key", "create", "--user", "ann"], env=environment, cwd=tmp_path, text=True,
                         capture_output=True, check=True).stdout.strip()
    yield Server(address.group(1), key)
    process.terminate()
    assert process.wait(20) == 0


def signed(body, secret=SECRET, age=0):
    return stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)


def test_signed_events_are_taken_and_everything_else_is_refused(simulator, server):
    opened = server.ask("/api/payment/create-checkout-session", {"amount": "25.00", "currency": "USD"})
    client = simulator.client()
    session = client.v1.checkout.sessions.retrieve(opened["sessionId"])
    assert (session.amount_total, session.metadata["trunkline_user"]) == (2500, "ann")
    simulator.press(session, "pay")
    event = next(event for event in client.v1.events.list().data if event.type == "checkout.session.completed")
    body = json.dumps(event.to_dict())

    assert server.tell(body, signed(body, "whsec_other")) == 403, "forged"
    assert server.tell(body, signed(body, age=3600)) == 403, "stale"
    assert server.tell(body.replace("2500", "9900"), signed(body)) == 403, "altered"
    lies = [("amount_total", 9900), ("currency", "inr"), ("metadata", {**event.data.object.metadata.to_dict(), "trunkline_user": "bob"})]
    for member, lie in lies:
        other = json.loads(body)
        other["data"]["object"][member] = lie
        other = json.dumps(other)
        assert server.tell(other, signed(other)) == 400, member
    assert server.available() == 0

    for _ in range(3):
        assert server.tell(body, signed(body)) == 200
    assert server.available() == 25
    assert server.ask(f"/api/payments/{opened['paymentId']}")["payment"]["status"] == "completed"
