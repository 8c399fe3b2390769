"""The base of a comparison: real git repositories, read without a second checkout."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.errors import SourceError
from controller.request import Request, earlier
from controller.settings import Settings, read_settings
from controller.source.git.base import Base, base
from controller.state import State
from tests.engine import HERE
from tests.git_remotes import Repository


KEY = """\
apiVersion: apigateway/v1
kind: ApiKey
metadata: {{name: {name}}}
spec: {{description: {text}}}
"""


def key(name: str, text: str = "one") -> str:
    return KEY.format(name=name, text=text)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "checkout")


@contextmanager
def shallow(repository: Repository, folder: Path) -> Iterator[Path]:
    repository.git("clone", "-q", "--depth", "1", "--no-tags", repository.url, str(folder))
    yield folder


def before(repository: Repository, found: Base, *specs: str, target: str = "default") -> State | None:
    """The state of the base, as a run on the checkout reads it; `specs` as `-f` names them."""
    settings = read_settings(repository.folder) if not specs else Settings()
    paths = tuple(repository.folder / name for name in (specs or settings.specs))
    return earlier(Request(paths, repository.folder, settings, target, base=found), HERE, str, State())


def names(state: State | None) -> list[str]:
    assert state is not None
    return sorted(f"{at.key}: {item.description}" for at, item in state.resources.items())  # type: ignore[attr-defined]


def test_the_specs_as_they_were(repository: Repository) -> None:
    first = repository.commit({"specs/a.yaml": key("a")})
    repository.commit({"specs/a.yaml": key("a", "two"), "specs/b.yaml": key("b")})
    (repository.folder / "specs/a.yaml").write_text(key("a", "three"))
    for wanted in (first, first[:8], "HEAD~1"):
        with base(repository.folder, wanted) as found:
            assert names(before(repository, found)) == ["a: one"]
            assert found.revision == first[:7]
    assert not found.folder.exists()
    assert (repository.folder / "specs/a.yaml").read_text() == key("a", "three")


def test_a_branch_that_only_the_remote_has(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"specs/a.yaml": key("a")})
    repository.git("branch", "release")
    repository.git("clone", "-q", repository.url, str(tmp_path / "clone"))
    with base(tmp_path / "clone", "release") as found:
        assert (found.folder / "specs/a.yaml").read_text() == key("a")


def test_a_checkout_in_a_folder_of_the_repository(repository: Repository) -> None:
    repository.commit({"apis/reconcile.yaml": "specs: [here/]\n", "apis/here/a.yaml": key("a"), "other.txt": "x"})
    with base(repository.folder / "apis", "HEAD") as found:
        assert sorted(path.name for path in found.folder.iterdir()) == ["here", "reconcile.yaml"]


@pytest.mark.parametrize("wanted", ["nope", "--help", "-n", "", "main:specs", "HEAD~9"])
def test_an_unknown_revision_is_one_sentence(repository: Repository, wanted: str) -> None:
    repository.commit({"specs/a.yaml": key("a")})
    with pytest.raises(SourceError, match="there is no revision") as error, base(repository.folder, wanted):
        pass
    assert "\n" not in str(error.value)


def test_a_shallow_clone_without_it_says_what_to_fetch(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit({"specs/a.yaml": key("a")})
    repository.commit({"specs/a.yaml": key("a", "two")})
    with shallow(repository, tmp_path / "clone") as clone:
        told = f"git fetch --depth=1 origin {first}:refs/remotes/origin/{first}"
        with pytest.raises(SourceError, match=told), base(clone, first):
            pass
        repository.git("-C", str(clone), "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/base")
        with base(clone, "base") as found:
            assert (found.folder / "specs/a.yaml").read_text() == key("a", "two")


def test_outside_of_git_there_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is in no git repository"), base(tmp_path, "main"):
        pass


def test_what_head_lacks_of_the_base_is_told(repository: Repository) -> None:
    repository.commit({"specs/a.yaml": key("a")})
    repository.git("checkout", "-q", "-b", "change")
    with base(repository.folder, "main") as found:
        assert found.warning == ""
    repository.git("checkout", "-q", "main")
    repository.commit({"specs/b.yaml": key("b")})
    repository.git("checkout", "-q", "change")
    with base(repository.folder, "main") as found:
        assert "HEAD does not contain main" in found.warning


def test_links_and_hooks_of_the_base_do_nothing(repository: Repository) -> None:
    repository.commit({"specs/a.yaml": key("a")})
    (repository.folder / "specs/link.yaml").symlink_to("/etc/passwd")
    repository.commit()
    with pytest.raises(SourceError, match="symbolic link"), base(repository.folder, "HEAD"):
        pass


# ── what a run makes of it ───────────────────────────────────────────────────────────────────────


def test_a_spec_that_was_wrong_is_unknown_and_told_of(repository: Repository) -> None:
    repository.commit({"specs/a.yaml": key("a"), "specs/b.yaml": key("b").replace("description", "descriptoin")})
    with base(repository.folder, "HEAD") as found:
        state = before(repository, found)
    assert names(state) == ["a: one"]
    assert state is not None
    assert [at.key for at in state.unknown] == ["b"]
    (warning,) = state.warnings
    assert str(warning).startswith(f"specs/b.yaml:4:8: in the base {found.revision}: unknown field")


def test_settings_that_cannot_be_read_leave_all_unknown(repository: Repository) -> None:
    repository.commit({"specs/a.yaml": key("a"), "reconcile.yaml": "ownr: x\n"})
    with base(repository.folder, "HEAD") as found:
        (repository.folder / "reconcile.yaml").unlink()
        state = before(repository, found)
    assert state is not None
    assert "unknown field" in str(state.warnings[0])


def test_the_settings_of_the_base_say_where_its_specs_are(repository: Repository) -> None:
    repository.commit({"reconcile.yaml": "specs: [old/]\n", "old/a.yaml": key("a")})
    with base(repository.folder, "HEAD") as found:
        (repository.folder / "reconcile.yaml").write_text("specs: [new/]\n")
        assert names(before(repository, found)) == ["a: one"]


def test_a_target_or_a_file_that_is_new_has_nothing_before(repository: Repository) -> None:
    repository.commit({"reconcile.yaml": "targets: {dev: {}}\n", "specs/a.yaml": key("a")})
    with base(repository.folder, "HEAD") as found:
        assert names(before(repository, found, "specs/new.yaml", target="dev")) == []
        (repository.folder / "reconcile.yaml").write_text("targets: {dev: {}, prod: {}}\n")
        assert names(before(repository, found, target="prod")) == []
