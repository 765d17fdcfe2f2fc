"""Events on a floor in few words, orders by the names that a test gives them."""

from emporion.schema import build
from emporion.schema.codes import Event, Reject, Tif
from tests.rules.floor import Floor, told

QUIET = (Event.POSITION, Event.MARKED_TO_CASH, Event.FUNDING_PAID, Event.PRICE_SET)


class Named:
    """Orders on a floor that go by names: `place` gives one, `say` tells events with them."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.ids: dict[str, int] = {}

    def place(self, order: str, account: str, instrument_id: int, side: int, lots: int, price: int = 0, **terms) -> str:
        """Places an order and tells what happened: its own acceptance is left out when that is all."""
        terms = {name: self.ids[value] if name == "related_id" else value for name, value in terms.items()}
        tif = terms.pop("tif", Tif.GTC)
        events = self.floor.send(
            build.place(self.floor.account(account), instrument_id, side, lots, price, tif, **terms)
        )
        accepted = [event for event in events if event["kind"] == Event.ACCEPTED]
        if accepted:
            self.ids[order] = accepted[0]["order_id"]
        return self.say([event for event in events if event["kind"] != Event.ACCEPTED])

    def place_many(self, prefix: str, count: int, account: str, *terms: int, **more: int) -> None:
        """So many alike, at once; none may be refused."""
        rows = build.place(self.floor.account(account), *terms, **more)
        accepted = told(self.floor.do(*[rows] * count), Event.ACCEPTED)
        self.ids |= {f"{prefix}{number}": event["order_id"] for number, event in enumerate(accepted)}

    def cancel(self, order: str, account: str) -> str:
        return self.say(self.floor.send(build.cancel(self.floor.account(account), self.ids[order])))

    def say(self, events: list[dict[str, int]]) -> str:
        """Names of events, their orders, a reason; of fills only the incoming order's, with lots and price."""
        words = []
        fills = 0
        for event in events:
            kind = Event(event["kind"])
            if kind in QUIET:
                continue
            name = next((name for name, number in self.ids.items() if number == event.get("order_id")), "")
            phrase = [kind.name.lower(), name]
            if kind == Event.FILLED:
                fills += 1
                if fills % 2:
                    continue
                phrase += [f"{event['qty_lots']}@{event['price_ticks']}"]
            if kind in (Event.REPLACED, Event.TRIGGERED):
                phrase.append(str(event["leaves_lots"]))
            if event.get("reason"):
                phrase.append(Reject(event["reason"]).name)
            words.append(" ".join(word for word in phrase if word))
        return ", ".join(words)
