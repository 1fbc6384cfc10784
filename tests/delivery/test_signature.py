"""Webhook signatures: VoIPBIN's and Standard Webhooks'."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from mixminus.delivery.sender import sign

BODY = '{"type":"x","data":{"name":"ü"}}'.encode()


@pytest.mark.parametrize(
    ("secret", "standard"),
    [
        pytest.param("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Webhook, id="of Standard Webhooks"),
        pytest.param("3f9a", lambda secret: Webhook(secret.encode()), id="any text"),
        pytest.param("whsec_a", lambda secret: Webhook(secret.encode()), id="not base64 after all"),
        pytest.param("whsec_", lambda secret: Webhook(secret.encode()), id="nothing after the mark"),
    ],
)
def test_both_signatures_verify(secret: str, standard: type[Webhook]) -> None:
    headers = sign(BODY, secret=secret, message_id="evt_1", now=datetime.now(UTC))
    expected = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    assert headers["X-VoIPBIN-Signature"] == f"sha256={expected}"
    assert standard(secret).verify(BODY, headers) == {"type": "x", "data": {"name": "ü"}}


def test_there_is_no_signature_without_a_secret() -> None:
    headers = sign(BODY, secret="", message_id="evt_1", now=datetime.fromtimestamp(1_900_000_000.9, UTC))
    assert headers == {"webhook-id": "evt_1", "webhook-timestamp": "1900000000"}
