#!/bin/sh
# Write requirements.lock (what running needs) and requirements-dev.lock (and what the tests need).
# One lock serves all platforms and Python versions from 3.11 on; no address of a registry is kept.
# Extras are kept by name: an older pip does not see that `x==1` answers for `x[extra]` when it checks hashes.
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-uv}
command -v "$UV" >/dev/null 2>&1 || { echo "lock: needs uv; install it with: pip install uv" >&2; exit 1; }

lock() {
    out=$1; shift
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --fork-strategy fewest --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras --upgrade \
        --output-file "$out" "$@"
    echo "lock: $out: $(grep -c == "$out") packages"
}

lock requirements.lock pyproject.toml --extra server --group build
lock requirements-dev.lock pyproject.toml --all-extras --group build --group dev --constraints requirements.lock
