"""`emporion user`: who may sign in to a venue. Works beside whoever serves it.

user add LOGIN        a new user; the password is asked for
user list             every user as a line of JSON
user password LOGIN   another password, without the old one
user totp LOGIN       turn the second factor off
user operator LOGIN   make a user an operator, or no longer one
user remove LOGIN     remove a user, with all keys and sessions
"""

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from emporion.access.access import Access
from emporion.access.denied import AccessDenied
from emporion.access.passwords import check_new_password
from emporion.access.records import User
from emporion.access.users import check_login
from emporion.cli.accounts import find_account, open_access, open_to_look, open_to_write
from emporion.engine.clock import SystemClock
from emporion.errors import BadValue
from emporion.venue.things import Account

PAGE = 1000


def add_parser(subparsers: Any) -> None:
    """Add `user` to the command line."""
    parser = subparsers.add_parser(
        "user", help="who may sign in to a venue",
        description="Who may sign in to a venue. Works beside whoever serves it.",
        epilog="exit codes: 0 done, 1 no such venue or user, or it was refused; who is removed is out at once",
    )  # fmt: skip
    acts = parser.add_subparsers(required=True, metavar="WHAT")
    add = _act(acts, "add", "a new user", _add)
    add.add_argument("--operator", action="store_true", help="may list, halt, freeze, deposit: runs the venue")
    add.add_argument(
        "--account", metavar="NAME",
        help="the user's account: one that is there and nobody's, or to be opened (default: the login, opened now, or "
        "at the first sign-in while the venue is being served)",
    )  # fmt: skip
    _password_option(add)
    _act(acts, "list", "every user as a line of JSON", _list, login=False)
    password = _act(acts, "password", "another password, without the old one; ends all sessions", _password)
    _password_option(password)
    totp = _act(acts, "totp", "the second factor of a user who lost it", _totp)
    totp.add_argument("--off", action="store_true", required=True, help="turn it off; the user may set up a new one")
    operator = _act(acts, "operator", "make a user an operator", _operator)
    operator.add_argument("--off", action="store_true", help="no longer one; their keys lose the scope operate at once")
    _act(acts, "remove", "remove a user, with all keys and sessions; the account stays in the venue", _remove)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO | None = None) -> int:
    """Do what was asked for. What a program may read goes to `out`, what people need to know to stderr."""
    with open_access(args.dir) as access:
        args.act(args, access, out or sys.stdout)
    return 0


def line_of(user: User, keys: int) -> dict[str, Any]:
    """A user as `list` shows it."""
    return {
        "login": user.login,
        "account": user.account,
        "operator": user.is_operator,
        "totp": user.totp,
        "keys": keys,
        "demo": user.is_demo,
        "created_ns": str(user.created_ns),
    }


def _add(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    check_login(args.login)
    if access.users.find(args.login) is not None:
        raise AccessDenied("LOGIN_TAKEN", f"the login {args.login!r} is taken", "login")
    password = _new_password(args)
    account = _account_for(args)
    user = access.people.sign_up(
        args.login,
        password,
        SystemClock().now_ns(),
        is_operator=args.operator,
        account=(account.account_id, account.name) if account is not None else None,
    )
    print(json.dumps(line_of(user, 0), ensure_ascii=False), file=out)
    if account is None:
        _say("the venue is being served: the account will be opened when the user first signs in")


def _account_for(args: argparse.Namespace) -> Account | None:
    """The account of a new user: one that is there and was named, or a new one; None: only the server can open it."""
    name = args.account or args.login
    venue = open_to_write(args.dir)
    served = venue is None
    with venue or open_to_look(args.dir) as venue:
        found = find_account(venue, name)
        if found is not None and args.account is None:
            raise BadValue(
                f"there is an account {name!r} already: if it is to be this user's, add --account {name}, else name "
                "another to be opened"
            )
        if found is not None and found.master is not None:
            raise BadValue(f"the account {name!r} is a sub-account of {found.master!r}; give the user that one")
        if found is not None or not served:
            return found or venue.open_account(name)
    if args.account is not None:
        raise BadValue(
            f"there is no account {name!r}, and the venue is being served, so that it cannot be opened from here: an "
            "operator may open it there; without --account one is opened at the first sign-in"
        )
    return None


def _list(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    after = 0
    while users := access.users.page(after, PAGE):
        for user in users:
            print(json.dumps(line_of(user, access.keys.count(user.user_id)), ensure_ascii=False), file=out)
        after = users[-1].user_id


def _password(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.named(args.login)
    lost_totp = access.people.reset_password(user.user_id, _new_password(args))
    _say(f"{user.login}: password changed, all sessions ended")
    if lost_totp:
        _say("the second factor is off: its secret opened with the old password only; set it up again")
    if keys := access.keys.count(user.user_id):
        _say(f"{keys} API keys still work; `emporion key list {user.login} --dir {args.dir}` shows them")


def _totp(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.named(args.login)
    if not user.totp:
        raise AccessDenied("TOTP_OFF", f"{user.login} has no second factor")
    access.people.drop_totp(user.user_id)
    _say(f"{user.login}: the second factor is off")


def _operator(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.set_operator(access.users.named(args.login).user_id, not args.off)
    _say(f"{user.login} is {'an operator' if user.is_operator else 'no operator any more'}")


def _remove(args: argparse.Namespace, access: Access, out: TextIO) -> None:
    user = access.users.named(args.login)
    access.users.remove(user.user_id)
    stays = f"; the account {user.account!r} stays in the venue" if user.account else ""
    _say(f"{user.login} is removed, with all keys and sessions{stays}")


def _act(acts: Any, name: str, text: str, act: Any, login: bool = True) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    if login:
        parser.add_argument("login", metavar="LOGIN", help="of the user, in any case of letters")
    parser.add_argument("--dir", metavar="FOLDER", type=Path, required=True, help="the venue's folder")
    parser.set_defaults(act=act)
    return parser


def _password_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from the first line of standard input"
    )


def _new_password(args: argparse.Namespace) -> str:
    """A password from the terminal, twice and without echo, or from a pipe; good enough."""
    if args.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise BadValue("there is no terminal to ask for a password on; give it on standard input, --password-stdin")
    else:
        password = getpass.getpass(f"new password of {args.login}: ")
        check_new_password(password, args.login)
        if getpass.getpass("once more: ") != password:
            raise BadValue("the two passwords differ; nothing was changed")
    check_new_password(password, args.login)
    return password


def _say(line: str) -> None:
    print(f"emporion: {line}", file=sys.stderr)
