"""All routes, in the order in which they are documented."""

from emporion.gateway import (
    rest_account,
    rest_contracts,
    rest_gauges,
    rest_identity,
    rest_margin,
    rest_market,
    rest_money,
    rest_operator,
    rest_risk,
    rest_service,
    rest_sessions,
    rest_trading,
)
from emporion.gateway.router import Router


def router() -> Router:
    """The table of all that can be asked for."""
    return Router(
        (
            *rest_market.ROUTES,
            *rest_contracts.ROUTES,
            *rest_gauges.ROUTES,
            *rest_identity.ROUTES,
            *rest_sessions.ROUTES,
            *rest_account.ROUTES,
            *rest_margin.ROUTES,
            *rest_trading.ROUTES,
            *rest_money.ROUTES,
            *rest_operator.ROUTES,
            *rest_risk.ROUTES,
            *rest_service.ROUTES,
        )
    )
