"""Delivery: what the outbox holds goes out, by webhook, by WebSocket and by REST, in one order."""
