"""``mixminus events``: what happens, as it happens."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import age, line, listed
from mixminus.client.generated.models import Attempt, Delivery
from mixminus.client.request import UNSET

__all__ = ["app"]

WebhookType = Literal["customer", "activeflow"]

app: Final = commands("Events: follow them as they come.")


@app.command("tail")
def tail(
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only events whose type begins with this.")
    ] = None,
    after: Annotated[int | None, typer.Option(help="Begin behind the event with this id.")] = None,
    count: Annotated[int | None, typer.Option(help="End after this many events.")] = None,
) -> None:
    """Print events until Ctrl-C; a lost connection is opened again, and none is left out."""
    with session() as client:
        wanted = (
            event for event in client.events(after=after) if not types or event.type.startswith(tuple(types))
        )
        for event in islice(wanted, count):
            name = event.data.get("name") or event.data.get("label") or ""
            status = event.data.get("status", "")
            line(
                f"{event.id:>8}  {event.type:32} {event.data.get('id', '')}  {status}  {name}".rstrip(),
                **event.model_dump(),
            )


@app.command("list")
def list_events(
    after: Annotated[int, typer.Option(help="Begin behind the event with this id.")] = 0,
    room: Annotated[UUID | None, typer.Option(help="Only events of the room with this id.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many events.")] = 100,
) -> None:
    """List events that are kept, oldest first."""
    with session() as client:
        found = client.list_events(after=str(after), conference_id=room or UNSET, page_size=min(count, 100))
        listed(
            islice(found, count),
            {
                "event": lambda each: each.id,
                "type": lambda each: each.type,
                "of": lambda each: each.data.get("id", ""),
                "status": lambda each: each.data.get("status", ""),
            },
        )


@app.command("deliveries")
def deliveries(
    before: Annotated[int | None, typer.Option(help="Only events before the one with this id.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many events.")] = 20,
) -> None:
    """List what the webhooks of the customer and of flows' runs were sent, newest first; --json has every attempt."""
    with session() as client:
        found = client.list_deliveries(
            before=UNSET if before is None else str(before), page_size=min(count, 100)
        )
        listed(
            islice(found, count),
            {
                "event": lambda each: each.id,
                "type": lambda each: each.type,
                "webhook": _webhook,
                "state": lambda each: each.state,
                "attempts": lambda each: each.attempt_count,
                "last": lambda each: _last(each.attempts),
                "age": lambda each: age(each.attempts[0].tm) if each.attempts else "",
            },
        )


@app.command("resend")
def resend(
    events: Annotated[
        list[int] | None,
        typer.Argument(metavar="[EVENT]...", help="Ids of events; all undelivered ones without."),
    ] = None,
    webhook: Annotated[
        WebhookType | None, typer.Option(help="Only to the customer's webhook, or to those of flows' runs.")
    ] = None,
) -> None:
    """Send events to webhooks again."""
    with session() as client:
        sent = client.resend_events(event_ids=events or None, webhook_type=webhook)
    line(f"{sent.count} sent again", count=sent.count)


def _webhook(delivery: Delivery) -> str:
    """Return whose webhook it is; the customer is the one that asks."""
    return "customer" if delivery.webhook_type == "customer" else f"run {delivery.webhook_id}"


def _last(attempts: Sequence[Attempt]) -> str:
    if not attempts:
        return ""
    newest = attempts[0]
    return f"{newest.http_status} in {newest.duration_ms} ms" if newest.http_status else newest.error
