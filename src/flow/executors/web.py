"""What a flow tells programs elsewhere, and what it asks of them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import Option, normalise
from mixminus.flow.actions.web import Fetch, WebhookSend
from mixminus.flow.errors import FetchFailed
from mixminus.flow.run import Executor, FlowRun
from mixminus.flow.web import WebRequest

__all__ = ["EXECUTORS"]

_JSON: Final = "application/json"


async def webhook_send(run: FlowRun, option: WebhookSend) -> None:
    """Nobody minds what is answered, nor whether anything is."""
    request = WebRequest(option.method, option.uri, option.data.encode(), option.data_type)
    if option.sync:
        await run.wait(run.services.web.ask(request))
    else:
        run.services.errands.run(f"webhook {run.activeflow.id}", _ask(run, request))


async def _ask(run: FlowRun, request: WebRequest) -> None:
    await run.services.web.ask(request)


async def fetch(run: FlowRun, option: Fetch) -> None:
    """Ask with ids in JSON; the answer is 200 and a list of actions, or the flow stops."""
    run.count_fetch()
    ids = {
        "activeflow_id": str(run.activeflow.id),
        "reference_id": str(run.activeflow.reference_id),
    }
    request = WebRequest(option.event_method, option.event_url, json.dumps(ids).encode(), _JSON)
    answer = await run.wait(run.services.web.ask(request))
    if answer.status != HTTPStatus.OK:
        raise FetchFailed(f"the answer is {answer.status}")
    await run.perform(_actions(answer.body))


def _actions(body: bytes) -> tuple[dict[str, Any], ...]:
    try:
        found = json.loads(body)
        if not isinstance(found, list):
            raise FetchFailed("the answer is no list of actions")
        return normalise(found)
    except (ValueError, RecursionError, InvalidArgument) as exc:
        raise FetchFailed("the answer is no list of actions") from exc


EXECUTORS: Final[Mapping[type[Option], Executor]] = {WebhookSend: webhook_send, Fetch: fetch}
