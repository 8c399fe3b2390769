"""The order of a plan: every rule on the smallest world that shows it, carried out on the fake."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from controller.diff import diff
from tests.cases.steps import carry_out, get, mock, planned, shop, turn
from tests.engine import desired
from tests.fake import FakeGateway


JSON = "application/json"
PET, TOY = {"schema": {"type": "object"}}, {"schema": {"type": "array"}}
TOKEN = {"type": "TOKEN", "lambda": "check"}
USERS = {"type": "COGNITO_USER_POOLS", "providerARNs": ["arn:aws:cognito-idp:eu-west-1:1:userpool/a"]}
EMPTY = shop(paths={})


def private(link: str) -> dict[str, object]:
    return {
        "type": "HTTP",
        "uri": "https://a.example",
        "integrationHttpMethod": "GET",
        "connectionType": "VPC_LINK",
        "connectionId": link,
    }


# ── a resource comes after what it needs ─────────────────────────────────────────────────────────


def test_models_come_before_the_models_and_methods_that_refer_to_them():
    pets = {"schema": {"type": "array", "items": {"$ref": "#/models/Pet"}}}
    steps = turn(EMPTY, shop(models={"Pet": PET, "List": pets}, paths={"/": get(requestModels={JSON: "List"})}))
    assert steps == ["CreateModel Pet", "CreateModel List", "PutMethod / GET", "PutIntegration / GET Integration"]


def test_a_path_comes_after_the_path_above_it():
    steps = turn(EMPTY, shop(paths={"/a/b/c": get()}))
    assert steps[:3] == ["CreateResource /a", "CreateResource /a/b", "CreateResource /a/b/c"]


def test_an_integration_response_comes_after_the_methods_response():
    answer = {"responseParameters": {"method.response.header.X": "'1'"}}
    integration = {"type": "MOCK", "responses": {"200": answer}}
    responses = {"200": {"responseParameters": {"method.response.header.X": False}}}
    steps = turn(
        EMPTY, shop(paths={"/": {"methods": {"GET": {"integration": integration, "responses": responses}}}})
    )
    assert steps.index("PutMethodResponse / GET 200") < steps.index("PutIntegrationResponse / GET Integration 200")


def test_everything_waits_for_the_api():
    steps = turn({}, shop(models={"Pet": PET}, paths={"/": get()}, requestValidators={"body": {}}))
    assert steps[0] == "CreateRestApi shop"
    assert steps[-1] == "PutIntegration / GET Integration"


# ── a resource leaves after whoever needed it has let go ─────────────────────────────────────────


def test_an_authorizer_leaves_after_the_method_that_used_it_was_updated():
    before = shop(authorizers={"guard": TOKEN}, paths={"/": get(authorizer="guard")})
    assert turn(before, shop(paths={"/": get()})) == ["UpdateMethod / GET", "DeleteAuthorizer guard"]


def test_a_model_leaves_after_the_method_that_used_it_was_deleted():
    before = shop(models={"Pet": PET}, paths={"/": get(requestModels={JSON: "Pet"}), "/a": get()})
    assert turn(before, shop(paths={"/a": get()})) == ["DeleteMethod / GET", "DeleteModel Pet"]


def test_a_replaced_authorizer_is_let_go_and_taken_again_by_methods_that_did_not_change():
    def world(authorizer):
        return shop(
            authorizers={"guard": authorizer}, paths={"/": get(authorizer="guard", authorizationType="CUSTOM")}
        )

    same_type = shop(authorizers={"guard": TOKEN}, paths={"/": get(authorizer="guard")})
    other_type = shop(authorizers={"guard": USERS}, paths={"/": get(authorizer="guard")})
    release_and_retake = [
        "UpdateMethod / GET",
        "DeleteAuthorizer guard",
        "CreateAuthorizer guard",
        "UpdateMethod / GET",
    ]
    assert turn(same_type, other_type) == release_and_retake
    assert turn(world(TOKEN), world({**TOKEN, "type": "REQUEST", "identitySource": "method.request.header.A"})) == [
        "UpdateAuthorizer guard"
    ]


def test_a_replaced_model_is_let_go_and_taken_again_by_methods_that_did_not_change():
    def world(content):
        return shop(models={"Pet": {**PET, "contentType": content}}, paths={"/": get(requestModels={JSON: "Pet"})})

    steps = turn(world(JSON), world("application/xml"))
    assert steps == ["UpdateMethod / GET", "DeleteModel Pet", "CreateModel Pet", "UpdateMethod / GET"]


def test_a_private_integration_leaves_before_its_method():
    before = shop(paths={"/": get(), "/a": {"methods": {"GET": {"integration": private("link01")}}}})
    assert turn(before, shop(paths={"/": get()})) == ["DeleteIntegration /a GET Integration", "DeleteResource /a"]


def test_a_deleted_path_takes_everything_below_it_along_in_one_call():
    before = shop(paths={"/": get(), "/a": get(), "/a/b": get(), "/a/b/c": get()})
    assert turn(before, shop(paths={"/": get()})) == ["DeleteResource /a"]


def test_a_deleted_api_takes_everything_along_in_one_call():
    before = shop(paths={"/": get(), "/a": get()}, models={"Pet": PET}, stages={"prod": {}})
    assert turn(before, {}, history=0) == ["DeleteRestApi shop"]


def test_a_deleted_api_leaves_after_usage_plans_let_go_of_its_stages():
    key = {"ApiKey acme": {}}
    before = shop(paths={"/": get()}, stages={"prod": {}})
    plan = {"UsagePlan gold": {"apiStages": [{"api": "shop", "stage": "prod"}], "apiKeys": ["acme"]}}
    assert turn({**before, **plan, **key}, {}) == [
        "UpdateUsagePlan gold",
        "DeleteUsagePlan gold",
        "DeleteApiKey acme",
        "DeleteRestApi shop",
    ]
    kept = {"UsagePlan gold": {"apiKeys": ["acme"]}}
    assert turn({**before, **plan, **key}, {**kept, **key}) == ["UpdateUsagePlan gold", "DeleteRestApi shop"]


# ── what only one can hold is given up before it is taken ────────────────────────────────────────


def mapped(**patterns: str) -> dict[str, object]:
    codes = {code.removeprefix("s"): pattern for code, pattern in patterns.items()}
    answers = {code: {"selectionPattern": pattern} for code, pattern in codes.items()}
    return {
        "/": {
            "methods": {
                "GET": {
                    "integration": {"type": "MOCK", "responses": answers},
                    "responses": {code: {} for code in codes},
                }
            }
        }
    }


def test_integration_responses_swap_their_patterns():
    steps = turn(shop(paths=mapped(s200="", s400="4..")), shop(paths=mapped(s200="4..", s400="")))
    assert sorted(steps[:2]) == [
        "DeleteIntegrationResponse / GET Integration 200",
        "DeleteIntegrationResponse / GET Integration 400",
    ]
    assert len(steps) == 4


def test_a_pattern_that_is_given_up_is_taken_after_that():
    steps = turn(shop(paths=mapped(s200="", s400="4..")), shop(paths=mapped(s400="")))
    gone, taken = "DeleteIntegrationResponse / GET Integration 200", "PutIntegrationResponse / GET Integration 400"
    assert steps.index(gone) < steps.index(taken)


def test_a_variable_sibling_leaves_before_another_one_comes():
    before = shop(paths={"/": get(), "/{id}": get(), "/a": get()})
    steps = turn(before, shop(paths={"/": get(), "/{proxy+}": get(), "/a": get()}))
    assert steps[:2] == ["DeleteResource /{id}", "CreateResource /{proxy+}"]


def test_a_key_with_the_value_of_another_comes_after_that_one_is_gone():
    value = SecretStr("0123456789abcdefghij")
    assert turn({"ApiKey old": {"value": value}}, {"ApiKey new": {"value": value}}) == [
        "DeleteApiKey old",
        "CreateApiKey new",
    ]


# ── renames ──────────────────────────────────────────────────────────────────────────────────────


def test_a_renamed_variable_is_one_call_and_what_is_below_follows():
    before = shop(paths={"/": get(), "/{id}": get(), "/{id}/toys": get()})
    after = shop(paths={"/": get(), "/{pet}": get(), "/{pet}/toys": get()})
    assert turn(before, after) == ["UpdateResource /{pet}"]


def test_a_renamed_fixed_segment_is_one_call_if_its_content_stayed():
    before = shop(paths={"/": get(), "/pets": get(operationName="x"), "/pets/toys": get()})
    after = shop(paths={"/": get(), "/dogs": get(operationName="x"), "/dogs/toys": get()})
    assert turn(before, after) == ["UpdateResource /dogs"]


def test_a_fixed_segment_with_another_content_is_a_deletion_and_a_creation():
    steps = turn(
        shop(paths={"/": get(), "/pets": get()}), shop(paths={"/": get(), "/dogs": get(apiKeyRequired=True)})
    )
    assert "DeleteResource /pets" in steps
    assert "CreateResource /dogs" in steps


@pytest.mark.timeout(30)
def test_looking_for_renames_among_many_siblings_takes_no_time():
    before, after = (desired(shop(paths={f"/{name}{n}": get() for n in range(300)})) for name in "ab")
    assert len(diff(after, before)) == 600 * 3


def test_a_path_that_moves_to_another_parent_is_deleted_and_created():
    before = shop(paths={"/": get(), "/a": get(), "/a/pets": get()})
    after = shop(paths={"/": get(), "/a": get(), "/b/pets": get()})
    assert sorted(turn(before, after)) == [
        "CreateResource /b",
        "CreateResource /b/pets",
        "DeleteResource /a/pets",
        "PutIntegration /b/pets GET Integration",
        "PutMethod /b/pets GET",
    ]


def test_a_renamed_variable_below_a_renamed_one_takes_two_calls():
    before = shop(paths={"/": get(), "/{id}/x/{toy}": get()})
    after = shop(paths={"/": get(), "/{pet}/x/{ball}": get()})
    assert turn(before, after) == ["UpdateResource /{pet}", "UpdateResource /{pet}/x/{ball}"]


# ── few calls ────────────────────────────────────────────────────────────────────────────────────


def test_all_changes_of_a_usage_plan_go_into_one_call():
    world = shop(paths={"/": get()}, stages={"dev": {}, "prod": {}})
    dev = {"api": "shop", "stage": "dev", "throttle": {"GET /": {"rateLimit": 1.0}}}
    before = {"apiStages": [dev], "quota": {"limit": 5, "period": "DAY"}, "description": "a"}
    prod = {"api": "shop", "stage": "prod", "throttle": {"GET /": {"burstLimit": 2}}}
    after = {"apiStages": [prod], "throttle": {"rateLimit": 1.5}, "description": "b"}
    assert turn({**world, "UsagePlan gold": before}, {**world, "UsagePlan gold": after}) == ["UpdateUsagePlan gold"]


def test_a_replaced_integration_brings_its_responses_along():
    def world(kind):
        where = {"uri": "https://a.example", "integrationHttpMethod": "GET"}
        integration = {"type": kind, "responses": {"200": {}}, **where}
        return shop(paths={"/": {"methods": {"GET": {"integration": integration, "responses": {"200": {}}}}}})

    assert turn(world("HTTP"), world("MOCK")) == [
        "DeleteIntegration / GET Integration",
        "PutIntegration / GET Integration",
        "PutIntegrationResponse / GET Integration 200",
    ]


def test_a_changed_template_is_put_once():
    def world(text):
        answers = {"responses": {"200": {"responseTemplates": {"application/json": text}}}}
        method = mock(responses={"200": {}}) | {"integration": {"type": "MOCK", **answers}}
        return shop(paths={"/": {"methods": {"GET": method}}})

    assert turn(world("a"), world("b")) == ["PutIntegrationResponse / GET Integration 200"]


def test_the_price_is_the_calls_and_the_seconds_that_the_quotas_allow():
    fake = FakeGateway()
    few = planned(fake, shop(paths={"/": get()}))
    assert (few.calls, few.seconds) == (3, 0.0)
    many = planned(fake, shop(paths={f"/p{number}": get() for number in range(20)}))
    # 1 API and 20 times path, method, integration: 61 calls at 10 a second beyond 40 at once, 20 paths at 5.
    assert (many.calls, many.seconds) == (61, 3.0)


def test_a_version_that_a_spec_no_longer_gives_stays_as_aws_cannot_take_it_away():
    before, after = shop(version="2", paths={"/": get()}), shop(paths={"/": get()})
    assert turn(before, after) == []
    assert turn(before, shop(version="3", name="Shop", paths={"/": get()})) == [
        "UpdateRestApi shop",
        "PutRestApi shop",
    ]


def test_a_key_with_a_new_value_is_in_its_plan_before_the_old_one_leaves():
    def world(value: str) -> dict[str, dict[str, object]]:
        return {"ApiKey acme": {"value": SecretStr(value * 25)}, "UsagePlan gold": {"apiKeys": ["acme"]}}

    calls = [call.split(" ")[0] for call in turn(world("a"), world("b"))]
    assert calls == ["CreateApiKey", "CreateUsagePlanKey", "DeleteUsagePlanKey", "DeleteApiKey"]


def test_a_private_api_becomes_an_edge_one_in_two_calls_as_aws_has_no_direct_way():
    before = shop(endpointConfiguration={"types": ["PRIVATE"]}, paths={"/": get()})
    after = shop(endpointConfiguration={"types": ["EDGE"]}, paths={"/": get()})
    assert turn(before, after) == ["UpdateRestApi shop", "UpdateRestApi shop"]


def test_a_cycle_of_changes_does_not_come_about_when_validators_and_authorizers_are_exchanged():
    def world(one, other):
        method = mock(authorizer=one, requestValidator=other)
        return shop(
            authorizers={one: TOKEN}, requestValidators={other: {}}, paths={"/": {"methods": {"GET": method}}}
        )

    fake = FakeGateway()
    carry_out(fake, world("a", "b"))
    steps = [step.call.operation for step in planned(fake, world("c", "d")).steps]
    middle = steps.index("UpdateMethod")
    assert set(steps[:middle]) == {"CreateAuthorizer", "CreateRequestValidator"}
    assert set(steps[middle + 1 :]) == {"DeleteAuthorizer", "DeleteRequestValidator"}


# ── circles ──────────────────────────────────────────────────────────────────────────────────────


def model(*names: str) -> dict[str, object]:
    return {"schema": {"type": "object", "properties": {name: {"$ref": f"#/models/{name}"} for name in names}}}


PAIR = {"Home": model("Pet"), "Pet": model("Home")}
RING = {"A": model("B"), "B": model("C"), "C": model("A")}


def test_of_a_circle_one_model_comes_bare_and_takes_its_references_up_later():
    steps = turn(EMPTY, shop(paths={}, models=PAIR))
    assert steps == ["CreateModel Home", "CreateModel Pet", "UpdateModel Home"]
    assert turn(EMPTY, shop(paths={}, models=RING))[-1] == "UpdateModel A"


def test_a_circle_lets_go_before_it_leaves():
    steps = turn(shop(paths={}, models=RING), EMPTY)
    assert steps == ["UpdateModel A", "DeleteModel B", "DeleteModel C", "DeleteModel A"]


def test_one_of_a_circle_leaves():
    steps = turn(shop(paths={}, models=RING), shop(paths={}, models={"A": model(), "C": model("A")}))
    assert steps == ["UpdateModel A", "DeleteModel B"]


def test_a_circle_that_is_live_is_updated_in_one_call_each():
    other = {"Home": model("Pet") | {"description": "x"}, "Pet": model("Home") | {"description": "y"}}
    steps = turn(shop(paths={}, models=PAIR), shop(paths={}, models=other))
    assert steps == ["UpdateModel Home", "UpdateModel Pet"]


def test_a_circle_grows():
    ring = {"Home": model("Toy"), "Toy": model("Pet"), "Pet": model("Home")}
    steps = turn(shop(paths={}, models=PAIR), shop(paths={}, models=ring))
    assert steps == ["UpdateModel Home", "CreateModel Toy", "UpdateModel Home"]


def test_a_model_may_refer_to_itself():
    assert turn(EMPTY, shop(paths={}, models={"Tree": model("Tree")})) == ["CreateModel Tree", "UpdateModel Tree"]
