"""Which subscriptions there are, by what they are about: an interval touches those that something happened to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from emporion.gateway.stream.chain import Chain
from emporion.gateway.stream.polled import POLLED
from emporion.gateway.stream.views import Change, Wanted

PRIVATE = frozenset({"orders", "fills", "balances"})
OF_ACCOUNTS = PRIVATE | {"margin"}  # Those that only who may read an account may follow.


@dataclass(frozen=True)
class Index:
    """Made anew when a subscription is added or let go, which costs as much as there are."""

    wanted: Wanted
    of_instrument: Mapping[int, list[Chain]]  # Public ones; 0: of all instruments.
    of_account: Mapping[int, list[Chain]]
    tickers: frozenset[int]
    polled: list[Chain]

    def touched(self, change: Change, accounts: Collection[int]) -> list[Chain]:
        """Those that may have something to say, in order of birth."""
        numbers = change.tickers | change.books.keys()  # Whatever trades or has another best price is in `tickers`.
        found = [chain for number in numbers for chain in self.of_instrument.get(number, ())]
        if numbers:
            found += self.of_instrument.get(0, ())
        found += [chain for account in accounts for chain in self.of_account.get(account, ())]
        return sorted(found, key=lambda chain: chain.number)


def index_of(chains: Iterable[Chain]) -> Index:
    of_instrument: dict[int, list[Chain]] = {}
    of_account: dict[int, list[Chain]] = {}
    depth, tops, tickers = set(), set(), set()
    polled: list[Chain] = []
    for chain in chains:
        channel, number = chain.key.channel, chain.key.instrument_id
        if channel in POLLED:
            polled.append(chain)
            continue
        if channel in PRIVATE:
            of_account.setdefault(chain.key.account_id, []).append(chain)
            continue
        of_instrument.setdefault(number, []).append(chain)
        if channel == "depth":
            depth.add(number)
        elif channel in ("top", "ticker"):
            tops.add(number)
        if channel == "ticker":
            tickers.add(number)
    return Index(Wanted(depth, tops - {0}, 0 in tops), of_instrument, of_account, frozenset(tickers), polled)
