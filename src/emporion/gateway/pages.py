"""The static files of the page, read once and answered from memory."""

import hashlib
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    """One route per file; index.html is `/`. A file of an unknown type is a mistake and raises KeyError."""
    files = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("."))
    return [_route("/" if path.name == "index.html" else f"/{path.name}", path) for path in files]


def _route(url: str, path: Path) -> web.RouteDef:
    body, content_type = path.read_bytes(), TYPES[path.suffix]
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}  # Asked for again each time, sent only when it changed.

    async def answer(request: web.Request) -> web.Response:
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return web.get(url, answer)
