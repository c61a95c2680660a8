"""What Twilio serves on pricing.twilio.com and numbers.twilio.com."""

from conftest import ACCOUNT, GB_BUNDLE


def test_prices_of_a_country(client):
    british = client.pricing.v1.phone_numbers.countries("GB").fetch()
    assert (british.country, british.iso_country, british.price_unit) == ("United Kingdom", "GB", "USD")
    prices = {price["number_type"]: price["current_price"] for price in british.phone_number_prices}
    assert prices == {"local": "1.15", "mobile": "2.50", "toll free": "2.70"}
    assert client.pricing.v1.phone_numbers.countries("XX").fetch().phone_number_prices is None


def test_countries_with_prices_page_by_page(client):
    for page_size in (1, 5, 50):
        countries = client.pricing.v1.phone_numbers.countries.list(page_size=page_size)
        assert len({country.iso_country for country in countries}) == len(countries) == 16


def test_regulations(client, refused):
    regulations = client.numbers.v2.regulatory_compliance.regulations
    assert len(regulations.list()) == len(regulations.list(page_size=1)) == 6
    assert regulations.list(iso_country="US") == []
    mobile = regulations.list(iso_country="GB", number_type="mobile", end_user_type="business")[0]
    fetched = regulations(mobile.sid).fetch()
    assert fetched.friendly_name == "United Kingdom: Mobile - Business"
    assert fetched.requirements["end_user"][0]["fields"]
    with refused(404, 20404):
        regulations("RN99999999999999999999999999999999").fetch()


def test_bundles(simulator, client, refused):
    bundles = client.numbers.v2.regulatory_compliance.bundles
    approved = bundles.list(iso_country="GB", number_type="mobile", status="twilio-approved")
    assert [(bundle.sid, bundle.account_sid) for bundle in approved] == [(GB_BUNDLE, ACCOUNT)]
    fetched = bundles(GB_BUNDLE).fetch()
    assert (fetched.status, fetched.valid_until) == ("twilio-approved", None)
    assert bundles(GB_BUNDLE).item_assignments.list() == []
    rejected = {"sid": GB_BUNDLE, "country": "GB", "numberType": "local", "status": "twilio-rejected"}
    simulator.admin("/bundles", rejected)
    assert bundles(GB_BUNDLE).fetch().status == "twilio-rejected"
    with refused(404, 20404):
        bundles("BU99999999999999999999999999999999").fetch()
