"""Compares recorded requests and answers with Twilio's published description of its API (OpenAPI 3).

The simulator writes the recording (`--record FILE`, or TWILIO_SIM_RECORD for a whole run of tests); the description
is a folder of Twilio's files, which is not part of this project. openapi-core does the validation. It is made strict
here: an answer must have every field that the description names and no other, a request no parameter that it does
not name. Places where the live API is known to differ are in differences.toml, each with its source.
"""

import argparse
import copy
import email.utils
import fnmatch
import json
import pathlib
import re
import sys
import tomllib
import urllib.parse
from collections import Counter
from dataclasses import dataclass

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

# Path prefix, file of the description, host.
DESCRIPTIONS = [
    ("/2010-04-01/", "twilio_api_v2010.json", "https://api.twilio.com"),
    ("/v2/RegulatoryCompliance/", "twilio_numbers_v2.json", "https://numbers.twilio.com"),
    ("/v1/PhoneNumbers/", "twilio_pricing_v1.json", "https://pricing.twilio.com"),
]
FORM = "application/x-www-form-urlencoded"
# Twilio's page "Errors": the body of every answer from 400 on. The description leaves it out.
ERROR_FIELDS = {"code": int, "message": str, "more_info": str, "status": int, "detail": str}


@dataclass(frozen=True)
class Finding:
    """Something that the description does not allow: where, and what."""

    operation: str
    side: str
    at: str
    problem: str

    def __str__(self):
        return f"{self.side} of {self.operation}: {self.at or 'as a whole'}: {self.problem}"


@dataclass(frozen=True)
class Difference:
    """A place where the live API is known to differ."""

    operation: str
    at: str
    problem: str

    def covers(self, finding):
        return (
            finding.side == "answer"
            and fnmatch.fnmatchcase(finding.operation, self.operation)
            and finding.at == self.at
            and finding.problem == self.problem
        )


def read_differences():
    """The list beside this file: one difference for each place of an entry, which must name its source."""
    listed = tomllib.loads(pathlib.Path(__file__).with_name("differences.toml").read_text())["difference"]
    assert all(entry["source"] for entry in listed)
    return [Difference(entry["operation"], at, entry["problem"]) for entry in listed for at in entry["at"]]


class Description:
    """One of Twilio's files, made strict and cut to the paths that are asked for."""

    def __init__(self, file, host, asked_paths):
        self.host = host
        document = json.loads(file.read_text())
        templates = {path: template_pattern(path) for path in document["paths"]}
        kept = {
            path: item
            for path, item in document["paths"].items()
            if any(templates[path].fullmatch(asked) for asked in asked_paths)
        }
        document["paths"] = make_strict(kept)
        document["components"]["schemas"] = {
            name: strict_schema(schema, required=True) for name, schema in document["components"]["schemas"].items()
        }
        self.paths = document["paths"]
        self.templates = sorted(((templates[path], path) for path in kept), key=lambda entry: entry[1].count("{"))
        config = Config(
            spec_validator_cls=None,
            extra_format_validators={
                "date-time-rfc-2822": is_rfc_2822,
                "iso-country-code": lambda text: re.fullmatch("[A-Z]{2}", text) is not None,
                "http-method": lambda text: text in ("GET", "POST"),
                "currency": lambda text: re.fullmatch("[A-Z]{3}", text) is not None,
            },
        )
        self.openapi = OpenAPI.from_dict(document, config=config)

    def operation(self, method, path):
        """The template of a path and its operation; None where the description has none."""
        for pattern, template in self.templates:
            operation = self.paths[template].get(method.lower())
            if operation and pattern.fullmatch(path):
                return template, operation
        return None


def template_pattern(path):
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def make_strict(paths):
    """Inline schemas of answers need every field, those of requests allow no other."""
    paths = copy.deepcopy(paths)
    for item in paths.values():
        for method, operation in item.items():
            if method not in ("get", "post", "delete"):
                continue
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["schema"] = strict_schema(content["schema"], required=False)
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    content["schema"] = strict_schema(content["schema"], required=True)
    return paths


def strict_schema(schema, required):
    if not isinstance(schema, dict):
        return schema
    schema = dict(schema)
    if "properties" in schema:
        names = list(schema["properties"])
        schema["properties"] = {
            name: strict_schema(inner, required) for name, inner in schema["properties"].items()
        }
        schema.setdefault("additionalProperties", False)
        if required:
            schema["required"] = names
    if "items" in schema:
        schema["items"] = strict_schema(schema["items"], required)
    return schema


def is_rfc_2822(text):
    try:
        return email.utils.format_datetime(email.utils.parsedate_to_datetime(text)) == text
    except ValueError:
        return False


def check_exchange(description, exchange, check_request):
    """Every finding about one request and its answer."""
    asked, answer = exchange["request"], exchange["answer"]
    found = description.operation(asked["method"], asked["path"])
    if found is None:
        # What Twilio does not describe may only be answered as not there, or not allowed.
        if answer and answer["status"] in (401, 403, 404, 405):
            return check_error(asked["method"] + " " + asked["path"], answer)
        return [Finding(asked["method"] + " " + asked["path"], "request", "", "no such operation")]
    template, operation = found
    name = f"{asked['method']} {template}"
    request = mock_request(description.host, asked)
    findings = check_request_names(name, operation, asked) if check_request else []
    if check_request:
        for error in description.openapi.request_validator.iter_errors(request):
            findings.extend(explain(name, "request", error))
    if answer is None:
        return findings
    if answer["status"] >= 400 and str(answer["status"]) not in operation["responses"]:
        return findings + check_error(name, answer)
    response = MockResponse(
        answer["body"].encode(),
        status_code=answer["status"],
        content_type=answer["contentType"] or "application/json",
    )
    for error in description.openapi.response_validator.iter_errors(request, response):
        if answer["status"] == 204 and not answer["body"]:
            continue
        findings.extend(explain(name, "answer", error))
    return findings


def mock_request(host, asked):
    query = urllib.parse.parse_qs(asked["query"], keep_blank_values=True)
    return MockRequest(
        host,
        asked["method"].lower(),
        asked["path"],
        args={name: values[0] if len(values) == 1 else values for name, values in query.items()},
        # The recording has no credentials; whether they were right is in the answer.
        headers={"Authorization": "Basic left-out"},
        data=asked["body"].encode() or None,
        content_type=asked["contentType"].split(";")[0] or FORM,
    )


def check_request_names(name, operation, asked):
    """openapi-core passes over parameters that are not described."""
    findings = []
    described = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    for given in urllib.parse.parse_qs(asked["query"], keep_blank_values=True):
        if given not in described:
            findings.append(Finding(name, "request", f"query {given}", "not described"))
    form = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {}).get("properties", {})
    for given in urllib.parse.parse_qs(asked["body"], keep_blank_values=True):
        if given not in form:
            findings.append(Finding(name, "request", f"form {given}", "not described"))
    return findings


def explain(name, side, error):
    """A finding per fault, its place without indices."""
    schema_errors = getattr(error.__cause__, "schema_errors", None)
    if not schema_errors:
        return [Finding(name, side, getattr(error, "name", ""), str(error.__cause__ or error))]
    outer = getattr(error, "name", "")
    findings = []
    for fault in schema_errors:
        steps = ([outer] if outer else []) + list(fault.absolute_path)
        at = ".".join("*" if isinstance(step, int) else str(step) for step in steps)
        inner = lambda key: f"{at}.{key}" if at else key
        if fault.validator == "additionalProperties":
            extra = set(fault.instance) - set(fault.schema["properties"])
            findings.extend(Finding(name, side, inner(key), "not described") for key in sorted(extra))
        elif fault.validator == "required":
            key = next(key for key in fault.validator_value if f"'{key}' is a required" in fault.message)
            findings.append(Finding(name, side, inner(key), "missing"))
        else:
            findings.append(Finding(name, side, at, f"{fault.validator}: expected {fault.validator_value}"))
    return findings


def check_error(name, answer):
    try:
        body = json.loads(answer["body"])
    except ValueError:
        return [Finding(name, "answer", "", f"{answer['status']} without Twilio's error body")]
    findings = []
    for field, value in body.items():
        if not isinstance(value, ERROR_FIELDS.get(field, ())):
            findings.append(Finding(name, "answer", f"error {field}", "not a field of Twilio's errors"))
    if body.get("status") != answer["status"] or not body.get("message"):
        findings.append(Finding(name, "answer", "error", "status or message is missing"))
    if ("code" in body) != ("more_info" in body):
        findings.append(Finding(name, "answer", "error", "code and more_info belong together"))
    return findings


def read_recordings(files):
    for file in files:
        for line in file.read_text().splitlines():
            yield json.loads(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", nargs="+", type=pathlib.Path, help="files that the simulator wrote")
    parser.add_argument("--openapi", required=True, type=pathlib.Path, help="the folder of Twilio's description")
    parser.add_argument(
        "--requests-of",
        default="trunkline/",
        metavar="USER_AGENT",
        help="check the requests, too, of clients whose User-Agent begins so (default: %(default)s)",
    )
    parser.add_argument("--all-differences", action="store_true", help="fail if a listed difference was not seen")
    arguments = parser.parse_args()

    exchanges = list(read_recordings(arguments.recordings))
    differences = read_differences()
    asked_paths = {exchange["request"]["path"] for exchange in exchanges}
    descriptions = [
        (prefix, Description(arguments.openapi / file, host, asked_paths)) for prefix, file, host in DESCRIPTIONS
    ]
    findings, seen, requests = Counter(), set(), 0
    for exchange in exchanges:
        asked = exchange["request"]
        description = next((one for prefix, one in descriptions if asked["path"].startswith(prefix)), descriptions[0][1])
        check_request = asked["userAgent"].startswith(arguments.requests_of)
        requests += check_request
        for finding in check_exchange(description, exchange, check_request):
            covering = [difference for difference in differences if difference.covers(finding)]
            seen.update(covering)
            if not covering:
                findings[finding] += 1

    answers = sum(exchange["answer"] is not None for exchange in exchanges)
    print(f"{answers} answers and {requests} requests compared with Twilio's description;")
    print(f"{len(seen)} of {len(differences)} listed differences seen, {len(findings)} findings beyond them.")
    for finding, count in findings.most_common():
        print(f"  {count} x {finding}")
    unseen = [difference for difference in differences if difference not in seen]
    if arguments.all_differences:
        for difference in unseen:
            print(f"  listed, and nothing differs: {difference.operation}: {difference.at}: {difference.problem}")
    return 1 if findings or not exchanges or (arguments.all_differences and unseen) else 0


if __name__ == "__main__":
    sys.exit(main())
