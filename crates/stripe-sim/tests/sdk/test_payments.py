"""Sessions, payments, refunds and disputes through Stripe's library."""

import pytest
import stripe


def test_a_session_is_paid_and_everything_about_it_is_found(simulator, client, session):
    made = session()
    assert (made.status, made.payment_status, made.payment_intent) == ("open", "unpaid", None)
    assert simulator.press(made, "pay") == f"https://shop.example/paid?session={made.id}"
    expand = {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    paid = client.v1.checkout.sessions.retrieve(made.id, expand)
    assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "paid", 2500)
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    charge = paid.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge) and charge.paid
    assert charge.balance_transaction.net == 2500 - 103
    assert paid.line_items.data[0].description == "Credit"
    assert paid.metadata["payment"] == "p1" and paid.payment_intent.metadata["payment"] == "p1"
    assert client.v1.balance.retrieve().available[0].amount == 2500 - 103


def test_lists_go_on_by_themselves(client, session):
    made = [session().id for _ in range(7)]
    listed = client.v1.checkout.sessions.list({"limit": 3})
    assert len(listed.data) == 3 and listed.has_more
    assert [row.id for row in listed.auto_paging_iter()] == made[::-1]
    newest = client.v1.checkout.sessions.list({"limit": 1, "status": "open", "created": {"gte": 0}})
    assert newest.data[0].id == made[-1]
    backwards = client.v1.checkout.sessions.list({"limit": 2, "ending_before": made[0]})
    assert [row.id for row in backwards.auto_paging_iter()] == made[1:]


def test_money_goes_back(simulator, client, session):
    made = session()
    simulator.press(made, "pay")
    intent = client.v1.checkout.sessions.retrieve(made.id).payment_intent
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 1000})
    assert (refund.status, refund.amount, refund.payment_intent) == ("succeeded", 1000, intent)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent, "amount": 1501})
    assert refused.value.param == "amount"
    dispute = simulator.admin(f"/payments/{intent}/disputes", {"amount": 500})
    found = client.v1.disputes.retrieve(dispute["id"])
    assert (found.status, found.balance_transactions[0].amount) == ("needs_response", -500)
    assert [row.id for row in client.v1.disputes.list({"payment_intent": intent}).data] == [found.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent})
    assert refused.value.code == "charge_disputed"


def test_a_card_is_saved_and_charged(simulator, client):
    customer = client.v1.customers.create({"email": "ann@example.com", "metadata": {"user": "u1"}})
    assert client.v1.customers.retrieve(customer.id).metadata["user"] == "u1"
    parameters = {"mode": "setup", "currency": "usd", "customer": customer.id, "success_url": "https://shop.example/"}
    made = client.v1.checkout.sessions.create(parameters)
    simulator.press(made, "save")
    setup = client.v1.setup_intents.retrieve(made.setup_intent, {"expand": ["payment_method"]})
    assert setup.status == "succeeded" and setup.payment_method.card.last4 == "4242"
    off_session = {
        "amount": 1500, "currency": "usd", "customer": customer.id, "payment_method": setup.payment_method.id,
        "off_session": True, "confirm": True,
    }
    assert client.v1.payment_intents.create(off_session).status == "succeeded"
    simulator.admin(f"/payment-methods/{setup.payment_method.id}", {"behaviour": "insufficientFunds"})
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(off_session)
    error = declined.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error.decline_code == "insufficient_funds"
    assert error.error.payment_intent.status == "requires_payment_method"
    assert client.v1.payment_methods.detach(setup.payment_method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(off_session)
