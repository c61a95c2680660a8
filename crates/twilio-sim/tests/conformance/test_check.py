"""The comparison itself: each way to differ from a description is found."""

import json

import pytest
from check import Description, Finding, check_exchange

PATH = "/2010-04-01/Accounts/{AccountSid}/Things.json"
DOCUMENT = {
    "openapi": "3.0.1",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://api.twilio.com"}],
    "paths": {
        PATH: {
            "post": {
                "parameters": [
                    {"name": "AccountSid", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "PageSize", "in": "query", "schema": {"type": "integer", "maximum": 1000}},
                ],
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {"type": "object", "required": ["Url"], "properties": {"Url": {"type": "string"}}}
                        }
                    }
                },
                "responses": {
                    "201": {
                        "description": "made",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "thing": {
                "type": "object",
                "properties": {
                    "sid": {"type": "string", "pattern": "^TH[0-9]+$", "nullable": True},
                    "made": {"type": "string", "format": "date-time-rfc-2822"},
                },
            }
        }
    },
}
GOOD = {"sid": "TH1", "made": "Thu, 30 Jul 2015 23:19:04 +0000"}
ERROR = {"code": 21421, "message": "no", "more_info": "https://www.twilio.com/docs/errors/21421", "status": 400}


@pytest.fixture
def compare(tmp_path):
    """The findings about an exchange, as (side, place, problem)."""
    file = tmp_path / "things.json"
    file.write_text(json.dumps(DOCUMENT))

    def compare(body=GOOD, status=201, form="Url=x", query="", path="/2010-04-01/Accounts/AC1/Things.json"):
        description = Description(file, "https://api.twilio.com", {path})
        request = {"method": "POST", "path": path, "query": query, "body": form, "contentType": ""}
        answer = {"status": status, "contentType": "application/json;charset=utf-8", "body": json.dumps(body)}
        found = check_exchange(description, {"request": request, "answer": answer}, True)
        assert all(isinstance(finding, Finding) for finding in found)
        return {(finding.side, finding.at, finding.problem.split(":")[0]) for finding in found}

    return compare


def test_what_fits(compare):
    assert compare() == set()
    assert compare({**GOOD, "sid": None}) == set()
    assert compare(ERROR, 400) == set()
    assert compare(ERROR | {"status": 404}, 404, path="/2010-04-01/Accounts/AC1/Others.json") == set()


@pytest.mark.parametrize("body, at, problem", [
    ({"sid": "TH1"}, "made", "missing"),
    ({**GOOD, "extra": 1}, "extra", "not described"),
    ({**GOOD, "sid": "PN1"}, "sid", "pattern"),
    ({**GOOD, "sid": 1}, "sid", "type"),
    ({**GOOD, "made": "2015-07-30T23:19:04Z"}, "made", "format"),
])
def test_an_answer_that_does_not_fit(compare, body, at, problem):
    assert compare(body) == {("answer", at, problem)}


def test_an_error_that_is_not_twilios(compare):
    assert ("answer", "error", "status or message is missing") in compare({"message": "no"}, 400)
    assert ("answer", "error why", "not a field of Twilio's errors") in compare({**ERROR, "why": "?"}, 400)
    assert ("answer", "error", "code and more_info belong together") in compare(
        {"code": 1, "message": "no", "status": 400}, 400
    )


@pytest.mark.parametrize("request_, at", [
    ({"form": "Url=x&Other=1"}, "form Other"), ({"query": "Other=1"}, "query Other"),
    ({"query": "PageSize=1001"}, "PageSize"), ({"query": "PageSize=many"}, "PageSize"),
])
def test_a_request_that_does_not_fit(compare, request_, at):
    assert {place for side, place, _ in compare(**request_) if side == "request"} == {at}


def test_a_request_without_a_needed_parameter_or_to_nowhere(compare):
    assert ("request", "Url", "missing") in compare(form="Other=1")
    assert ("request", "", "no such operation") in compare(path="/2010-04-01/Accounts/AC1/Others.json")
