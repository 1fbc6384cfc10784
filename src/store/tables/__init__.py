"""The tables, a file for each subject; ``migrations`` creates them, and a test compares the two."""

from mixminus.store.tables.access import (
    access_keys,
    agents,
    customers,
    encryption_keys,
    guest_links,
    secrets,
)
from mixminus.store.tables.audits import audits
from mixminus.store.tables.calls import groupcalls
from mixminus.store.tables.chat import chat_messages
from mixminus.store.tables.columns import NODE_ID, UtcDateTime, metadata
from mixminus.store.tables.directory import (
    extension_bindings,
    extensions,
    numbers,
    trunk_addresses,
    trunk_certificates,
    trunks,
)
from mixminus.store.tables.events import (
    activeflow_retries,
    event_streams,
    idempotency_keys,
    outbox,
    undelivered,
    webhook_attempts,
    webhook_cursors,
    webhook_retries,
)
from mixminus.store.tables.flows import activeflow_cursors, activeflows, flows
from mixminus.store.tables.nodes import nodes
from mixminus.store.tables.rooms import calls, conferencecalls, conferences, is_present, recordings
from mixminus.store.tables.speech import transcribes, transcripts
from mixminus.store.tables.usage import balances, credits, running_marks, usage

__all__ = [
    "NODE_ID",
    "UtcDateTime",
    "access_keys",
    "activeflow_cursors",
    "activeflow_retries",
    "activeflows",
    "agents",
    "audits",
    "balances",
    "calls",
    "chat_messages",
    "conferencecalls",
    "conferences",
    "credits",
    "customers",
    "encryption_keys",
    "event_streams",
    "extension_bindings",
    "extensions",
    "flows",
    "groupcalls",
    "guest_links",
    "idempotency_keys",
    "is_present",
    "metadata",
    "nodes",
    "numbers",
    "outbox",
    "recordings",
    "running_marks",
    "secrets",
    "transcribes",
    "transcripts",
    "trunk_addresses",
    "trunk_certificates",
    "trunks",
    "undelivered",
    "usage",
    "webhook_attempts",
    "webhook_cursors",
    "webhook_retries",
]
