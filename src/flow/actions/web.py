"""HTTP requests: send a webhook, fetch a list of actions (api.md section 6.5)."""

import enum
import json
from http import HTTPStatus
from typing import Any, Final

from mixminus.errors import InvalidArgument
from mixminus.flow.action import ActionType
from mixminus.flow.errors import FetchFailed
from mixminus.flow.options import Flag, Option, Text
from mixminus.flow.run import FlowRun
from mixminus.flow.services import WebRequest

__all__ = ["ACTIONS", "Fetch", "Method", "WebhookSend"]

_JSON: Final = "application/json"


class Method(enum.StrEnum):
    POST = "POST"
    GET = "GET"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class WebhookSend(Option):
    """Send an HTTP request; its answer is ignored."""

    sync: Flag = False
    """Wait for the answer."""
    uri: Text = ""
    method: Method = Method.POST
    data_type: Text = _JSON
    """Content type of `data`."""
    data: Text = ""


async def webhook_send(run: FlowRun, option: WebhookSend) -> None:
    request = WebRequest(option.method, option.uri, option.data.encode(), option.data_type)
    if option.sync:
        await run.wait(run.services.web.ask(request))
    else:
        run.services.background.run(f"webhook {run.activeflow.id}", _send(run, request))


async def _send(run: FlowRun, request: WebRequest) -> None:
    await run.services.web.ask(request)


class Fetch(Option):
    """Fetch a list of actions by HTTP and run it, then continue with the next action."""

    event_url: Text = ""
    event_method: Method = Method.POST


async def fetch(run: FlowRun, option: Fetch) -> None:
    """Send ids as JSON; the answer must be 200 with a list of actions, or the flow stops."""
    run.count_fetch()
    ids = {
        "activeflow_id": str(run.activeflow.id),
        "reference_id": str(run.activeflow.reference_id),
    }
    request = WebRequest(option.event_method, option.event_url, json.dumps(ids).encode(), _JSON)
    answer = await run.wait(run.services.web.ask(request))
    if answer.status != HTTPStatus.OK:
        raise FetchFailed(f"the answer is {answer.status}, not 200")
    await run.perform(_actions(run, answer.body))


def _actions(run: FlowRun, body: bytes) -> tuple[dict[str, Any], ...]:
    try:
        found = json.loads(body)
        if not isinstance(found, list):
            raise FetchFailed("the answer is not a list of actions")
        return run.catalogue.normalise(found)
    except (ValueError, RecursionError, InvalidArgument) as exc:
        raise FetchFailed("the answer is not a list of actions") from exc


ACTIONS: Final = (
    ActionType("webhook_send", WebhookSend, webhook_send, without_call=True),
    ActionType("fetch", Fetch, fetch, stops_flow=True, without_call=True),
)
