"""The hook for pre-commit, installed by pre-commit itself as it is for whoever uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.files import ROOT
from tests.git_remotes import Repository


SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: hello}
spec:
  paths:
    /health: {methods: {GET: {integration: {type: MOCK}}}}
"""


CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks: [{{id: reconcile-validate}}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A checkout that uses the hook of this repository's last commit."""
    found = Repository(tmp_path / "checkout")
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    config = CONFIG.format(repository=ROOT, revision=revision)
    found.commit({"specs/hello.yaml": SPEC, "README": "Of no interest\n", ".pre-commit-config.yaml": config})
    return found


def pre_commit(repository: Repository, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "RECONCILE_"))}
    return subprocess.run(
        [Path(sys.executable).with_name("pre-commit"), "run", "reconcile-validate", *arguments],
        cwd=repository.folder,
        env={**plain, "PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_hook(repository: Repository, tmp_path: Path) -> None:
    home = tmp_path / "pre-commit"
    right = pre_commit(repository, home, "--all-files")
    assert right.returncode == 0, right.stdout + right.stderr
    assert "Passed" in right.stdout

    repository.commit({"specs/hello.yaml": SPEC.replace("methods", "methodes")})
    wrong = pre_commit(repository, home, "--all-files")
    assert wrong.returncode == 1
    assert "specs/hello.yaml:6:15: error: unknown field 'methodes'" in wrong.stdout
    assert "did you mean" in wrong.stdout

    other = pre_commit(repository, home, "--files", "README")
    assert other.returncode == 0
    assert "no files to check" in other.stdout
