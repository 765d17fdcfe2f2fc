"""The static files of the built page, read once and answered from memory.

`gateway/page` is made by the page's build (`make run` runs it) and is no part of the repository.
Files whose names hold a hash of their content (assets/) may be kept for good; others are asked for
again each time and sent only when they changed. A file that has a .br or .gz twin is sent as that.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emporion.gateway.call import Answer, Headers
from emporion.gateway.security import PAGES

FOLDER = Path(__file__).parent / "page"
TYPES = {
    ".html": b"text/html; charset=utf-8", ".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml", ".png": b"image/png", ".ico": b"image/x-icon", ".json": b"application/json",
    ".webmanifest": b"application/manifest+json", ".woff2": b"font/woff2", ".txt": b"text/plain; charset=utf-8",
    ".map": b"application/json",
}  # fmt: skip
TWINS = {"br": ".br", "gzip": ".gz"}  # Best first.
NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>emporion</title>
<h1>The page has not been built</h1>
<p>The venue runs, and its API answers: see <a href="/docs">/docs</a>.</p>
<p>To have the page, run <code>make run</code> in the repository (it needs Node), or install a released wheel.</p>
</html>
"""


@dataclass
class File:
    """One file and its compressed twins, by content encoding; "" is itself."""

    content_type: bytes
    bodies: dict[str, bytes] = field(default_factory=dict)
    tag: bytes = b""
    cache: bytes = b"no-cache"


class Pages:
    """The files of a folder by URL path; index.html is `/`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """A file of an unknown type is a mistake of the build and raises KeyError."""
        self.files: dict[str, File] = {}
        if (folder / "index.html").exists():
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith(".") and path.suffix not in TWINS.values():
                    self._read(folder, path)
        else:
            self.files["/"] = File(TYPES[".html"], {"": NOT_BUILT}, _tag(NOT_BUILT))

    def answer(self, path: str, headers: Mapping[bytes, bytes]) -> Answer | None:
        """The file at a path; None when there is none."""
        file = self.files.get(path)
        if file is None:
            return None
        more: Headers = (*PAGES, (b"cache-control", file.cache), (b"etag", file.tag))
        if len(file.bodies) > 1:
            more += ((b"vary", b"accept-encoding"),)
        if file.tag in headers.get(b"if-none-match", b""):
            return Answer(status=304, content_type=file.content_type, headers=more, is_page=True)
        accepted = headers.get(b"accept-encoding", b"").decode("latin-1")
        for coding in TWINS:
            if coding in file.bodies and coding in accepted:
                return Answer(
                    file.bodies[coding], content_type=file.content_type,
                    headers=(*more, (b"content-encoding", coding.encode())), is_page=True,
                )  # fmt: skip
        return Answer(file.bodies[""], content_type=file.content_type, headers=more, is_page=True)

    def _read(self, folder: Path, path: Path) -> None:
        relative = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        file = File(TYPES[path.suffix], {"": body}, _tag(body))
        if relative.startswith("assets/"):
            file.cache = b"public, max-age=31536000, immutable"
        for coding, suffix in TWINS.items():
            twin = path.with_name(path.name + suffix)
            if twin.exists():
                file.bodies[coding] = twin.read_bytes()
        self.files["/" if relative == "index.html" else f"/{relative}"] = file


def _tag(body: bytes) -> bytes:
    return b'"%b"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
