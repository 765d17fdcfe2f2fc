"""`emporion key`: API keys, with which programs act for a user. Works beside whoever serves the venue.

key add LOGIN       a new key; its secret is shown once
key list [LOGIN]    keys as lines of JSON
key revoke KEY_ID   a key works no longer, from one moment to the next
"""

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from emporion.access.access import Access
from emporion.access.buckets import Rate
from emporion.access.records import KeyRecord, User
from emporion.cli.accounts import find_account, open_access, open_to_look
from emporion.engine.clock import SystemClock
from emporion.errors import BadValue
from emporion.wire.signing import KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIME_HEADER

PAGE = 1000
SECOND_NS = 1_000_000_000
UNITS_NS = {"m": 60 * SECOND_NS, "h": 3600 * SECOND_NS, "d": 24 * 3600 * SECOND_NS}
HOW_TO = f"""\
The secret is shown now and never again. Keep it where only the program that signs can read it.
Each request carries the headers {KEY_HEADER}, {TIME_HEADER}, {NONCE_HEADER} and {SIGNATURE_HEADER};
docs/concepts/access.md says what is signed, and the Python client does it:
    emporion.client.connect(URL, key="{{key_id}}", secret=...)"""


def add_parser(subparsers: Any) -> None:
    """Add `key` to the command line."""
    parser = subparsers.add_parser(
        "key", help="keys with which programs act for users",
        description="API keys, with which programs act for a user. Works beside whoever serves the venue.",
        epilog="exit codes: 0 done, 1 no such venue, user or key, or it was refused",
    )  # fmt: skip
    acts = parser.add_subparsers(required=True, metavar="WHAT")
    add = _act(acts, "add", "a new key, printed as a line of JSON, with its secret this once", _add)
    add.add_argument("login", metavar="LOGIN", help="whose key it is")
    add.add_argument(
        "--scopes", type=lambda text: [part.strip() for part in text.split(",")], default=["read"], metavar="LIST",
        help="what it may do, by commas: read, trade, withdraw, operate (default: read)",
    )  # fmt: skip
    add.add_argument("--label", default="", metavar="TEXT", help="what it is for, up to 64 characters")
    add.add_argument("--account", metavar="NAME", help="the one account of the user it acts for (default: any of them)")
    add.add_argument(
        "--address", action="append", default=[], metavar="CIDR",
        help="where it may be used from: an address or a network; may be given again (default: anywhere)",
    )  # fmt: skip
    add.add_argument(
        "--expires",
        metavar="WHEN",
        help="after so long (30m, 12h, 90d), or on a date (2030-12-31, UTC; default: never)",
    )
    add.add_argument(
        "--public-key", type=_public_key, metavar="HEX",
        help="Ed25519 public key of a pair made elsewhere, 64 hexadecimal digits (default: a pair is made here)",
    )  # fmt: skip
    add.add_argument(
        "--rate", type=_rate, metavar="N[:BURST]",
        help="units a second of its own, and how many may be saved up (default: the venue's limit; burst: 2 N)",
    )  # fmt: skip
    listing = _act(acts, "list", "keys as lines of JSON", _list)
    listing.add_argument("login", nargs="?", metavar="LOGIN", help="of this user only")
    revoke = _act(acts, "revoke", "a key works no longer, from one moment to the next", _revoke)
    revoke.add_argument("key_id", metavar="KEY_ID", help="the key's public id")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO | None = None) -> int:
    """Do what was asked for. What a program may read goes to `out`, what people need to know to stderr."""
    with open_access(args.dir) as access:
        args.act(args, access, out or sys.stdout)
    return 0


def line_of(record: KeyRecord) -> dict[str, Any]:
    """A key as `list` shows it: names as in wire/identity.py."""
    return {
        "key_id": record.key_id,
        "login": record.login,
        "label": record.label,
        "scopes": list(record.scopes),
        "account": record.bound_account,
        "addresses": list(record.addresses),
        "created_ns": str(record.created_ns),
        "expires_ns": str(record.expires_ns) if record.expires_ns is not None else None,
        "public_key": record.public_key.hex(),
        "last_used_ns": str(record.last_used_ns) if record.last_used_ns is not None else None,
        "rate": f"{record.rate.per_second}:{record.rate.burst}" if record.rate is not None else None,
    }


def _add(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.named(args.login)
    now_ns = SystemClock().now_ns()
    record, secret = access.keys.make(
        user.user_id,
        now_ns,
        scopes=args.scopes,
        label=args.label,
        account=_account_of(args.dir, user, args.account) if args.account else None,
        addresses=args.address,
        expires_ns=_expires_ns(args.expires, now_ns) if args.expires else None,
        public_key=args.public_key,
        rate=args.rate,
    )
    shown = line_of(record) | ({"secret": secret} if secret is not None else {})
    print(json.dumps(shown, ensure_ascii=False), file=out)
    if secret is not None:
        print(HOW_TO.format(key_id=record.key_id), file=sys.stderr)
    if user.account_id is None:
        print("emporion: the user has no account yet; it is opened at the first sign-in", file=sys.stderr)


def _list(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.named(args.login) if args.login else None
    after = ""
    while records := access.keys.of_user(user.user_id, after) if user else access.keys.page(after, PAGE):
        for record in records:
            print(json.dumps(line_of(record), ensure_ascii=False), file=out)
        after = records[-1].key_id


def _revoke(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    access.keys.revoke(args.key_id)
    print(f"emporion: {args.key_id} is revoked", file=sys.stderr)


def _account_of(folder: Path, user: User, name: str) -> tuple[int, str]:
    """The number and name of an account of the user's: the user's own, or a sub-account of it."""
    if user.account is None:
        raise BadValue(f"{user.login} has no account yet: sign in once, then bind a key to it")
    with open_to_look(folder) as venue:
        account = find_account(venue, name)
    if account is None or user.account not in (account.name, account.master):
        raise BadValue(f"{name!r} is neither {user.login}'s account, {user.account!r}, nor a sub-account of it")
    return account.account_id, account.name


def _act(acts: Any, name: str, text: str, act: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--dir", metavar="FOLDER", type=Path, required=True, help="the venue's folder")
    parser.set_defaults(act=act)
    return parser


def _expires_ns(text: str, now_ns: int) -> int:
    """A duration from now, or the end of it as a date or a time of ISO 8601, UTC where it does not say."""
    if match := re.fullmatch(r"([0-9]{1,6})([mhd])", text):
        return now_ns + int(match[1]) * UNITS_NS[match[2]]
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(f"expires: {text!r} is neither a duration such as 90d nor a date such as 2030-12-31") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return int(when.timestamp()) * SECOND_NS


def _public_key(text: str) -> bytes:
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not 64 hexadecimal digits")
    return bytes.fromhex(text)


def _rate(text: str) -> Rate:
    match = re.fullmatch(r"([0-9]{1,9})(?::([0-9]{1,9}))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of units a second, or two with a colon between")
    return Rate(int(match[1]), int(match[2] or 2 * int(match[1])))
