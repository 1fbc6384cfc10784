"""Audit: what must hold when a storm is over."""

import re
from collections.abc import Sequence
from functools import partial

from tests.satellite.conftest import PATIENCE_S, eventually
from tests.satellite.storm.site import NIL, Site

__all__ = ["audit", "count_present"]

_OWNERS = f"""
SELECT id, epoch, count(DISTINCT node_id), string_agg(DISTINCT node_id::text, ' ') FROM storm_homes
WHERE node_id <> '{NIL}' GROUP BY id, epoch HAVING count(DISTINCT node_id) > 1
"""
_BACK = """
SELECT id, epoch, before FROM
  (SELECT id, epoch, lag(epoch) OVER (PARTITION BY id ORDER BY serial) AS before FROM storm_homes) AS each
WHERE epoch < before
"""
_GAPS = """
SELECT s.id, s.number, count(o.number), min(o.number), max(o.number) FROM event_streams s
JOIN outbox o ON o.stream_id = s.id GROUP BY s.id, s.number
HAVING NOT (s.number = count(o.number) AND min(o.number) = 1 AND max(o.number) = s.number)
"""
_EVENTS = "SELECT 'evt_' || replace(stream_id::text, '-', '') || '_' || number FROM outbox WHERE id > {} ORDER BY id"
_PRESENT = "SELECT conference_id, count(*) FROM conferencecalls WHERE status IN ('joining', 'joined', 'leaving') GROUP BY 1"
_CALLS = "SELECT id, status FROM calls WHERE status <> 'hangup'"
_ROOMS = "SELECT id, status FROM conferences WHERE status <> 'terminated'"
_RECORDINGS = "SELECT id, status, node_id FROM recordings WHERE status <> 'ended'"


def count_present(site: Site) -> dict[str, int]:
    """Return how many participants the database has in each room."""
    return {room: int(count) for room, count in site.rows(_PRESENT)}


def audit(site: Site, rooms: Sequence[str]) -> None:
    """Delete the rooms, which no one is in any more, and note what does not hold."""
    _wait_for_none(site, _CALLS, "calls go on without a phone")
    _wait_for_none(site, _PRESENT, "participants are ghosts")
    for room in rooms:
        eventually(partial(_deleted, site, room), timeout_s=PATIENCE_S, what=f"{room} can be deleted")
    _wait_for_none(site, _ROOMS, "rooms do not end")
    _wait_for_none(site, _RECORDINGS, "recordings do not end")
    for query, what in (
        (_OWNERS, "an epoch had two owners"),
        (_BACK, "an epoch went back"),
        (_GAPS, "a stream of events has a gap"),
    ):
        for row in site.rows(query):
            site.fault(f"{what}: {row}")
    _check_webhooks(site)
    for node in site.nodes:
        for found in re.findall(r"error    \] task failed[\s\S]{0,3000}", node.server.log)[:3]:
            site.fault(f"node{node.number} has logged a {found}")


def _deleted(site: Site, room: str) -> bool:
    answer = site.ask(site.nodes[0], "DELETE", f"/conferences/{room}")
    return answer is not None and answer.status == 200


def _wait_for_none(site: Site, query: str, what: str) -> None:
    try:
        eventually(lambda: not site.rows(query), timeout_s=2 * PATIENCE_S, what=what)
    except AssertionError:
        site.fault(f"{what}: {site.rows(query)}")


def _check_webhooks(site: Site) -> None:
    """Check that each event was delivered, by one node; by another one too if the first has died."""
    delivered = site.hook.delivered

    def undelivered() -> list[str]:
        return [id_ for [id_] in site.rows(_EVENTS.format(site.delivered_since)) if id_ not in delivered]

    try:
        eventually(lambda: not undelivered(), timeout_s=PATIENCE_S, what="all events are delivered")
    except AssertionError:
        site.fault(f"events were not delivered: {undelivered()[:10]}")
    for id_, owners in delivered.items():
        living = set(owners) - site.died - {""}
        if len(living) > 1:
            site.fault(f"{id_} was delivered by {owners}")
