#!/bin/sh
# Build the page from web/ into src/emporion/gateway/page, where the server and the wheel find it.
# Does nothing when neither a source nor Node has changed since the last time. Usage: sh scripts/build_page.sh
set -eu
cd "$(dirname "$0")/.."

OUT=src/emporion/gateway/page
STAMP=build/page.sum # Of what the page on disk was made from.
LOCK=web/node_modules/.from # Of what node_modules was made from.
NODE_MIN=20.19

say() { echo "page: $*"; }
stop() { echo "page: $*" >&2; exit 1; }

node_is_here() { command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; }

if ! node_is_here; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 ||
        stop "Node and npm are missing; install Node $NODE_MIN or later, on Debian: apt-get install nodejs npm"
    say "Node is missing: installing the Debian packages nodejs and npm"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
    node_is_here || stop "nodejs and npm are installed, but there is still no node or npm on the PATH"
fi
node -e 'const [a, b] = process.versions.node.split(".").map(Number), [c, d] = process.argv[1].split(".").map(Number);
    process.exit(a > c || (a === c && b >= d) ? 0 : 1)' "$NODE_MIN" ||
    stop "Node $(node --version) is too old; the page needs $NODE_MIN or later (https://nodejs.org)"

sum() { # Of files and their names, in an order of their own.
    find "$@" -type f -print | LC_ALL=C sort | xargs cksum | cksum
}

sources=$(sum web/src web/public web/index.html web/vite.config.js web/package.json web/package-lock.json)
if [ -f "$OUT/index.html" ] && [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$sources" ]; then
    exit 0
fi

locked=$(sum web/package.json web/package-lock.json)
if [ ! -f "$LOCK" ] || [ "$(cat "$LOCK")" != "$locked" ]; then
    say "installing the packages of web/package-lock.json with npm $(npm --version), each checked against its hash"
    (cd web && npm ci --loglevel error --no-audit --no-fund) || stop "npm ci failed; the lines above say why"
    echo "$locked" >"$LOCK"
fi

say "building from web/ with Node $(node --version)"
(cd web && npm run --silent build -- --logLevel warn) || stop "the build failed; the lines above say why"
mkdir -p build
echo "$sources" >"$STAMP"
say "built: $(du -sk "$OUT" | cut -f1) KiB in $OUT"
