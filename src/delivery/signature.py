"""Signatures of webhooks: VoIPBIN's own (api.md section 11), and Standard Webhooks 1.0."""

import binascii
import hashlib
import hmac
from datetime import datetime

from standardwebhooks import Webhook

__all__ = ["sign"]

_MARK = "whsec_"


def sign(body: bytes, *, secret: str, message_id: str, now: datetime) -> dict[str, str]:
    """Return the headers that name an attempt, and prove its origin if there is a secret.

    Standard Webhooks takes a secret that begins with ``whsec_`` as base64, and any other as its bytes.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp()))}
    if secret:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-VoIPBIN-Signature"] = f"sha256={digest}"
        headers["webhook-signature"] = _standard(secret).sign(message_id, now, body.decode())
    return headers


def _standard(secret: str) -> Webhook:
    if secret.startswith(_MARK) and secret != _MARK:
        try:
            return Webhook(secret)
        except binascii.Error:
            pass  # not base64 after all: a secret like any other
    return Webhook(secret.encode())
