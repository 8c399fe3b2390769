"""Golden files: what a test expects, in a file. UPDATE_GOLDEN=1 rewrites them."""

import os
from pathlib import Path


CASES = Path(__file__).parent / "cases" / "render"


def assert_golden(name: str, shown: str) -> None:
    """Compares with the file of this name."""
    file = CASES / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
