#!/bin/sh
# Chromium for the tests in a browser, and fonts with Chinese characters, from Debian's packages.
set -eu

say() { echo "setup: $*"; }

command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi "noto.*cjk" && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: the tests in a browser need chromium; on Debian: apt-get install chromium fonts-noto-cjk fontconfig" >&2
    exit 1
fi
say "chromium or its fonts are missing: installing the Debian packages (some 400 MB, once)"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
say "$(chromium --version 2>/dev/null)"
