"""The words of a script about orders: a part of `script.Stage`."""

from abc import ABC, abstractmethod

from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import Link, OrderFlag, Side, Stp, Tif
from emporion.sim.script_words import Options, duration, number


class OrderWords(ABC):
    """What a script's lines about orders do. The stage gives them names and time."""

    instruments: dict[str, int]
    twaps: list[int]
    now_ns: int

    @abstractmethod
    def account(self, name: str) -> int:
        """The number of an account."""

    @abstractmethod
    def order(self, word: str) -> int:
        """The id of an order."""

    @abstractmethod
    def numbered(self, word: str, mark: str, known: list[int]) -> int:
        """What a word with a mark and a number stands for."""

    # --- Orders ----------------------------------------------------------------------------------------

    def do_place(self, words: list[str]) -> Rows:
        """place A buy 4 [@ 10] [gtc ioc fok gtd] [post_only] [market] [reduce_only] [stop 12] [take 12] [on_mark]
        [on_index] [trail 3] [oco #1] [child #1] [position] [show 2] [for 5s] [stp decrement] [as name] [on J]
        """
        account, side, qty, *rest = words
        options = Options(rest, {
            "@": "price", "stop": "stop", "take": "take", "trail": "trail", "oco": "oco", "child": "child",
            "show": "show", "for": "for", "stp": "stp", "as": "as", "on": "on",
        })  # fmt: skip
        tif = next((Tif[word.upper()] for word in options.bare if word.upper() in Tif.__members__), Tif.GTC)
        flags = sum(int(flag) for flag in OrderFlag if flag.name.lower() in [*options.bare, *options.given])
        if "take" in options.given:
            flags |= OrderFlag.STOP | OrderFlag.TAKE_PROFIT
        related, link = options.text("oco") or options.text("child"), Link.NONE
        if related:
            link = Link.CANCELS_OTHER if "oco" in options.given else Link.CHILD
        elif "position" in options.bare:
            link = Link.POSITION
        return build.place(
            self.account(account), self.instruments[options.text("on", "I")], Side[side.upper()], number(qty),
            options.number("price"), tif=tif, flags=flags, stp=Stp[options.text("stp", "cancel_resting").upper()],
            cl_ord_id=options.text("as").encode(), display_lots=options.number("show"),
            trigger_price_ticks=options.number("stop") or options.number("take"), trail_ticks=options.number("trail"),
            expire_ns=self.now_ns + duration(options.text("for")) if options.text("for") else 0,
            related_id=self.order(related) if related else 0, link=link,
        )  # fmt: skip

    def do_twap(self, words: list[str]) -> Rows:
        """twap A buy 60 60s every 10s [@ 11] [slippage 10_000] [reduce_only] [stp decrement] [as name] [on J]"""
        account, side, qty, total, *rest = words
        options = Options(rest, {"every": "every", "@": "price", "slippage": "slippage", "stp": "stp", "as": "as",
                                 "on": "on"})  # fmt: skip
        return build_margin.place_twap(
            self.account(account), self.instruments[options.text("on", "I")], Side[side.upper()], number(qty),
            duration(total), duration(options.text("every", "1s")), number(options.text("slippage", "10_000")),
            options.number("price"), flags=OrderFlag.REDUCE_ONLY if "reduce_only" in options.bare else 0,
            stp=Stp[options.text("stp", "cancel_resting").upper()], cl_ord_id=options.text("as").encode(),
        )  # fmt: skip

    def do_cancel_twap(self, words: list[str]) -> Rows:
        """cancel_twap A t1"""
        return build_margin.cancel_twap(self.account(words[0]), self.numbered(words[1], "t", self.twaps))

    def do_replace(self, words: list[str]) -> Rows:
        """replace A #1 6 [@ 11] [as new-name], or id:name for the number"""
        account, which, qty, *rest = words
        options = Options(rest, {"@": "price", "as": "as"})
        name = which.removeprefix("id:") if which.startswith("id:") else options.text("as")
        order_id = 0 if which.startswith("id:") else self.order(which)
        return build.replace(self.account(account), order_id, number(qty), options.number("price"), name.encode())

    def do_cancel(self, words: list[str]) -> Rows:
        """cancel A #1, or id:name"""
        account, which = words
        if which.startswith("id:"):
            return build.cancel_by_cl_ord_id(self.account(account), which[3:].encode())
        return build.cancel(self.account(account), self.order(which))

    def do_mass_cancel(self, words: list[str]) -> Rows:
        """mass_cancel A [on J] [buy] [sell]; `all` is the operator's, of everybody"""
        options = Options(words[1:], {"on": "on"})
        instrument = self.instruments[options.text("on")] if "on" in options.given else 0
        side = next((Side[word.upper()] for word in options.bare), 0)
        return build.mass_cancel(self.account(words[0]), instrument, side)

    def do_deadman(self, words: list[str]) -> Rows:
        """deadman A 5s, or off"""
        return build.set_deadman(self.account(words[0]), 0 if words[1] == "off" else duration(words[1]))
