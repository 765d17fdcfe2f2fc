"""The whole of access to one venue, opened together: what a gateway process holds.

    with Access.open(folder) as access:
        token, session = await access.turns.take(access.people.sign_in, login, password, code, address, now_ns)
        signed = access.signatures.check(request, address, now_ns, scope="trade")
        await link.submit(rows, signed.ticket)

`sessions.find`, `keys.find`, `keys.used` and `signatures.check` answer from memory and may be called on
an event loop; all else may wait for the disk (a worker thread will do), and `people` for a hash (`turns`).
"""

from pathlib import Path
from types import TracebackType

from emporion.access.keys import Keys
from emporion.access.passwords import Passwords
from emporion.access.people import People
from emporion.access.sessions import Sessions
from emporion.access.signatures import Signatures
from emporion.access.store import AccessStore
from emporion.access.turns import Turns
from emporion.access.users import Users


class Access:
    """Users, sessions, keys and signatures over one open database. May be used from several threads.

    Args:
        demo: whether users, sessions and keys made by a demonstration are let in.
        passwords: what hashing costs; the default is for servers.
    """

    def __init__(self, store: AccessStore, demo: bool = False, passwords: Passwords | None = None) -> None:
        self.store = store
        self.users = Users(store)
        self.keys = Keys(store, demo)
        self.sessions = Sessions(store, demo)
        self.turns = Turns()
        self.people = People(store, self.users, self.sessions, passwords or Passwords())
        self.signatures = Signatures(self.keys)

    @classmethod
    def open(cls, folder: Path | None, demo: bool = False, passwords: Passwords | None = None) -> "Access":
        """Of the venue in a folder; None: a venue in memory, and all is gone when it is closed."""
        store = AccessStore.open(folder) if folder is not None else AccessStore.temporary()
        return cls(store, demo, passwords)

    def flush(self) -> None:
        """Write down when keys and sessions were last used; call it every minute or so, in a worker thread."""
        self.keys.flush()
        self.sessions.flush()

    def close(self) -> None:
        """Write down what is not yet, and let go of the database."""
        self.turns.close()
        try:
            self.flush()
        finally:
            self.store.close()

    def __enter__(self) -> "Access":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
