"""The image, built by buildah and run by podman as the chart runs it: slow, and only in `make image-test`.

IMAGE_BASE is the root filesystem of a Debian with Python, as a tar file: it gets the name of the real base, so no
registry is needed. All of it runs without a daemon, and inside a container.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller import __version__


ROOT = Path(__file__).parents[2]
BASE = os.environ.get("IMAGE_BASE", "")
TAG = f"apigateway-reconciler:{__version__}"
BASE_TAG = "python:3.11-slim-bookworm"
LIMIT = 320 * 1024 * 1024
# As a pod of the restricted profile: no capability, nothing to write to but /tmp, and here no network either. The
# limits are what runc may set without CAP_SYS_RESOURCE.
CONFINED = [
    "--rm", "--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp", "--cap-drop=all", "--network=none",
    "--security-opt=no-new-privileges", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000",
]  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BASE, reason="IMAGE_BASE is not set: make image-test"),
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("image"),
]
Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Storage:
    """A place for images, away from those of the machine."""

    folder: Path

    def do(self, tool: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        places = [f"--root={self.folder / 'root'}", f"--runroot={self.folder / 'run'}"]
        environment = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        command = [*tool.split(), *places, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = Storage(tmp_path_factory.mktemp("image"))
    storage.do("podman", "import", "--quiet", BASE, BASE_TAG)
    certificates = "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"
    arguments = {"BASE": BASE_TAG, "VERSION": __version__, "REVISION": "0" * 40}
    given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    storage.do("buildah", "bud", "--pull-never", "--network=host", certificates, *given, f"--tag={TAG}", ".")
    yield storage
    storage.do("podman", "rmi", "--all", "--force")


@pytest.fixture(scope="module")
def run(storage: Storage) -> Run:
    """Run the image confined; the words after the options are the command's."""

    def run(*words: str, options: tuple[str, ...] = (), check: bool = True) -> subprocess.CompletedProcess[str]:
        tool = "podman --runtime=runc --cgroup-manager=cgroupfs"
        return storage.do(tool, "run", *CONFINED, *options, TAG, *words, check=check)

    return run


@pytest.fixture(scope="module")
def shell(run: Run) -> Callable[[str], str]:
    """What a line of shell prints inside, whatever its exit code."""
    return lambda line: run("-c", line, options=("--entrypoint=/bin/sh",), check=False).stdout.strip()


@pytest.fixture(scope="module")
def config(storage: Storage) -> dict[str, Any]:
    inspected = json.loads(storage.do("buildah", "inspect", "--type=image", TAG).stdout)
    return inspected["OCIv1"]


def test_it_says_its_version(run: Run) -> None:
    assert run("--version").stdout == f"reconcile {__version__}\n"


def test_it_validates_specs_without_a_network(run: Run) -> None:
    specs = f"--volume={ROOT / 'specs' / 'examples'}:/checkout:ro"
    done = run("validate", options=(specs, "--env=ACME_API_KEY=only-for-the-validation"))
    assert "documents are valid" in done.stdout + done.stderr


def test_wrong_usage_is_told(run: Run) -> None:
    assert run("--no-such-option", check=False).returncode == 64


def test_it_is_nobody_and_can_write_nothing_but_tmp(shell: Callable[[str], str]) -> None:
    assert shell("id -u; id -g; id -un").split() == ["65532", "65532", "reconciler"]
    assert shell("touch /app/x /checkout/x /etc/x 2>/dev/null || echo refused") == "refused"
    assert shell("find / -xdev -writable -not -type l -not -path '/tmp*' -not -path '/proc/*' 2>/dev/null") == ""
    assert shell("touch /tmp/x && echo written") == "written"


def test_there_is_nothing_to_climb_with_or_to_install_with(shell: Callable[[str], str]) -> None:
    assert shell("find / -xdev -type f -perm /6000 2>/dev/null") == ""
    assert shell("command -v pip pip3 apt apt-get uv gcc curl wget") == ""
    assert shell("python -m pip --version || echo none") == "none"
    assert shell("python -c 'import ensurepip' 2>/dev/null || echo none") == "none"


def test_git_and_ssh_work_for_this_user(shell: Callable[[str], str]) -> None:
    assert shell("git init --quiet --bare /tmp/r && git -C /tmp/r rev-parse --is-bare-repository") == "true"
    assert shell("ssh -G git.example.com | head -1") == "host git.example.com"


def test_every_module_is_compiled_and_none_at_run_time(shell: Callable[[str], str]) -> None:
    count = "find /app/lib -name '*.{}' -path '*controller*' | wc -l"
    assert int(shell(count.format("py"))) == int(shell(count.format("pyc"))) > 0
    # PEP 552: flags 1 mean a hash that is not checked, so the file is the same whenever it was made
    flags = "python -c 'import controller; print(open(controller.__cached__, \"rb\").read(8)[4])'"
    assert shell(flags) == "1"


def test_the_config(config: dict[str, Any]) -> None:
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["reconcile"]
    assert not config["config"].get("Cmd")
    labels = {name.rpartition(".")[2]: value for name, value in config["config"]["Labels"].items()}
    assert labels.items() >= {"version": __version__, "revision": "0" * 40, "licenses": "Apache-2.0"}.items()
    assert not any("secret" in item.lower() or "token" in item.lower() for item in config["config"]["Env"])


def test_it_is_one_layer_within_its_budget(storage: Storage, config: dict[str, Any]) -> None:
    (image,) = json.loads(storage.do("podman", "image", "inspect", TAG).stdout)
    assert image["Size"] < LIMIT, f"{image['Size'] / 1024**2:.0f} MiB"
    # the system, /app, and the empty folder that it starts in
    assert len(config["rootfs"]["diff_ids"]) <= 3


def test_the_sbom_is_what_is_installed(shell: Callable[[str], str]) -> None:
    inside = shell(
        "python -c 'from importlib.metadata import distributions as all\n"
        'print(*(f"{d.name.lower()}=={d.version}" for d in all()))\''
    ).split()
    sbom = json.loads((ROOT / "dist" / "sbom.cdx.json").read_text())
    known = {f"{part['name'].lower()}=={part['version']}" for part in sbom["components"]}
    known.add(f"{sbom['metadata']['component']['name']}=={__version__}")
    assert {name.replace("_", "-") for name in inside} == {name.replace("_", "-") for name in known}
    assert any(name.startswith("boto3==") for name in known)
