#!/usr/bin/env bash
# Installs the command of this checkout into a virtual environment of its own: packages with hashes, as the image does.
set -euo pipefail

home="${RUNNER_TEMP:?}/reconcile"
source="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export PIP_DISABLE_PIP_VERSION_CHECK=1

install() { "$home/build/bin/python" -m pip --python "$1" install --quiet --require-hashes --requirement "$2"; }

if [[ ! -e "$home/installed" ]]; then
  "${PYTHON:?}" -m venv "$home/build"
  "$PYTHON" -m venv --without-pip "$home"
  install "$home/build/bin/python" "$source/requirements-build.txt"
  install "$home/bin/python" "$source/requirements.txt"
  "$home/build/bin/python" -m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir "$home/wheels" "$source"
  "$home/build/bin/python" -m pip --python "$home/bin/python" install --quiet --no-index --no-deps "$home"/wheels/*.whl
  touch "$home/installed"
fi

# Only the command: the environment's Python is not for other steps.
mkdir -p "$home/path"
ln -sf "$home/bin/reconcile" "$home/path/reconcile"
echo "$home/path" >> "${GITHUB_PATH:?}"
echo "RECONCILE_HOME=$home" >> "${GITHUB_ENV:?}"
"$home/bin/reconcile" --version
