"""What a reader must not miss: which changes are dangers, in which order, and once each."""

import pytest

from controller.render.dangers import dangers
from controller.report import ChangeView
from tests.stub_engine import change, report


def impact(severity: str, message: str, **facts: object) -> dict[str, object]:
    return {"rule": "r", "severity": severity, "message": message, **facts}


def told(*changes: ChangeView, **facts: object) -> list[tuple[str, str, str]]:
    return [(item.label, item.name, item.message) for item in dangers(report(*changes, **facts))]


def test_the_gravest_comes_first_and_of_equals_what_is_called_most() -> None:
    exposed = impact("exposure", "anybody may call it")
    broken = impact("breaking", "it asks for a key")
    found = dangers(
        report(
            change("Path /b > Method GET", action="update", impacts=(broken,), requests=5),
            change("Path /a > Method GET", action="update", impacts=(broken, exposed), requests=700),
            change("Stage prod", action="delete"),
            change("Path /c > Method GET", action="update", origin="conflict"),
            change("Model M", action="replace", reason="so it is"),
            refusals=("too much",),
            errors=("AccessDenied",),
        )
    )
    assert [(item.label, item.requests) for item in found] == [
        ("refused", None),
        ("error", None),
        ("exposure", 700),
        ("delete", None),
        ("breaking", 700),
        ("breaking", 5),
        ("replace", None),
        ("conflict", None),
    ]


@pytest.mark.parametrize(
    "path", ["Model M", "Path /x", "Deployment d1", "RequestValidator v", "Path /x > Method GET > Integration"]
)
def test_what_nobody_calls_goes_without_a_word(path: str) -> None:
    assert told(change(path, action="delete")) == []


@pytest.mark.parametrize("path", ["", "Stage prod", "Path /x > Method GET"])
def test_what_is_called_does_not(path: str) -> None:
    name = f"RestApi photos > {path}" if path else "RestApi photos"
    assert told(change(path, action="delete")) == [("delete", name, "is deleted")]
    assert told(change(path, action="delete", status="held")) == []


def test_what_goes_with_its_root_is_counted() -> None:
    inside = [change(path, action="delete") for path in ("Stage prod", "Path /x", "Path /x > Method GET")]
    assert told(change(action="delete"), *inside) == [
        ("delete", "RestApi photos", "is deleted, with 3 resources inside")
    ]
    assert [name for _, name, _ in told(*inside)] == [
        "RestApi photos > Path /x > Method GET",
        "RestApi photos > Stage prod",
    ]


def test_a_deletion_says_what_it_does_to_callers() -> None:
    gone = change(action="delete", impacts=(impact("breaking", "the API answers no more"),), origin="drift")
    assert told(gone) == [("delete", "RestApi photos", "the API answers no more; it was made by hand")]


def test_an_impact_is_where_its_field_is_written_or_else_its_change() -> None:
    here = impact("breaking", "a", file="a.yaml", line=3, column=2)
    found = dangers(report(change(action="update", impacts=(here, impact("breaking", "b")), file="b.yaml", line=9)))
    assert [item.place.place for item in found] == ["a.yaml:3:2", "b.yaml:9:0"]


def test_after_an_apply_only_what_went_wrong() -> None:
    assert told(
        change("Stage prod", action="delete", status="applied"),
        change("Stage a", status="blocked", error="waits for: b"),
        change("Stage b", status="failed", error="no"),
        dryRun=False,
        refusals=("allowed since",),
    ) == [
        ("failed", "RestApi photos > Stage b", "no"),
        ("blocked", "RestApi photos > Stage a", "waits for: b"),
    ]
