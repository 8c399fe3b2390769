"""What the documentation says of the webhook is so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from controller.web.webhook import _STATUS

from .client import served
from .test_webhook import SECRET, Site


TEXT = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()


def test_every_answer_is_documented_with_its_status():
    rows = re.findall(r"^\| (\d{3}) \| ([^|]*) \|", TEXT, re.MULTILINE)
    assert {name: int(status) for status, names in rows for name in re.findall(r"`(\w+)`", names)} == _STATUS


def test_the_sender_of_ones_own_is_believed(tmp_path: Path):
    for tool in ("openssl", "curl", "sha256sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not there")
    site = Site(tmp_path, now=time.time)
    script = re.search(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    assert script
    (tmp_path / "token").write_bytes(SECRET)
    with served(site.hook.routes) as http:
        environ = {"PATH": os.environ["PATH"], "HOST": f"http://127.0.0.1:{http.port}"}
        command = ["bash", "-euo", "pipefail", "-c", script[1]]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
        assert done.stdout == "accepted\n"
        assert site.looked.wait(5)
