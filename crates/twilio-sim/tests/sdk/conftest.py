"""Twilio's own Python SDK against the simulator: what the checks share.

The SDK is as Twilio publishes it. Only its HTTP client is told another host, which is how every program is pointed to
the simulator: api., numbers. and pricing.twilio.com become one address. TWILIO_SIM names the command to start.
"""

import contextlib
import json
import os
import re
import subprocess
import urllib.request

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

ACCOUNT = "AC00000000000000000000000000000001"
SUBACCOUNT = "AC00000000000000000000000000000002"
TESTING = "AC00000000000000000000000000000003"
MAIN_KEY = "SK00000000000000000000000000000001"
STANDARD_KEY = "SK00000000000000000000000000000002"
GB_BUNDLE = "BU00000000000000000000000000000044"


class Redirected(TwilioHttpClient):
    """Sends what is meant for Twilio's hosts to the simulator."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def request(self, method, url, *arguments, **named):
        url = re.sub(r"^https://(api|numbers|pricing)\.twilio\.com", self.base, url)
        assert url.startswith(self.base), f"{url} would have left this machine"
        return super().request(method, url, *arguments, **named)


class Simulator:
    """A running twilio-sim."""

    def __init__(self, base):
        self.base = base

    def client(self, username=ACCOUNT, password="token", account_sid=None):
        return Client(username, password, account_sid, http_client=Redirected(self.base))

    def admin(self, path, body=None, method=None):
        """Asks the admin endpoint."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.base}/_sim{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="session")
def running():
    command = [
        os.environ["TWILIO_SIM"], "--listen", "127.0.0.1:0", "--account-sid", ACCOUNT, "--auth-token", "token",
        "--subaccount", f"{SUBACCOUNT}:below", "--test-credentials", f"{TESTING}:testing",
        "--api-key", f"{MAIN_KEY}:secret", "--standard-api-key", f"{STANDARD_KEY}:secret",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    yield Simulator(re.search(r"http://[\d.:]+", line).group())
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture
def simulator(running):
    """The simulator as after its start."""
    running.admin("/reset", method="POST")
    return running


@pytest.fixture
def client(simulator):
    return simulator.client()


@pytest.fixture
def numbers(client):
    """Plain numbers of the United States that are for sale."""
    return [row.phone_number for row in client.available_phone_numbers("US").local.list(limit=55)]


@contextlib.contextmanager
def expect_refusal(status, code):
    """Expects Twilio's documented exception with its status and code; gives what it says.

    The SDK raises TwilioRestException from everything but lists, which raise its base class with the answer in it.
    """
    said = []
    with pytest.raises(TwilioException) as caught:
        yield said
    error = caught.value
    if isinstance(error, TwilioRestException):
        found = {"status": error.status, "code": error.code, "message": error.msg}
    else:
        found = json.loads(error.args[1].text)
    assert (found["status"], found["code"]) == (status, code), error
    assert found["message"]
    said.append(found["message"])


@pytest.fixture
def refused():
    return expect_refusal


def pytest_terminal_summary(terminalreporter):
    count = lambda *outcomes: sum(len(terminalreporter.stats.get(outcome, [])) for outcome in outcomes)
    terminalreporter.write_line(f"{count('passed')} passed, {count('failed', 'error')} failed")
