"""Following a source: real folders, real links, real file events."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import pytest

from controller.errors import ControllerError
from controller.loop.following import Directory, Follower
from controller.loop.happenings import Fetched, Version


PATIENCE = 20


@contextmanager
def following(path: Path) -> Iterator[Queue[Version]]:
    offers: Queue[Version] = Queue()
    stop = threading.Event()
    follower = Follower(Directory(path), offers.put, lambda _: None)
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    try:
        yield offers
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_changed_file_is_offered(tmp_path: Path):
    with following(tmp_path) as offers:
        assert offers.get(timeout=PATIENCE).checkout == tmp_path.resolve()
        changed(tmp_path / "spec.yaml", offers)


def test_a_swapped_link_is_offered_again_and_again(tmp_path: Path):
    link = tmp_path / "current"
    first = tmp_path / "first"
    first.mkdir()
    link.symlink_to(first)
    with following(link) as offers:
        assert offers.get(timeout=PATIENCE).checkout == first
        for name in ("second", "third"):
            folder = tmp_path / name
            folder.mkdir()
            swap(link, folder)
            while offers.get(timeout=PATIENCE).checkout != folder:
                pass
        changed(folder / "spec.yaml", offers)


def swap(link: Path, folder: Path) -> None:
    new = link.with_name("new")
    new.symlink_to(folder)
    new.replace(link)


def changed(file: Path, offers: Queue[Version]) -> None:
    """Changes a file until it is seen: the watch may begin a moment after the first offer."""
    for number in range(PATIENCE):
        file.write_text(str(number))
        os.sync()
        try:
            offers.get(timeout=1)
        except Empty:
            continue
        return
    pytest.fail("the change was not seen")


class Origin:
    def __init__(self, *answers: Version | ControllerError) -> None:
        self.answers = list(answers)

    def version(self) -> Version:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def changes(self, stop: threading.Event) -> Iterator[object]:
        return iter(())


def test_a_version_is_offered_once_and_a_source_that_does_not_answer_is_told_of():
    one, two = Version(Path("1"), "a"), Version(Path("2"), "b")
    offers: list[Version] = []
    told: list[Fetched] = []
    follower = Follower(Origin(one, one, ControllerError("down"), two), offers.append, told.append)
    assert [follower.ask() for _ in range(4)] == [True, True, False, True]
    assert offers == [one, two]
    assert [fetched.error for fetched in told] == ["", "", "down", ""]


def test_what_has_no_revision_may_have_changed_each_time():
    one = Version(Path("1"), "")
    offers: list[Version] = []
    follower = Follower(Origin(one, one), offers.append, lambda _: None)
    follower.ask()
    follower.ask()
    assert offers == [one, one]
