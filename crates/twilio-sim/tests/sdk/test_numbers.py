"""Buying, reading, listing, changing, moving and releasing numbers."""

import datetime

import pytest
from conftest import ACCOUNT, GB_BUNDLE, SUBACCOUNT

SETTINGS = {
    "friendly_name": "Reception",
    "voice_url": "https://example.com/voice",
    "voice_method": "GET",
    "voice_fallback_url": "https://example.com/voice-fallback",
    "voice_fallback_method": "GET",
    "voice_caller_id_lookup": True,
    "sms_url": "https://example.com/sms",
    "sms_method": "GET",
    "sms_fallback_url": "https://example.com/sms-fallback",
    "sms_fallback_method": "GET",
    "status_callback": "https://example.com/status",
    "status_callback_method": "GET",
    "api_version": "2010-04-01",
    "emergency_status": "Active",
    "voice_receive_mode": "voice",
}
SIDS = {
    "sms_application_sid": "AP00000000000000000000000000000001",
    "voice_application_sid": "AP00000000000000000000000000000002",
    "identity_sid": "RI00000000000000000000000000000001",
}


def test_a_purchase_with_every_setting(client, numbers):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0], **SETTINGS, **SIDS)
    assert bought.sid.startswith("PN") and bought.phone_number == numbers[0] and bought.account_sid == ACCOUNT
    for name, value in {**SETTINGS, **SIDS}.items():
        assert getattr(bought, name) == value, name
    assert bought.capabilities == {"voice": True, "sms": True, "mms": True, "fax": False}
    assert (bought.status, bought.origin, bought.type, bought.beta) == ("in-use", "twilio", "local", False)
    age = datetime.datetime.now(datetime.timezone.utc) - bought.date_created
    assert abs(age.total_seconds()) < 60
    fetched = client.incoming_phone_numbers(bought.sid).fetch()
    assert {name: getattr(fetched, name) for name in SETTINGS} == SETTINGS


def test_a_bought_number_leaves_the_search_and_returns(client, numbers):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0])
    assert bought.friendly_name.startswith("(") and bought.voice_url == ""
    searched = lambda: [row.phone_number for row in client.available_phone_numbers("US").local.list(limit=55)]
    assert numbers[0] not in searched()
    assert client.incoming_phone_numbers(bought.sid).delete() is True
    assert numbers[0] in searched()


def test_a_released_number_is_gone(client, numbers, refused):
    sid = client.incoming_phone_numbers.create(phone_number=numbers[0]).sid
    client.incoming_phone_numbers(sid).delete()
    for again in (
        client.incoming_phone_numbers(sid).fetch,
        client.incoming_phone_numbers(sid).delete,
        lambda: client.incoming_phone_numbers(sid).update(friendly_name="x"),
    ):
        with refused(404, 20404):
            again()


def test_sub_resources_buy_and_list_their_own_type(client, refused):
    toll_free = client.available_phone_numbers("US").toll_free.list(limit=1)[0].phone_number
    mobile = client.available_phone_numbers("GB").mobile.list(limit=1)[0].phone_number
    local = client.available_phone_numbers("CA").local.list(limit=1)[0].phone_number
    client.incoming_phone_numbers.toll_free.create(phone_number=toll_free)
    client.incoming_phone_numbers.mobile.create(phone_number=mobile, bundle_sid=GB_BUNDLE)
    client.incoming_phone_numbers.local.create(phone_number=local)
    listed = lambda resource: [number.phone_number for number in resource.list()]
    assert listed(client.incoming_phone_numbers.toll_free) == [toll_free]
    assert listed(client.incoming_phone_numbers.mobile) == [mobile]
    assert listed(client.incoming_phone_numbers.local) == [local]
    assert {number.type for number in client.incoming_phone_numbers.list()} == {"toll-free", "mobile", "local"}
    other = client.available_phone_numbers("US").toll_free.list(limit=1)[0].phone_number
    with refused(400, 21458):
        client.incoming_phone_numbers.local.create(phone_number=other)


def test_pages_of_one_and_of_fifty(client, numbers):
    assert client.incoming_phone_numbers.list() == []
    client.incoming_phone_numbers.create(phone_number=numbers[0])
    assert [number.phone_number for number in client.incoming_phone_numbers.list()] == [numbers[0]]
    for number in numbers[1:53]:
        client.incoming_phone_numbers.create(phone_number=number)
    newest_first = list(reversed(numbers[:53]))
    for page_size in (None, 1, 50, 1000):
        listed = client.incoming_phone_numbers.list(page_size=page_size)
        assert [number.phone_number for number in listed] == newest_first, page_size
    assert len(client.incoming_phone_numbers.list(limit=7)) == 7
    first = client.incoming_phone_numbers.page(page_size=50)
    second = first.next_page()
    assert (len(list(first)), len(list(second)), second.next_page()) == (50, 3, None)
    assert len(list(second.previous_page())) == 50


def test_a_list_read_while_numbers_come_and_go(client, numbers):
    owned = [client.incoming_phone_numbers.create(phone_number=number) for number in numbers[:5]]
    first = client.incoming_phone_numbers.page(page_size=2)
    client.incoming_phone_numbers(owned[4].sid).delete()
    client.incoming_phone_numbers.create(phone_number=numbers[5])
    rest = [number.phone_number for number in first.next_page()]
    assert rest == [numbers[2], numbers[1]], "nothing is repeated, nothing is passed over"


def test_list_filters(client, numbers):
    for number, name in zip(numbers, ["Front", "Front door", "Back"]):
        client.incoming_phone_numbers.create(phone_number=number, friendly_name=name)
    listed = lambda **filters: {number.phone_number for number in client.incoming_phone_numbers.list(**filters)}
    assert listed(friendly_name="Front") == {numbers[0]}, "the whole name"
    assert listed(phone_number=numbers[1]) == {numbers[1]}
    assert listed(phone_number=numbers[2][4:]) == {numbers[2]}, "part of a number"
    assert listed(phone_number=numbers[2][:-2] + "**") >= {numbers[2]}
    assert listed(phone_number="+1999") == set()
    assert listed(origin="twilio", beta=False) == set(numbers[:3])
    assert listed(origin="hosted") == set()


def test_an_update_changes_what_is_named(client, numbers):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0], voice_url="https://example.com/old")
    updated = bought.update(**SETTINGS)
    assert {name: getattr(updated, name) for name in SETTINGS} == SETTINGS
    assert updated.date_created == bought.date_created
    cleared = client.incoming_phone_numbers(bought.sid).update(sms_url="", sms_fallback_url="")
    assert (cleared.sms_url, cleared.voice_url) == ("", SETTINGS["voice_url"])


def test_buying_an_owned_number_again_is_an_update(client, numbers):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0], friendly_name="first")
    again = client.incoming_phone_numbers.create(phone_number=numbers[0], friendly_name="second")
    assert (again.sid, again.friendly_name, again.date_created) == (bought.sid, "second", bought.date_created)


def test_a_number_moves_to_another_account_and_back(simulator, client, numbers, refused):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0])
    moved = client.incoming_phone_numbers(bought.sid).update(account_sid=SUBACCOUNT)
    assert (moved.sid, moved.account_sid) == (bought.sid, SUBACCOUNT)
    with refused(404, 20404):
        client.incoming_phone_numbers(bought.sid).fetch()
    below = simulator.client(SUBACCOUNT, "below")
    assert below.incoming_phone_numbers(bought.sid).fetch().phone_number == numbers[0]
    with refused(400, 21474):
        below.incoming_phone_numbers(bought.sid).update(account_sid=ACCOUNT)
    of_subaccount = client.api.v2010.accounts(SUBACCOUNT).incoming_phone_numbers(bought.sid)
    assert of_subaccount.update(account_sid=ACCOUNT).account_sid == ACCOUNT


@pytest.mark.parametrize("target, code", [("AC1", 21470), ("AC99999999999999999999999999999999", 21471)])
def test_a_number_moves_nowhere_else(client, numbers, refused, target, code):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0])
    with refused(400, code):
        bought.update(account_sid=target)


def test_a_purchase_by_area_code(client, refused):
    assert client.incoming_phone_numbers.create(area_code="415").phone_number.startswith("+1415")
    with refused(400, 21452):
        client.incoming_phone_numbers.create(area_code="907")
    with refused(400, 21451):
        client.incoming_phone_numbers.create(area_code="41")


@pytest.mark.parametrize("phone_number, code", [
    ("+15005550000", 21422), ("+15005550001", 21421), ("33", 21421), ("+14155550199", 21422),
])
def test_numbers_that_are_not_for_sale(client, refused, phone_number, code):
    with refused(400, code) as said:
        client.incoming_phone_numbers.create(phone_number=phone_number)
    assert phone_number in said[0]


def test_the_magic_number_is_bought_and_not_kept(client):
    bought = client.incoming_phone_numbers.create(phone_number="+15005550006", voice_url="https://example.com/voice")
    assert (bought.friendly_name, bought.voice_url) == ("(500) 555-0006", "https://example.com/voice")
    assert client.incoming_phone_numbers.list() == []


@pytest.mark.parametrize("setting, code", [
    ({"friendly_name": "x" * 65}, 20002), ({"voice_url": "no url"}, 21402), ({"voice_method": "PUT"}, 21403),
    ({"voice_fallback_url": "https://example.com/"}, 21405), ({"sms_fallback_url": "https://example.com/"}, 21406),
    ({"voice_application_sid": "AP1"}, 21420), ({"address_sid": "AD00000000000000000000000000000009"}, 21613),
])
def test_settings_that_are_refused(client, numbers, refused, setting, code):
    with refused(400, code):
        client.incoming_phone_numbers.create(phone_number=numbers[0], **setting)
    assert client.incoming_phone_numbers.list() == []


def test_a_british_number_needs_a_bundle_and_has_its_own_capabilities(client, refused):
    local = client.available_phone_numbers("GB").local.list(limit=1)[0].phone_number
    with refused(400, 21649) as said:
        client.incoming_phone_numbers.create(phone_number=local)
    assert said[0].endswith("Bundle required and not provided for country: [GB] and numberType: [LOCAL]")
    with refused(400, 21407):
        client.incoming_phone_numbers.create(
            phone_number=local, bundle_sid=GB_BUNDLE, sms_url="https://example.com/sms"
        )
    bought = client.incoming_phone_numbers.create(phone_number=local, bundle_sid=GB_BUNDLE)
    assert bought.capabilities == {"voice": True, "sms": False, "mms": False, "fax": False}
    with refused(400, 21649):
        bought.update(bundle_sid="")


def test_a_number_has_no_add_ons(client, numbers):
    bought = client.incoming_phone_numbers.create(phone_number=numbers[0])
    assert bought.assigned_add_ons.list() == []
