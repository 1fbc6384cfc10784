"""/join: the page by which a browser enters a room; it holds no secret and needs no credential."""

from aiohttp import web

from mixminus.api.pages import page_route

__all__ = ["routes"]


def routes() -> tuple[web.RouteDef, ...]:
    """Read the page once and return the route that serves it."""
    return (page_route("/join", "join.html", permissions="microphone=(self)"),)
