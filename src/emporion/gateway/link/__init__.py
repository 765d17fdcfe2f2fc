"""The link between doors and the node: in this process, or over a Unix socket from gateway processes."""

from emporion.access.tickets import Pass, Ticket, TicketRefused
from emporion.gateway.link.link import Link, LinkBusy, LinkLost, Reply
from emporion.gateway.link.local import LocalLink
from emporion.gateway.link.order_views import EVENT_STRUCT, ORDER_VIEW, ORDER_VIEW_STRUCT
from emporion.gateway.link.past import History
from emporion.gateway.link.questions import Question
from emporion.gateway.link.remote import RemoteLink

__all__ = [
    "EVENT_STRUCT", "ORDER_VIEW", "ORDER_VIEW_STRUCT", "History", "Link", "LinkBusy", "LinkLost", "LocalLink", "Pass",
    "RemoteLink",
    "Question", "Reply", "Ticket", "TicketRefused",
]  # fmt: skip
