"""Accounts, their money, and who may call."""

import pytest
from conftest import ACCOUNT, MAIN_KEY, STANDARD_KEY, SUBACCOUNT, TESTING


def test_the_account_and_its_balance(client):
    account = client.api.v2010.accounts(ACCOUNT).fetch()
    assert (account.status, account.type, account.owner_account_sid) == ("active", "Full", ACCOUNT)
    balance = client.balance.fetch()
    assert (balance.account_sid, balance.balance, balance.currency) == (ACCOUNT, "100.00", "USD")


def test_a_purchase_is_paid_from_the_balance(simulator, client, numbers, refused):
    client.incoming_phone_numbers.create(phone_number=numbers[0])
    assert client.balance.fetch().balance == "98.85"
    simulator.admin("/clock", {"advanceDays": 32})
    assert client.balance.fetch().balance == "97.70"
    simulator.admin(f"/accounts/{ACCOUNT}", {"balance": "1.00"})
    with refused(403, 20005):
        client.incoming_phone_numbers.create(phone_number=numbers[1])


def test_accounts_below(simulator, client, numbers, refused):
    made = client.api.v2010.accounts.create(friendly_name="Customer")
    assert made.owner_account_sid == ACCOUNT and made.auth_token
    assert {account.sid for account in client.api.v2010.accounts.list()} == {ACCOUNT, SUBACCOUNT, made.sid}
    assert [account.sid for account in client.api.v2010.accounts.list(friendly_name="Customer")] == [made.sid]
    own = simulator.client(made.sid, made.auth_token)
    bought = own.incoming_phone_numbers.create(phone_number=numbers[0])
    assert bought.account_sid == made.sid
    listed = client.api.v2010.accounts(made.sid).incoming_phone_numbers.list()
    assert [number.sid for number in listed] == [bought.sid], "the account above reaches it"
    with refused(401, 20003):
        own.api.v2010.accounts(ACCOUNT).fetch()
    assert client.api.v2010.accounts(made.sid).update(status="suspended").status == "suspended"
    with refused(403, 20005):
        own.incoming_phone_numbers.list()
    assert client.api.v2010.accounts(made.sid).update(friendly_name="Gone", status="closed").status == "closed"


@pytest.mark.parametrize("username, password, words", [
    (ACCOUNT, "wrong", "Authenticate"),
    ("AC99999999999999999999999999999999", "token", "invalid username"),
    (MAIN_KEY, "wrong", "Authenticate"),
])
def test_wrong_credentials(simulator, refused, username, password, words):
    stranger = simulator.client(username, password, ACCOUNT)
    for attempt in (stranger.balance.fetch, stranger.incoming_phone_numbers.list):
        with refused(401, 20003) as said:
            attempt()
        assert words in said[0]


def test_api_keys(simulator, numbers, refused):
    for key in (MAIN_KEY, STANDARD_KEY):
        keyed = simulator.client(key, "secret", ACCOUNT)
        bought = keyed.incoming_phone_numbers.create(phone_number=numbers[0])
        assert bought.account_sid == ACCOUNT
        with refused(401, 20003):
            keyed.api.v2010.accounts(SUBACCOUNT).incoming_phone_numbers.list()
    assert simulator.client(MAIN_KEY, "secret", ACCOUNT).api.v2010.accounts(ACCOUNT).fetch().status == "active"
    with refused(401, 20003):
        simulator.client(STANDARD_KEY, "secret", ACCOUNT).api.v2010.accounts(ACCOUNT).fetch()


def test_test_credentials(simulator, refused):
    testing = simulator.client(TESTING, "testing")
    bought = testing.incoming_phone_numbers.create(
        phone_number="+15005550006", voice_url="https://example.com/voice", friendly_name="magic"
    )
    assert (bought.account_sid, bought.voice_url) == (TESTING, "https://example.com/voice")
    assert testing.incoming_phone_numbers.create(area_code="500").phone_number == "+15005550006"
    for parameters, code in [
        ({"phone_number": "+15005550000"}, 21422), ({"phone_number": "+15005550001"}, 21421),
        ({"phone_number": "+14155550100"}, 21422), ({"area_code": "533"}, 21452),
    ]:
        with refused(400, code):
            testing.incoming_phone_numbers.create(**parameters)
    for attempt in (
        testing.incoming_phone_numbers.list,
        testing.available_phone_numbers("US").local.list,
        testing.balance.fetch,
    ):
        with refused(403, 20008):
            attempt()


def test_a_suspended_account(simulator, client, refused):
    simulator.admin(f"/accounts/{ACCOUNT}", {"status": "suspended"})
    assert client.api.v2010.accounts(ACCOUNT).fetch().status == "suspended"
    with refused(403, 20005):
        client.incoming_phone_numbers.list()


def test_a_trial_account(simulator, client, numbers, refused):
    simulator.admin(f"/accounts/{ACCOUNT}", {"type": "Trial"})
    client.incoming_phone_numbers.create(phone_number=numbers[0])
    with refused(400, 21404):
        client.incoming_phone_numbers.create(phone_number=numbers[1])


def test_faults_reach_the_sdk_as_its_own_exceptions(simulator, client, refused):
    for status, code in [(429, 20429), (500, 20500), (503, 20503)]:
        simulator.admin("/faults", {"action": {"status": {"status": status}}})
        with refused(status, code):
            client.balance.fetch()
    assert client.balance.fetch().currency == "USD"
