"""Stripe's library accepts what the simulator signed, and nothing else."""

import time

import pytest
import stripe

from conftest import SECRET


@pytest.fixture
def letters(simulator, endpoint, session):
    """The webhooks of a payment, a refund and a dispute, in the order in which they were told."""
    made = session()
    simulator.press(made, "pay")
    simulator.admin(f"/payments/{made.id}/refunds", {"amount": 100})
    simulator.admin(f"/payments/{made.id}/disputes", {"amount": 100})
    simulator.admin("/webhooks/wait")
    return endpoint.letters


def test_events_are_constructed(client, letters):
    events = [stripe.Webhook.construct_event(body, signature, SECRET) for body, signature in letters]
    assert [event.type for event in events] == [
        "payment_intent.succeeded", "checkout.session.completed", "refund.created", "charge.refunded",
        "charge.dispute.created", "charge.dispute.funds_withdrawn",
    ]
    kinds = [stripe.PaymentIntent, stripe.checkout.Session, stripe.Refund, stripe.Charge, stripe.Dispute, stripe.Dispute]
    for event, kind in zip(events, kinds):
        assert isinstance(event.data.object, kind)
        assert client.v1.events.retrieve(event.id).data.object.to_dict() == event.data.object.to_dict()
    assert events[1].data.object.payment_status == "paid"
    assert [event.id for event in client.v1.events.list().auto_paging_iter()] == [event.id for event in events][::-1]


def test_what_was_altered_or_is_old_is_refused(letters):
    body, signature = letters[1]
    for altered, header, secret in [
        (body.replace(b"2500", b"9900"), signature, SECRET),
        (body, signature, "whsec_other"),
        (body, signature.replace("v1=", "v0="), SECRET),
        (letters[0][0], signature, SECRET),
    ]:
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(altered, header, secret)
    early = signature.replace(signature.split(",")[0], f"t={int(time.time()) - 301}")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, early, SECRET)


def test_both_secrets_of_a_rotation_are_good(simulator, endpoint, session):
    simulator.admin("/webhooks", {"secrets": ["whsec_old", "whsec_new"], "copies": 2})
    simulator.press(session(), "decline")
    simulator.admin("/webhooks/wait")
    assert len(endpoint.letters) == 2
    for body, signature in endpoint.letters:
        for secret in ["whsec_old", "whsec_new"]:
            event = stripe.Webhook.construct_event(body, signature, secret)
            assert event.type == "payment_intent.payment_failed"


def test_a_signature_grows_old(simulator, endpoint, session):
    simulator.press(session(), "pay")
    simulator.admin("/webhooks/wait")
    body, signature = endpoint.letters[0]
    stripe.Webhook.construct_event(body, signature, SECRET)
    # A tolerance that ends a second from now makes every signature old.
    with pytest.raises(stripe.SignatureVerificationError, match="outside the tolerance"):
        stripe.Webhook.construct_event(body, signature, SECRET, tolerance=-1)
