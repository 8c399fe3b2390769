"""The recipe of the image, without building it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


ROOT = Path(__file__).parents[2]
HADOLINT = Path(sys.executable).parent / "hadolint"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(file: str) -> dict[str, str]:
    """The versions of a lock by name."""
    lines = re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.txt", PROJECT["project"]["dependencies"]),
        ("requirements-build.txt", [*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"]]),
    ],
)
def test_the_lock_has_what_the_project_needs(file: str, wanted: list[str]) -> None:
    versions = locked(file)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {file}: make lock"
        assert requirement.specifier.contains(version), f"not {requirement.name} {version}: make lock"


def test_every_package_has_hashes() -> None:
    for file in ("requirements.txt", "requirements-build.txt"):
        entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE))
        assert len(entries) == len(locked(file))
        assert all("--hash=sha256:" in entry for entry in entries)


def test_the_base_is_pinned_and_of_the_oldest_python() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}", "scratch"}


@pytest.mark.skipif(not (HADOLINT.exists() or shutil.which("hadolint")), reason="pip install --group chart")
def test_hadolint() -> None:
    command = str(HADOLINT) if HADOLINT.exists() else "hadolint"
    done = subprocess.run([command, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_what_is_built_from_goes_to_the_builder() -> None:
    copied = " ".join(re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    assert set(copied.split()) == sent
