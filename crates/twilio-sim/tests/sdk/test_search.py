"""Searching numbers for sale, by each filter that Twilio has."""

import math
from decimal import Decimal

import pytest

WITHOUT_LIMIT = 30


def miles(latitude, longitude, row):
    """The distance of a row, on a flat earth that is good enough here."""
    north = (float(row.latitude) - latitude) * 69.0
    east = (float(row.longitude) - longitude) * 69.0 * math.cos(math.radians(latitude))
    return math.hypot(north, east)


FILTERS = [
    ({"area_code": 415}, lambda row: row.phone_number.startswith("+1415")),
    ({"contains": "415"}, lambda row: "415" in row.phone_number),
    ({"contains": "+1510"}, lambda row: row.phone_number.startswith("+1510")),
    ({"contains": "510*******"}, lambda row: row.phone_number.startswith("+1510")),
    ({"contains": "51%7$"}, lambda row: "51" in row.phone_number and row.phone_number.endswith("7")),
    ({"sms_enabled": True}, lambda row: row.capabilities["SMS"]),
    ({"mms_enabled": False}, lambda row: not row.capabilities["MMS"]),
    ({"voice_enabled": True}, lambda row: row.capabilities["voice"]),
    ({"fax_enabled": False}, lambda row: True),
    ({"exclude_all_address_required": True}, lambda row: row.address_requirements == "none"),
    ({"exclude_local_address_required": True}, lambda row: row.address_requirements != "local"),
    ({"exclude_foreign_address_required": True}, lambda row: row.address_requirements != "foreign"),
    ({"beta": False}, lambda row: row.beta is False),
    ({"near_number": "+14152345678"}, lambda row: miles(37.7749, -122.4194, row) < 27),
    ({"near_lat_long": "37.8044,-122.2711", "distance": 10}, lambda row: miles(37.8044, -122.2711, row) < 11),
    ({"in_postal_code": "94102"}, lambda row: row.postal_code == "94102"),
    ({"in_region": "NY"}, lambda row: row.region == "NY"),
    ({"in_lata": "722"}, lambda row: row.lata == "722"),
    ({"in_rate_center": "OKLD MAIN", "in_lata": "722"}, lambda row: row.rate_center == "OKLD MAIN"),
    ({"in_locality": "Oakland"}, lambda row: row.locality == "Oakland"),
]


@pytest.mark.parametrize("parameters, holds", FILTERS, ids=[", ".join(entry[0]) for entry in FILTERS])
def test_a_filter_leaves_matching_numbers(client, parameters, holds):
    rows = client.available_phone_numbers("US").local.list(page_size=1000, **parameters)
    assert rows and all(holds(row) for row in rows)


def test_filters_that_nothing_passes(client):
    assert client.available_phone_numbers("US").local.list(fax_enabled=True) == []
    assert client.available_phone_numbers("US").local.list(area_code=907) == []


def test_rows_have_every_field(client):
    row = client.available_phone_numbers("US").local.list(area_code=415, limit=1)[0]
    assert row.friendly_name.startswith("(415) ") and row.phone_number.startswith("+1415")
    assert (row.locality, row.region, row.lata, row.rate_center) == ("San Francisco", "CA", "722", "SNFC CNTRL")
    assert (row.latitude, row.longitude) == (Decimal("37.774900"), Decimal("-122.419400"))
    assert row.postal_code == "94102"
    assert (row.iso_country, row.address_requirements, row.beta) == ("US", "none", False)
    assert row.capabilities == {"voice": True, "SMS": True, "MMS": True}


def test_a_search_is_one_page_of_thirty_or_as_asked(client):
    local = client.available_phone_numbers("US").local
    assert len(local.list()) == WITHOUT_LIMIT
    assert len(local.list(limit=7)) == 7
    assert len(local.list(page_size=100)) == 100
    assert len(local.list(limit=150)) == 150
    assert local.page(page_size=5).next_page() is None


@pytest.mark.parametrize("country, kind", [
    ("US", "local"), ("US", "toll_free"), ("CA", "local"), ("CA", "toll_free"),
    ("GB", "local"), ("GB", "toll_free"), ("GB", "mobile"),
])
def test_every_type_in_stock(client, country, kind):
    rows = getattr(client.available_phone_numbers(country), kind).list(page_size=1000)
    assert len(rows) >= 20 and all(row.iso_country == country for row in rows)
    assert all((row.locality is None) == (kind != "local") for row in rows)


@pytest.mark.parametrize("kind", ["mobile", "national", "voip", "shared_cost", "machine_to_machine"])
def test_a_type_that_the_country_has_not(client, refused, kind):
    with refused(404, 20404):
        getattr(client.available_phone_numbers("US"), kind).list()


def test_countries(client, refused):
    countries = {country.country_code: country for country in client.available_phone_numbers.list()}
    assert set(countries) == {"US", "CA", "GB"}
    assert set(countries["GB"].subresource_uris) == {"local", "toll_free", "mobile"}
    assert client.available_phone_numbers("GB").fetch().country == "United Kingdom"
    with refused(404, 20404):
        client.available_phone_numbers("ZZ").fetch()


@pytest.mark.parametrize("parameters, code", [
    ({"area_code": 4}, 21451), ({"contains": "4*"}, 20422), ({"distance": 501, "near_number": "+14152345678"}, 20422),
    ({"near_lat_long": "north"}, 20422), ({"page_size": 1001}, 20007),
])
def test_a_filter_that_makes_no_sense(client, refused, parameters, code):
    with refused(400, code):
        client.available_phone_numbers("US").local.page(**parameters)
