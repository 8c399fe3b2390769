"""Reports as JUnit XML, for the test views of every CI: what is as it should be passes.

A suite for each target; in it a test for the target's plan and rules, and for each root one for each check. Roots
in which nothing differs are in no report. No time is told: the same report is the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from controller.render.findings import Finding, findings
from controller.render.frame import Frame
from controller.render.rules import Check
from controller.render.writer import visible
from controller.report import Report


SPECS = "specs"
"""The suite of what is of no target."""

OF_TARGET: tuple[Check, ...] = ("planned", "allowed by rules")
OF_ROOT: tuple[Check, ...] = ("readable", "allowed by rules", "in sync", "no drift", "no breaking change")

Verdict = Literal["", "failure", "error", "skipped"]

# Left over by what makes text visible, and not allowed in XML 1.0.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Case:
    """One test: of what, which, how it went, by which rule and why."""

    of: str
    name: str
    verdict: Verdict = ""
    rule: str = ""
    lines: tuple[str, ...] = ()


def document(reports: Sequence[Report], frame: Frame) -> str:
    """The suites, with an XML declaration."""
    found = findings(reports, frame)
    suites = [(SPECS, list(_spec_cases(found)))]
    suites += [(report.target, list(_cases(report, found))) for report in reports]
    known = {report.target for report in reports}
    for target in sorted({item.target for item in found} - known - {""}):
        suites.append((target, list(_target_cases(target, [item for item in found if item.target == target]))))
    top = ET.Element("testsuites", name="reconcile")
    for name, cases in suites:
        if cases or len(suites) == 1:
            _suite(top, name, cases or [_Case(SPECS, "valid")])
    ET.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(top, encoding="unicode")}'


# ── what passes and what does not ────────────────────────────────────────────────────────────────


def _spec_cases(found: Sequence[Finding]) -> Iterator[_Case]:
    """A test for each file in which something is wrong."""
    wrong = [item for item in found if item.rule.check == "valid"]
    for file in sorted({item.place.file for item in wrong}):
        lines = tuple(_located(item) for item in wrong if item.place.file == file)
        yield _Case(SPECS, file or "valid", "failure", wrong[0].rule.name, lines)


def _target_cases(target: str, found: Iterable[Finding]) -> Iterator[_Case]:
    mine = [item for item in found if not item.root]
    for check in OF_TARGET:
        yield _judged(target, check, mine)


def _cases(report: Report, found: Sequence[Finding]) -> Iterator[_Case]:
    mine = [item for item in found if item.target == report.target]
    yield from _target_cases(report.target, mine)
    roots = {change.root for change in report.changes} | report.unreadable.keys() | report.held.keys()
    for root in sorted(roots):
        of_root = [item for item in mine if item.root == root]
        for check in OF_ROOT:
            yield _case(report, root, check, _judged(root, check, of_root))


def _case(report: Report, root: str, check: Check, judged: _Case) -> _Case:
    """The test, also where there is no finding: not all that has none is as it should be."""
    if judged.verdict:
        return judged
    if check != "readable" and (reason := report.unreadable.get(root)):
        return _Case(root, check, "skipped", "unreadable", (reason,))
    return _in_sync(report, root) if check == "in sync" else judged


def _judged(of: str, check: Check, found: Iterable[Finding]) -> _Case:
    against = [item for item in found if item.rule.check == check]
    bad = [item for item in against if item.rule.level != "note"]
    if not against:
        return _Case(of, check)
    failed: Verdict = "error" if check in ("planned", "readable") else "failure"
    lines = tuple(_located(item) for item in bad or against)
    return _Case(of, check, failed if bad else "skipped", against[0].rule.name, lines)


def _in_sync(report: Report, root: str) -> _Case:
    """What is to be done because specs were changed is nobody's fault; any other difference is to be looked at."""
    if reason := report.held.get(root):
        return _Case(root, "in sync", "skipped", "held", (reason,))
    left = [item for item in report.changes if item.root == root and item.status in ("planned", "held")]
    if not left:
        return _Case(root, "in sync")
    lines = tuple(f"to {item.action}: {item.name}" for item in left)
    meant = all(item.origin == "intended" or item.status == "held" for item in left)
    return _Case(root, "in sync", "skipped" if meant else "failure", "pending", lines)


def _located(item: Finding) -> str:
    place = f"{item.path}:{item.line}" + (f":{item.place.column}" if item.place.column > 0 else "")
    return f"{place}: {item.text}" if item.place.file else item.text


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────


def _suite(top: ET.Element, name: str, cases: Sequence[_Case]) -> None:
    verdicts = [case.verdict for case in cases]
    counts = {"tests": len(cases), "failures": verdicts.count("failure"), "errors": verdicts.count("error")}
    counts["skipped"] = verdicts.count("skipped")
    suite = ET.SubElement(top, "testsuite", name=_xml(name), time="0")
    for key, count in counts.items():
        suite.set(key, str(count))
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=_xml(case.of), name=_xml(case.name), time="0")
        if case.verdict:
            _why(element, case)


def _why(element: ET.Element, case: _Case) -> None:
    lines = [_xml(line) for line in case.lines]
    rest = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    why = ET.SubElement(element, case.verdict, message=f"{lines[0]}{rest}")
    if case.verdict != "skipped":
        why.set("type", _xml(case.rule))
    why.text = "\n".join(lines)


def _xml(text: str) -> str:
    """The text as XML 1.0 can hold it, on one line."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), visible(text))
