"""The tools that are compared, each as its users start it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import yaml

from bench import terraform
from bench.process import Spent, run
from bench.world import REGION, World, specs


ROOT = Path(__file__).parents[1]
OWNER = "bench"
COMMAND = str(ROOT / ".venv" / "bin" / "reconcile")


class Tool(Protocol):
    """One tool in a folder of its own, ready to use. All but `forget` raise CommandError."""

    def apply(self, world: World) -> Spent:
        """Brings the world about."""

    def plan(self, world: World) -> tuple[Spent, str]:
        """Plans, and changes nothing; what would be done, as text that is empty if it is nothing."""

    def forget(self) -> None:
        """What has to be done before the deletion and is not part of it."""

    def delete(self) -> Spent:
        """Takes everything away."""


@dataclass
class Reconcile:
    """This project's command. `options` are those of every run."""

    folder: Path
    endpoint: str
    timeout: float
    options: Sequence[str] = ()
    _digest: str = field(default="", init=False)

    def apply(self, world: World) -> Spent:
        """Brings the world about."""
        self._write(specs(world))
        return self._run("--yes")[0]

    def plan(self, world: World) -> tuple[Spent, str]:
        """Plans."""
        return self.look([specs(world)])

    def look(self, documents: Sequence[Mapping[str, Any]]) -> tuple[Spent, str]:
        """Plans for these documents, whatever they are."""
        self._write(*documents)
        spent, said = self._run("--dry-run")
        changes = json.loads(said)["targets"][0]["changes"]
        return spent, json.dumps(changes) if changes else ""

    def forget(self) -> None:
        """To delete all there is has to be allowed, by the digest of a plan."""
        elsewhere = specs(World(0))
        elsewhere["metadata"]["targets"] = ["elsewhere"]
        self._write(elsewhere)
        _, said = self._run("--dry-run", "--prune", ends=(4,))
        self._digest = json.loads(said)["targets"][0]["digest"]

    def delete(self) -> Spent:
        """Takes the API away, whose spec is gone."""
        return self._run("--yes", "--prune", "--allow", self._digest)[0]

    def _write(self, *documents: Mapping[str, Any]) -> None:
        settings = {
            "owner": OWNER,
            "targets": {"default": {}, "elsewhere": {}},
            "limits": {"deletes": None, "updates": None},
        }
        folder = self.folder / "specs"
        folder.mkdir(exist_ok=True)
        for document in documents:
            text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False)
            (folder / f"{document['metadata']['name']}.yaml").write_text(text)
        (self.folder / "reconcile.yaml").write_text(yaml.safe_dump(settings))

    def _run(self, *words: str, ends: Sequence[int] = (0,)) -> tuple[Spent, str]:
        fixed = ["--target", "default", "-o", "json", "--endpoint-url", self.endpoint]
        variables = {"AWS_REGION": REGION, "PYTHONPATH": str(ROOT)}
        command = [COMMAND, *fixed, *words, *self.options]
        return run(command, self.folder, variables, timeout=self.timeout, ends=ends)


Maker = Callable[[Path, str, float], Tool]
"""Sets a tool up: in this folder, for this endpoint, with so many seconds for a run."""

TOOLS: Mapping[str, Maker] = {
    "reconcile": Reconcile,
    "reconcile-calls": partial(Reconcile, options=("--strategy", "calls")),
    "reconcile-import": partial(Reconcile, options=("--strategy", "import")),
    "terraform-body": partial(terraform.prepare, terraform.BODY),
    "terraform-objects": partial(terraform.prepare, terraform.OBJECTS),
}

USUAL = ("reconcile", "terraform-body", "terraform-objects")
"""What is compared unless something else is asked for; the others show one strategy of ours alone."""
