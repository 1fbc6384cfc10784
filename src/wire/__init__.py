"""The JSON shapes that the server sends, one class each: API answers, events and webhooks render with them."""
