"""Makes things in a fresh sandbox that routes can be asked about: a number, its order, a business, a key. Prints the
settings with which schemathesis asks about them now and then, and about ids of its own making otherwise.

Usage: prepare.py, with the environment of sandbox.env.
"""

import json
import os
import urllib.request

URL = os.environ["TRUNKLINE_URL"]


def call(method, path, body=None, key="TRUNKLINE_API_KEY"):
    """The answer to one request, which has to be a success."""
    headers = {"Authorization": f"Bearer {os.environ[key]}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def buy():
    search = {"countryCode": "US", "numberType": "local", "areaCode": "415", "limit": 1}
    found = call("POST", "/api/numbers/search", search)["numbers"][0]["phoneNumber"]
    return call("POST", "/api/numbers/purchase", {"phoneNumber": found, "displayName": "Front desk"})["number"]


def main():
    number = buy()
    order = call("GET", "/api/orders")["orders"][0]["id"]
    business = call("POST", "/api/businesses", {"name": "Corner Bakery"})["business"]["id"]
    key = call("POST", "/api/keys", {"scopes": ["read"]})["key"]["id"]
    user = os.environ["TRUNKLINE_USER_ID"]
    known = {
        "/api/numbers/{id}": number["id"],
        "/api/numbers/{id}/release": number["id"],
        "/api/orders/{id}": order,
        "/api/businesses/{id}": business,
        "/api/keys/{id}": key,
        "/api/keys/{id}/rotate": key,
        "/api/operator/orders/{id}": order,
        "/api/operator/orders/{id}/settle": order,
        "/api/operator/orders/{id}/void": order,
        "/api/operator/numbers/{name}": number["phone_number"],
        "/api/operator/numbers/{name}/write-off": number["id"],
        "/api/operator/numbers/{name}/release": number["id"],
        "/api/operator/numbers/{name}/keep": number["id"],
        "/api/operator/users/{id}/limits": user,
        "/api/operator/wallet/{userId}": user,
    }
    # A busy machine, or the simulated carrier, may have no time for a request: an answer as described as any other. A 500
    # is a mistake of ours.
    print('[checks]\nnot_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 502, 503]\n')
    for path, value in known.items():
        name = path[path.index("{") + 1 : path.index("}")]
        print(f'[[operations]]\ninclude-path = "{path}"\nparameters = {{ "path.{name}" = "{value}" }}\n')


main()
