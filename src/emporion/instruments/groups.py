"""Reading risk groups from a file of TOML: one table a group, fields as in `scenarios`.

    [BTC]
    kind = "price"
    price_range = 0.16
    ...

Without a path the groups that come with the package are read: groups.toml, whose comments say why each number is what
it is.
"""

import tomllib
from dataclasses import MISSING, fields
from importlib import resources
from pathlib import Path
from typing import Any

from emporion.errors import BadValue
from emporion.instruments.scenarios import EventGroup, Group, PriceGroup, RatesGroup

KINDS: dict[str, type[PriceGroup] | type[RatesGroup] | type[EventGroup]] = {
    "price": PriceGroup,
    "rates": RatesGroup,
    "event": EventGroup,
}
PACKAGED = "groups.toml"


def load_groups(path: str | Path | None = None) -> dict[str, Group]:
    """Groups by name, in the file's order; of the package when `path` is None.

    Raises:
        BadValue: the file cannot be read or says something that no group is. The message names file, group and field.
    """
    try:
        if path is None:
            where = PACKAGED
            text = resources.files("emporion.instruments").joinpath(PACKAGED).read_text(encoding="utf-8")
        else:
            where = str(path)
            text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadValue(
            f"{where}: cannot be read: {problem}; give a file of TOML with one table for each group"
        ) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadValue(f"{where}: is not TOML: {problem}") from None
    if not tables:
        raise BadValue(f"{where}: has no group; a group is a table, as in [BTC]")
    return {name: _group(where, name, table) for name, table in tables.items()}


def _group(where: str, name: str, table: Any) -> Group:
    if not isinstance(table, dict):
        raise BadValue(f"{where}: {name}: is outside of a table; a group begins with a line such as [BTC]")
    given = dict(table)
    kind = given.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadValue(f"{where}: group {name}: kind: {kind!r} is not one of {', '.join(KINDS)}")
    group = KINDS[kind]
    known = {field.name: field.default is MISSING for field in fields(group) if field.name != "name"}
    if strange := sorted(given.keys() - known.keys()):
        raise BadValue(
            f"{where}: group {name}: {strange[0]}: is no field of a {kind} group; there are {', '.join(known)}"
        )
    if missing := [field for field, is_needed in known.items() if is_needed and field not in given]:
        raise BadValue(f"{where}: group {name}: {missing[0]}: is missing; a {kind} group needs it")
    try:
        return group(name=name, **given)
    except BadValue as problem:
        raise BadValue(f"{where}: {problem}") from None
