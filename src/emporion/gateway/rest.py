"""GET requests: one question, one answer, from copies made between batches."""

import msgspec
from aiohttp import web

from emporion.gateway import messages
from emporion.gateway.market import Market
from emporion.gateway.problems import ProblemError


class Rest:
    """Handlers of /healthz and /v1."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.health),
            web.get("/v1/instruments", self.instruments),
            web.get("/v1/listings", self.listings),
            web.get("/v1/book/{name:.+}", self.book),  # A name may hold a slash: BTC/USDC.
            web.get("/v1/trades/{name:.+}", self.trades),
        ]

    async def health(self, _: web.Request) -> web.Response:
        """Ready to answer, and how far the venue is."""
        return _json(messages.Health("ok", self.market.seq, self.market.simulation))

    async def instruments(self, _: web.Request) -> web.Response:
        """Everything listed."""
        return _json([entry.message for entry in self.market.instruments.values()])

    async def listings(self, _: web.Request) -> web.Response:
        """How everything listed trades now."""
        return _json(list(self.market.listings.values()))

    async def book(self, request: web.Request) -> web.Response:
        return _json(await self.market.book(self._instrument(request)))

    async def trades(self, request: web.Request) -> web.Response:
        """The latest trades, oldest first."""
        return _json(self.market.trades(self._instrument(request)))

    def _instrument(self, request: web.Request) -> int:
        name = request.match_info["name"]
        instrument_id = self.market.find(name)
        if not instrument_id:
            raise ProblemError(404, "Not Found", f"No instrument is named {name!r}; GET /v1/instruments lists them.")
        return instrument_id


def _json(body: msgspec.Struct | list) -> web.Response:
    return web.Response(body=_encoder.encode(body), content_type="application/json")


_encoder = msgspec.json.Encoder()
