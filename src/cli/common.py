"""What all commands have in common: options for the server and for the output, and failures as one line."""

import functools
import inspect
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, cast

import httpx
import typer

from mixminus.cli.profiles import profiles
from mixminus.client import Client

__all__ = ["Failed", "commands", "is_json", "session"]

Function = TypeVar("Function", bound=Callable[..., Any])
PANEL: Final = "Server and output"


class Failed(Exception):
    """The command cannot do what it was asked for; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has."""

    url: str | None = None
    key: str | None = None
    profile: str | None = None
    json: bool = False
    show_request: bool = False


_OPTIONS: Final[dict[str, Any]] = {
    "url": Annotated[
        str | None, typer.Option(help="Address of the server.", envvar="MIXMINUS_URL", rich_help_panel=PANEL)
    ],
    "key": Annotated[
        str | None,
        typer.Option(help="Access key, or token of a session.", envvar="MIXMINUS_KEY", rich_help_panel=PANEL),
    ],
    "profile": Annotated[
        str | None,
        typer.Option(help="A stored server.", envvar="MIXMINUS_PROFILE", rich_help_panel=PANEL),
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=PANEL)],
    "show_request": Annotated[
        bool,
        typer.Option("--show-request", help="Print each request as a curl command.", rich_help_panel=PANEL),
    ],
}
_common: ContextVar[Common] = ContextVar("common")


def _with_common(function: Function) -> Function:
    """Return a command that takes the common options as well, and keeps them for ``session`` and ``is_json``."""

    @functools.wraps(function)
    def command(*arguments: Any, **options: Any) -> Any:
        token = _common.set(Common(**{name: options.pop(name) for name in _OPTIONS}))
        try:
            return function(*arguments, **options)
        finally:
            _common.reset(token)

    own = inspect.signature(function)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=kind,
            default=Common.__dataclass_fields__[name].default,
        )
        for name, kind in _OPTIONS.items()
    ]
    command.__signature__ = own.replace(parameters=[*own.parameters.values(), *added])  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, **_OPTIONS}
    return cast(Function, command)


class Commands(typer.Typer):
    """A group of commands with the common options."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        register = super().command(name, **options)
        return lambda function: register(_with_common(function))


def commands(about: str) -> Commands:
    """Return an empty group of commands."""
    return Commands(help=about, no_args_is_help=True)


def is_json() -> bool:
    """Whether the output of the present command is JSON."""
    return _common.get().json


@contextmanager
def session() -> Iterator[Client]:
    """Open a client of the server that the options name."""
    common = _common.get()
    known = profiles()
    name = common.profile or ("default" if "default" in known and not (common.url or common.key) else None)
    if name and name not in known:
        raise Failed(f"there is no profile {name}: add it with `mixminus profiles add {name} URL --key KEY`")
    profile = known.get(name or "")
    with Client(
        common.url or (profile.url if profile else None),
        key=common.key or (profile.key if profile else None),
        authority=(profile.authority or None) if profile else None,
    ) as client:
        if common.show_request:
            client.http.event_hooks["request"].append(_show)
        yield client


def _show(request: httpx.Request) -> None:
    """Print a request as a command to copy; the key stays in its variable."""
    parts = ["curl", "-s", "-X", request.method]
    parts += ["-d", request.content.decode()] if request.content else []
    parts.append(str(request.url))
    sys.stderr.write(f'{shlex.join(parts)} -H "Authorization: Bearer $MIXMINUS_KEY"\n')
