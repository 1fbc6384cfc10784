"""Delivery: events go out by webhook, by WebSocket and by REST, in one order."""
