"""What findings are about: rules with names that stay, since people mute and count by them.

An impact has the rule that found it, and means what that says; what to do follows from its severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.impact import RULES
from controller.report import Severity


Level = Literal["error", "warning", "note"]
Check = Literal["", "valid", "planned", "allowed by rules", "readable", "in sync", "no drift", "no breaking change"]

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One sort of finding.

    name       never changes its meaning
    level      error: it fails, or callers are affected; warning: look at it; note: good to know
    title      a few words
    help       what it means and what to do
    check      the test that it fails (note: skips), where results are shown as tests
    security   true if somebody may get at what he could not before
    """

    name: str
    level: Level
    title: str
    help: str
    check: Check = ""
    security: bool = False

    @property
    def gravity(self) -> tuple[int, bool, bool]:
        """What sorts the gravest first; what callers feel comes before what they do not."""
        return LEVELS.index(self.level), not self.security, self.check != "no breaking change"


SPEC_ERROR = Rule(
    "spec-error",
    "error",
    "Wrong spec",
    "The specs of this checkout cannot be used as they are. Nothing is done before that is mended.",
    "valid",
)
SPEC_WARNING = Rule(
    "spec-warning",
    "warning",
    "Questionable spec",
    "The specs can be used, but do not say what they seem to say. --warnings-as-errors makes this an error.",
)
RUN_ERROR = Rule(
    "run-error",
    "error",
    "The run failed",
    "There is no plan for a target, or a part of the run went wrong. Mend the cause and run it again.",
    "planned",
)
REFUSED = Rule(
    "refused",
    "error",
    "Refused by a rule",
    "A rule forbids this plan as a whole. Who has reviewed it can allow exactly this plan with --allow.",
    "allowed by rules",
)
HELD = Rule(
    "held",
    "note",
    "Left alone",
    "Nothing is done here although something differs: suspended, kept, or left out by the policy.",
    "allowed by rules",
)
UNREADABLE = Rule(
    "unreadable",
    "error",
    "Could not be read",
    "Reading this from AWS failed, so it is left alone and what differs is not known.",
    "readable",
)
FAILED = Rule(
    "change-failed",
    "error",
    "Change failed",
    "AWS refused the change. The next run tries it again.",
    "in sync",
)
BLOCKED = Rule(
    "change-blocked",
    "warning",
    "Change not made",
    "What the change needs did not come about, so it was not tried. The next run tries it.",
    "in sync",
)
CONFLICT = Rule(
    "conflict",
    "warning",
    "Changed here and live",
    "What this change is about was also changed in AWS. Applying it overwrites that: "
    "take it over with `reconcile import --update`, or be sure that it may go.",
    "no drift",
)
DRIFT = Rule(
    "drift",
    "warning",
    "Drift",
    "It was changed in AWS and not in the specs. Applying undoes that; "
    "`reconcile import --update` takes it over into the specs.",
    "no drift",
)


def impact_rule(name: str, severity: Severity) -> Rule:
    """The rule of an impact. One that this version does not know may come from a report of a later one."""
    known = RULES.get(name)
    title = known.meaning if known else ("Breaks callers" if severity == "breaking" else "Open to more callers")
    if severity == "exposure":
        text = "Callers will be served who are not served now. Make sure that this is meant."
        return Rule(name, "error", title, text, "no breaking change", security=True)
    text = "Callers who are served now will not be, or not as before. Tell them first, or change it in steps."
    return Rule(name, "error", title, text, "no breaking change")
