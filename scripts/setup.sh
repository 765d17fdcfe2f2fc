#!/bin/sh
# Make .venv and install one lock file into it, then emporion itself from this checkout.
# Usage: PYTHON=python3 sh scripts/setup.sh requirements.lock
set -eu

LOCK=$1
PYTHON=${PYTHON:-python3}

say() { echo "setup: $*"; }
stop() { echo "setup: $*" >&2; exit 1; }

command -v "$PYTHON" >/dev/null 2>&1 || stop "no $PYTHON here; install Python 3.11 or later, or set PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$PYTHON" --version) is too old; emporion needs Python 3.11 or later. Set PYTHON=/path/to/python3"

# Debian keeps ensurepip, which venv needs, in a package of its own. Looking for the module is not
# enough everywhere, so try, and install the package only when the attempt fails.
make_venv() { "$PYTHON" -m venv --clear .venv; }

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "making .venv with $("$PYTHON" --version)"
    if ! make_venv >/dev/null 2>&1; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 ||
            stop "cannot make a virtual environment; install it first, on Debian: apt-get install python3-venv"
        say "python3-venv is missing: installing the Debian package"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        make_venv
    fi
fi

say "installing the packages of $LOCK, each checked against its hash"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$LOCK"

# The build backend is in the lock as well, so nothing is fetched here.
say "installing emporion from this checkout"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --no-build-isolation -e .
