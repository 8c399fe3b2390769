"""Following a git remote: what is fetched, what is written out, and what is refused."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.errors import SourceError
from controller.source import load
from controller.source.git.export import Limits
from controller.source.git.remote import Remote
from tests.git_remotes import Repository


LOCAL = frozenset({"file", "http", "https", "ssh"})
SPEC = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: orders}\nspec: {}\n"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


def follow(origin: Repository | str, tmp_path: Path, ref: str = "main", **more: Any) -> Remote:
    url = origin if isinstance(origin, str) else origin.url
    return Remote(url, ref, home=tmp_path / "home", **{"protocols": LOCAL, **more})


def exported(remote: Remote) -> Path:
    return remote.export(remote.fetch())


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def refused(remote: Remote) -> str:
    with pytest.raises(SourceError) as error:
        exported(remote)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_branch_is_followed(origin: Repository, tmp_path: Path) -> None:
    first = origin.commit({"specs/a.yaml": SPEC, "README.md": "x"}, "--date", "2020-01-01T00:00:00Z")
    remote = follow(origin, tmp_path)
    commit = remote.fetch()
    assert (commit.sha, commit.author, commit.short) == (first, "Ada", first[:12])
    assert abs((datetime.now(UTC) - commit.committed).total_seconds()) < 600
    folder = remote.export(commit)
    assert folder.name == first
    assert files(folder) == {"specs/a.yaml": SPEC.encode(), "README.md": b"x"}
    second = origin.commit({"specs/a.yaml": SPEC + "# more\n"})
    assert exported(remote).name == second
    assert remote.fetch().sha == second


def test_the_loader_reads_what_was_exported(origin: Repository, tmp_path: Path) -> None:
    sha = origin.commit(
        {"specs/a.yaml": SPEC.replace("{}", "{description: {$file: words.txt}}"), "specs/words.txt": "W"}
    )
    remote = follow(origin, tmp_path, path="specs")
    folder = exported(remote)
    loaded = load([folder / remote.path], checkout=folder, variables={}, environ={}, commit=sha[:12])
    assert loaded.problems == ()
    assert loaded.revision == sha[:12]
    assert loaded.documents[0].spec == {"description": "W"}


def test_nothing_is_fetched_while_the_commit_is_the_same(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": SPEC})
    remote = follow(origin, tmp_path)
    remote.fetch()
    (cache,) = (tmp_path / "home").glob("*.git")
    before = sorted(path.name for path in cache.rglob("*"))
    remote.fetch()
    assert sorted(path.name for path in cache.rglob("*")) == before


def test_a_folder_stays_while_it_is_read_and_is_not_taken_from_others(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": SPEC})
    remote = follow(origin, tmp_path)
    folder = exported(remote)
    before = (folder.stat().st_ino, (folder / "a.yaml").stat().st_ino)
    assert exported(remote) == folder
    assert (folder.stat().st_ino, (folder / "a.yaml").stat().st_ino) == before
    (folder / "a.yaml").write_text("changed by somebody")
    (folder / "b.yaml").write_text("added by somebody")
    assert files(exported(follow(origin, tmp_path))) == {"a.yaml": SPEC.encode()}, "as of a process before"


def test_folders_are_private_and_old_ones_go(origin: Repository, tmp_path: Path) -> None:
    remote = follow(origin, tmp_path)
    folders = []
    for number in range(4):
        origin.commit({"specs/a.yaml": f"# {number}\n"})
        folders.append(exported(remote))
    assert [folder.exists() for folder in folders] == [False, False, True, True]
    assert {oct(path.stat().st_mode & 0o777) for path in (folders[-1], folders[-1] / "specs")} == {"0o700"}


@pytest.mark.parametrize("ref", ["main", "refs/heads/main", "HEAD", "v1", "annotated", "sha"])
def test_what_a_ref_may_be(origin: Repository, tmp_path: Path, ref: str) -> None:
    sha = origin.commit({"a.yaml": SPEC})
    origin.git("tag", "v1")
    origin.git("tag", "-a", "annotated", "-m", "x")
    assert follow(origin, tmp_path, sha if ref == "sha" else ref).fetch().sha == sha


def test_a_branch_goes_before_a_tag_and_names_are_whole(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    origin.git("tag", "main")
    origin.git("update-ref", "refs/heads/other/release", "HEAD")
    sha = origin.commit({"a.yaml": "2"})
    assert follow(origin, tmp_path).fetch().sha == sha
    assert refused(follow(origin, tmp_path, "release")) == f"{origin.url} has no branch or tag release"


def test_a_force_push_is_a_change_like_any_other(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    remote = follow(origin, tmp_path)
    exported(remote)
    (origin.folder / "a.yaml").unlink()
    sha = origin.commit({"b.yaml": "2"}, "--amend")
    folder = exported(remote)
    assert folder.name == sha
    assert files(folder) == {"b.yaml": b"2"}


def test_only_the_folder_with_the_specs_is_written(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"apis/a.yaml": SPEC, "apis-old/b.yaml": "x", "c.yaml": "x"})
    assert set(files(exported(follow(origin, tmp_path, path="/apis/")))) == {"apis/a.yaml"}
    assert "has no elsewhere" in refused(follow(origin, tmp_path, path="elsewhere"))


# --- what goes wrong


def test_an_unreachable_remote_is_one_sentence(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere").as_uri()
    told = refused(follow(url, tmp_path))
    assert told.startswith(f"{url} cannot be read: ")
    assert "does not appear to be a git repository" in told


def test_a_remote_that_comes_back_is_followed_again(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": SPEC})
    remote = follow(origin, tmp_path)
    remote.fetch()
    origin.folder.rename(tmp_path / "away")
    refused(remote)
    (tmp_path / "away").rename(origin.folder)
    assert exported(remote).exists()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.git"
        began = time.monotonic()
        told = refused(follow(url, tmp_path, limits=Limits(answer=0.3)))
        assert told == f"{url} cannot be read: it was not done within 0.3 s"
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("damage", ["garbage in config", "packs gone", "packs cut", "head gone"])
def test_a_broken_cache_is_thrown_away(origin: Repository, tmp_path: Path, damage: str) -> None:
    sha = origin.commit({"a.yaml": SPEC * 50})
    remote = follow(origin, tmp_path)
    commit = remote.fetch()
    (cache,) = (tmp_path / "home").glob("*.git")
    for pack in cache.glob("objects/pack/pack-*"):
        match damage:
            case "packs gone":
                pack.unlink()
            case "packs cut":
                pack.chmod(0o600)
                pack.write_bytes(pack.read_bytes()[:-40])
    if damage == "garbage in config":
        (cache / "config").write_text("[[[")
    if damage == "head gone":
        (cache / "HEAD").unlink()
    assert files(remote.export(commit)) == {"a.yaml": SPEC.encode() * 50}
    assert remote.fetch().sha == sha


def test_a_cache_of_many_packs_is_begun_anew(origin: Repository, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("controller.source.git.remote.MOST_PACKS", 3)
    remote = follow(origin, tmp_path)
    for number in range(8):
        sha = origin.commit({"a.yaml": str(number)})
        assert exported(remote).name == sha
        (cache,) = (tmp_path / "home").glob("*.git")
        assert len(list(cache.glob("objects/pack/*.pack"))) <= 3


@pytest.mark.parametrize("filtering", ["true", "false"])
def test_large_files_are_not_fetched_and_left_out(origin: Repository, tmp_path: Path, filtering: str) -> None:
    origin.git("config", "uploadpack.allowFilter", filtering)
    origin.commit({"a.yaml": SPEC, "big.bin": os.urandom(300_000)})
    remote = follow(origin, tmp_path, limits=Limits(file=100_000))
    assert set(files(exported(remote))) == {"a.yaml"}
    (cache,) = (tmp_path / "home").glob("*.git")
    size = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
    assert (size < 100_000) == (filtering == "true")


@pytest.mark.parametrize("filtering", ["true", "false"])
def test_a_spec_too_large_refuses_the_commit(origin: Repository, tmp_path: Path, filtering: str) -> None:
    origin.git("config", "uploadpack.allowFilter", filtering)
    origin.commit({"a.yaml": SPEC, "b.YML": os.urandom(2_200_000)})
    assert refused(follow(origin, tmp_path, limits=Limits(file=2 << 20))) == "b.YML is larger than 2 MB"


def test_a_file_of_exactly_the_limit_is_written(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "x" * 1000})
    assert files(exported(follow(origin, tmp_path, limits=Limits(file=1000)))) == {"a.yaml": b"x" * 1000}


def test_files_are_counted_and_weighed(origin: Repository, tmp_path: Path) -> None:
    sha = origin.commit({f"{number}.txt": "x" * 100 + str(number) for number in range(10)})
    told = refused(follow(origin, tmp_path, limits=Limits(files=9)))
    assert told == f"commit {sha[:12]} has 10 files, more than the 9 that are read; name the folder with the specs"
    assert "1010 bytes, more than the 1000 bytes" in refused(follow(origin, tmp_path, limits=Limits(total=1000)))


def test_a_repository_too_large_is_given_up(origin: Repository, tmp_path: Path) -> None:
    origin.git("config", "uploadpack.allowFilter", "false")
    origin.commit({"big.bin": os.urandom(4_000_000), "a.yaml": SPEC})
    assert "it needs more than 1 MB" in refused(follow(origin, tmp_path, limits=Limits(fetched=1 << 20)))
    assert not list((tmp_path / "home").glob("*.git"))


# --- what a hostile repository tries


@pytest.mark.parametrize("goal", ["/etc/passwd", "../../secret", "b.yaml", "."])
def test_a_link_in_the_place_of_a_spec_refuses_the_commit(origin: Repository, tmp_path: Path, goal: str) -> None:
    origin.commit({"b.yaml": SPEC})
    (origin.folder / "link.yaml").symlink_to(goal)
    origin.commit()
    told = refused(follow(origin, tmp_path))
    assert told == "link.yaml is a symbolic link, and links are not followed; put the files in its place"
    assert not list((tmp_path / "home" / "exports").iterdir())


@pytest.mark.parametrize("goal", ["real", "real/deep", "./real/", "other"])
def test_a_link_in_the_place_of_a_folder_refuses_the_commit(origin: Repository, tmp_path: Path, goal: str) -> None:
    (origin.folder / "other").symlink_to("real")
    (origin.folder / "apis").mkdir()
    (origin.folder / "apis" / "linked").symlink_to(f"../{goal}")
    origin.commit({"real/deep/a.yaml": SPEC, "apis/b.yaml": SPEC})
    assert refused(follow(origin, tmp_path, path="apis")).startswith("apis/linked is a symbolic link")


def test_other_links_and_submodules_are_left_out(origin: Repository, tmp_path: Path) -> None:
    sha = origin.commit({"a.yaml": SPEC})
    (origin.folder / "passwd").symlink_to("/etc/passwd")
    (origin.folder / ".hidden").symlink_to("/etc")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{sha},vendor")
    (origin.folder / "vendor").mkdir()
    origin.commit({".gitmodules": '[submodule "vendor"]\n path = vendor\n url = ext::sh -c evil\n'})
    folder = exported(follow(origin, tmp_path))
    assert {path.name for path in folder.iterdir()} == {"a.yaml", ".gitmodules"}


def test_hooks_filters_and_settings_of_the_repository_do_nothing(origin: Repository, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    origin.commit({".gitattributes": "* filter=evil\n*.yaml export-subst eol=crlf\n", "a.yaml": "$Format:%H$\n"})
    origin.git("config", "filter.evil.smudge", f"touch {proof}")
    origin.git("config", "core.hooksPath", str(tmp_path / "hooks"))
    origin.git("config", "uploadpack.packObjectsHook", f"touch {proof};")
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        for folder in (tmp_path / "hooks", origin.folder / ".git" / "hooks"):
            folder.mkdir(exist_ok=True)
            (folder / hook).write_text(f"#!/bin/sh\ntouch {proof}\n")
            (folder / hook).chmod(0o755)
    remote = follow(origin, tmp_path)
    assert files(exported(remote))["a.yaml"] == b"$Format:%H$\n"
    assert not proof.exists()


def test_settings_of_the_user_do_nothing(origin: Repository, tmp_path: Path, monkeypatch: Any) -> None:
    sha = origin.commit({"a.yaml": SPEC})
    (tmp_path / ".gitconfig").write_text('[url "file:///elsewhere"]\n insteadOf = file://\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "never")
    assert follow(origin, tmp_path).fetch().sha == sha


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "a\\b.yaml", "bad\x07.yaml", "x" * 300, "\u202eyaml.txt"])
def test_names_that_are_not_safe_refuse_the_commit(origin: Repository, tmp_path: Path, name: str) -> None:
    blob = origin.blob(SPEC)
    origin.commit_tree(f"100644 blob {blob}\tfine.yaml", f"100644 blob {blob}\t{name}")
    refused(follow(origin, tmp_path))
    assert not (tmp_path / "home" / "exports").exists() or not list((tmp_path / "home" / "exports").iterdir())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ext::sh -c evil", "spaces"),
        ("ext::evil", "must begin with"),
        ("file:///etc", "must begin with https or ssh://"),
        ("http://example.com/x.git", "must begin with"),
        ("--upload-pack=evil", "must begin with"),
        ("-x@host:path", "must begin with"),
        ("ssh://-oProxyCommand=evil/x", "no valid host"),
        ("ssh://-x@host/x", "no valid host"),
        ("https://u:p4ssw0rd@example.com/x.git", "holds credentials"),
        ("https://t0ken@example.com/x.git", "holds credentials"),
        ("https://example.com:port/x", "no valid host or port"),
        ("https:///x", "no valid host"),
        ("https://example.com/x\ny", "spaces"),
        ("/local/path", "must begin with"),
        ("git@example.com:-x", "must begin with"),
        ("git@example.com:x/y.git", "a deploy key and known hosts"),
        ("", "must begin with"),
    ],
)
def test_which_urls_are_refused(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(SourceError, match=told) as error:
        Remote(url, home=tmp_path)
    assert "p4ssw0rd" not in str(error.value)
    assert "t0ken" not in str(error.value)


@pytest.mark.parametrize("ref", ["-x", "--upload-pack=x", "a..b", "a b", "x@{1}", "", "a/", "refs//x", "x\n"])
def test_which_refs_are_refused(tmp_path: Path, ref: str) -> None:
    with pytest.raises(SourceError, match="is not the name of a branch"):
        Remote("https://example.com/x.git", ref, home=tmp_path)


@pytest.mark.parametrize("path", ["..", "a/../b", "a//b", "a/.git", "a\0b"])
def test_which_paths_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(SourceError, match="is not a folder inside"):
        Remote("https://example.com/x.git", home=tmp_path, path=path)
