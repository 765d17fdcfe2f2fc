"""How the words of a script are read: numbers, durations, options in any order."""

import re

from emporion.schema.codes import Link, OrderFlag, Side, Tif

UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000}


class Options:
    """The tail of a line: words that stand alone, and words with a value behind them."""

    def __init__(self, words: list[str], with_value: dict[str, str]) -> None:
        self.given: dict[str, str] = {}
        self.bare: list[str] = []
        rest = iter(words)
        for word in rest:
            if word in with_value:
                self.given[with_value[word]] = next(rest)
            else:
                self.bare.append(word)
        known = (*Tif.__members__, *OrderFlag.__members__, *Side.__members__, Link.POSITION.name)
        unknown = [word for word in self.bare if word.upper() not in known]
        if unknown:
            raise ValueError(f"do not know {unknown}")

    def text(self, name: str, default: str = "") -> str:
        return self.given.get(name, default)

    def number(self, name: str) -> int:
        return number(self.given.get(name, "0"))


def number(text: str) -> int:
    """1_000, -3, 2**53, 2**60-1"""
    total = 0
    for sign, base, power in re.findall(r"([+-]?)([\d_]+)(?:\*\*(\d+))?", text):
        value = int(base) ** int(power or 1)
        total += -value if sign == "-" else value
    return total


def duration(text: str) -> int:
    """5s, 100ns, 1d: nanoseconds"""
    unit = text.lstrip("-0123456789_")
    return int(text.removesuffix(unit)) * UNITS_NS[unit]
