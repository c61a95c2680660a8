"""Addresses: made, checked, listed, changed, deleted, and asked for by numbers."""

import pytest

OFFICE = {
    "customer_name": "Ada Lovelace",
    "street": "1 Market St",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "iso_country": "US",
}
LONDON = {**OFFICE, "city": "London", "region": "London", "postal_code": "SW1A 1AA", "iso_country": "GB"}


def test_an_address_through_its_life(client, refused):
    made = client.addresses.create(**OFFICE, friendly_name="Office", street_secondary="Suite 3")
    assert made.sid.startswith("AD")
    for name, value in OFFICE.items():
        assert getattr(made, name) == value, name
    assert (made.validated, made.verified, made.emergency_enabled) == (True, False, False)
    assert client.addresses(made.sid).fetch().friendly_name == "Office"
    changed = made.update(city="Oakland", postal_code="94607", emergency_enabled=True)
    assert (changed.city, changed.emergency_enabled, changed.street) == ("Oakland", True, "1 Market St")
    assert client.addresses(made.sid).delete() is True
    with refused(404, 20404):
        client.addresses(made.sid).fetch()


def test_lists_and_filters(client):
    assert client.addresses.list() == []
    office = client.addresses.create(**OFFICE, friendly_name="Office")
    london = client.addresses.create(**LONDON, emergency_enabled=True)
    listed = lambda **filters: {address.sid for address in client.addresses.list(**filters)}
    assert listed() == listed(page_size=1) == {office.sid, london.sid}
    assert listed(iso_country="GB") == {london.sid}
    assert listed(friendly_name="Office") == {office.sid}
    assert listed(customer_name="Ada Lovelace", emergency_enabled=True) == {london.sid}


@pytest.mark.parametrize("changes, code", [
    ({"street": ""}, 21238), ({"postal_code": "9410"}, 21628), ({"region": "XX"}, 21628),
    ({"region": "ca", "auto_correct_address": False}, 21629), ({"friendly_name": "x" * 65}, 20002),
])
def test_what_is_no_address(client, refused, changes, code):
    with refused(400, code):
        client.addresses.create(**{**OFFICE, **changes})


def test_an_address_is_corrected(client):
    made = client.addresses.create(**{**OFFICE, "region": "ca", "street": "1  Market  St"})
    assert (made.region, made.street) == ("CA", "1 Market St")


def test_a_number_that_asks_for_an_address(client, refused):
    rows = client.available_phone_numbers("US").local.list(page_size=1000)
    local = next(row.phone_number for row in rows if row.address_requirements == "local")
    with refused(400, 21631):
        client.incoming_phone_numbers.create(phone_number=local)
    london = client.addresses.create(**LONDON)
    with refused(400, 21615):
        client.incoming_phone_numbers.create(phone_number=local, address_sid=london.sid)
    office = client.addresses.create(**OFFICE)
    bought = client.incoming_phone_numbers.create(phone_number=local, address_sid=office.sid)
    assert (bought.address_sid, bought.address_requirements) == (office.sid, "local")
    dependent = client.addresses(office.sid).dependent_phone_numbers.list()
    assert [number.phone_number for number in dependent] == [local]
    with refused(409, 20409):
        client.addresses(office.sid).delete()
    emergency = bought.update(emergency_address_sid=london.sid)
    assert emergency.emergency_address_status == "registered"
