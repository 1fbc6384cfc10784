"""Nodes: the servers that share a PostgreSQL database, each start of one a row."""

from sqlalchemy import Column, DateTime, Float, Integer, String, Table, Uuid, text

from mixminus.store.tables.columns import WORD, metadata

__all__ = ["nodes"]

# Written by ``store.leases`` alone, in the time of the database's clock. A server that is no node has no row.
nodes = Table(
    "nodes",
    metadata,
    Column("id", Uuid, primary_key=True),
    # Of its internal HTTP listener, host:port.
    Column("address", String, nullable=False),
    Column("sip_address", String, nullable=False),
    Column("version", String, nullable=False),
    # serving, draining or gone; one that is gone never comes back.
    Column("state", String(WORD), nullable=False),
    Column("rooms", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    # CPU time of the busiest mixing thread, as a share of the time it has.
    Column("load", Float, nullable=False, server_default=text("0")),
    Column("tm_start", DateTime(timezone=True), nullable=False),
    Column("lease_until", DateTime(timezone=True), nullable=False),
    # Since when its lease has not lapsed: one that slept longer than a lease declares none gone.
    Column("steady_since", DateTime(timezone=True), nullable=False),
)
