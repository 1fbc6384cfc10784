"""The JSON shapes that the server sends, one class each, for API answers, events and webhooks."""
