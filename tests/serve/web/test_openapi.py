"""The committed description names every route and nothing else, and requests made from it find it right."""

import re

import pytest

from ostinato.serve.web.app import ASSETS, ROUTES, openapi

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


def test_every_route_is_described_and_no_other():
    described = {
        (method.upper(), path)
        for path, item in openapi()["paths"].items()
        for method in item
        if method in METHODS
    }
    assert described == {(method, path) for method, path, _ in ROUTES} | {("GET", "/metrics")}
    assert not described & {("GET", path) for path in ASSETS}


def test_every_place_in_an_address_is_described():
    document = openapi()
    for path, item in document["paths"].items():
        names = {
            document["components"]["parameters"][one["$ref"].rpartition("/")[2]]["name"]
            for one in item.get("parameters", [])
            if "$ref" in one
        }
        assert set(re.findall(r"\{(\w+)\}", path)) == names


def test_operations_are_called_as_their_endpoints():
    endpoints = {(method, path): endpoint.__name__ for method, path, endpoint in ROUTES}
    for path, item in openapi()["paths"].items():
        for method in METHODS:
            if method in item and (method.upper(), path) in endpoints:
                name = (
                    item[method]["operationId"]
                    .removesuffix("_of_version")
                    .removesuffix("_slash")
                    .removeprefix("all_")
                )
                assert name == endpoints[method.upper(), path]


def answered_as_described(server, model, wanted):
    """Make requests, good and bad, to these routes for a model; return which routes were tried."""
    schemathesis = pytest.importorskip("schemathesis", reason="this needs schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import checks

    held = [checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance]
    held.append(checks.response_schema_conformance)
    quick = settings(
        max_examples=8,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
        database=None,
    )
    tried = set()
    for found in schemathesis.openapi.from_dict(openapi()).get_all_operations():
        operation = found.ok()
        if not wanted(operation.path):
            continue

        @quick
        @given(case=operation.as_strategy())
        def answered(case):
            if "model" in (case.path_parameters or {}):
                case.path_parameters["model"] = model
            response = case.call(base_url=server.url, timeout=60)
            case.validate_response(response, checks=held)

        answered()
        tried.add(operation.label)
    return tried


@pytest.mark.filterwarnings("ignore")
def test_requests_made_from_it_are_answered_as_it_says(server):
    """Schemathesis makes requests from the description: no answer is a bug or undescribed."""
    by_hand = ("/load", "/unload")  # 501 and 403 by design
    assert len(answered_as_described(server, "series", lambda path: not path.endswith(by_hand))) > 20


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", ["series", "known", "patients", "stars", "sound", "video"])
def test_models_of_every_kind_keep_to_it(kinds, model):
    routes = ("/predict", "/forecast", "/transcribe", "{model}/infer", "{model}/config")
    assert len(answered_as_described(kinds[0], model, lambda path: path.endswith(routes))) == 5
