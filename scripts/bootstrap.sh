#!/bin/sh
# Makes .venv with a Python of at least 3.11, installs the package and its development tools, and leaves a stamp.
# The Makefile runs it when pyproject.toml, the constraints or this file are newer than the stamp.
set -eu
cd "$(dirname "$0")/.."
stamp=.venv/.installed

suits() { "$@" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

if ! suits .venv/bin/python; then
    python=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        # names can be there without a Python behind them (version managers), so each is tried
        if suits "$candidate"; then python=$candidate; break; fi
    done
    if [ -z "$python" ]; then
        echo "hashrange needs Python 3.11 or later; none was found${PYTHON:+ as $PYTHON}. Install one, or say where it is: make PYTHON=/path/to/python3" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$python cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)" >&2
        exit 1
    fi
    echo "making .venv with $("$python" -V)"
    "$python" -m venv --clear .venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
echo "installing hashrange and its development tools into .venv"
# dependency groups need a pip of 2025
.venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
.venv/bin/python -m pip install --quiet --constraint requirements/constraints.txt --editable . --group dev
touch "$stamp"
