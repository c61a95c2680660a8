"""Refusals raise the exceptions that Stripe's library documents, and repeats are what it makes of them."""

import pytest
import stripe


def test_each_refusal_is_its_exception(simulator, client, session):
    with pytest.raises(stripe.AuthenticationError) as refused:
        simulator.client("sk_test_wrong").v1.balance.retrieve()
    assert refused.value.http_status == 401
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.retrieve("cs_test_nothing")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(colour="red")
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")
    assert refused.value.request_id.startswith("req_")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create({"mode": "payment"})
    assert refused.value.code == "parameter_missing"


def test_a_key_means_one_request(client):
    once = {"idempotency_key": "key-1"}
    first = client.v1.customers.create({"email": "ann@example.com"}, once)
    again = client.v1.customers.create({"email": "ann@example.com"}, once)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.customers.create({"email": "bob@example.com"}, once)
    assert refused.value.http_status == 400
    assert len(client.v1.customers.list().data) == 1


@pytest.mark.parametrize("action", ["actThenReset", "resetBeforeActing", {"refuse": {"status": 503}}])
def test_the_library_repeats_what_was_not_answered(simulator, action):
    simulator.admin("/faults", {"method": "POST", "path": "/v1/customers", "action": action})
    client = simulator.client(retries=1)
    made = client.v1.customers.create({"email": "ann@example.com"})
    assert [row.id for row in client.v1.customers.list().data] == [made.id]


def test_failures_are_their_exceptions(simulator, client):
    for action, expected in [
        ({"refuse": {"status": 429}}, stripe.RateLimitError),
        ({"refuse": {"status": 500}}, stripe.APIError),
        ("resetBeforeActing", stripe.APIConnectionError),
    ]:
        simulator.admin("/faults", {"path": "/v1/balance", "action": action})
        with pytest.raises(expected):
            client.v1.balance.retrieve()
