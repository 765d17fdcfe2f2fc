"""What risk groups are called: the kernel numbers them, and what loads on them has names."""

from emporion.schema.build import name_text
from emporion.schema.codes import GroupKind, Limit
from emporion.venue.catalog import Catalog, underlying


def group_names(catalog: Catalog) -> dict[int, str]:
    """By number: the question's name, else that of the first asset or contract that loads on it first."""
    groups = catalog.rows(Limit.GROUPS)
    names = {int(row["group_id"]): name_text(row["name"]) for row in catalog.rows(Limit.QUESTIONS)[1:]}
    risks = catalog.rows(Limit.RISKS)
    first = risks["group_ids"][:, 0]
    for number in range(1, len(groups)):
        if number in names and groups["kind"][number] == GroupKind.EVENT:
            continue
        names.pop(number, None)
        own = risks[(first == number) & (risks["loads"] > 0)]
        assets = own["asset_id"][own["asset_id"] != 0]
        if len(assets):
            names[number] = catalog.asset_names[int(assets.min())]
        elif len(own):
            names[number] = underlying(catalog.instrument_names[int(own["instrument_id"].min())])
        else:
            names[number] = f"#{number}"
    return names
