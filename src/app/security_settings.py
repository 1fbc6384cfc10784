"""The settings of access: first credentials, and the key of stored secrets."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from mixminus.app.key_text import read_key

__all__ = ["SecuritySettings"]


class SecuritySettings(BaseSettings):
    """Settings of access, a part of ``Settings``."""

    access_key: SecretStr = Field(
        SecretStr(""), description="access key to create at start if it does not exist"
    )
    admin_password: SecretStr = Field(
        SecretStr(""),
        description="password of the agent admin, set at each start; empty: generated at the first start",
    )
    secrets_key: SecretStr = Field(
        SecretStr(""),
        description="key that encrypts the passwords in the database, 32 bytes in base64, and former keys after it "
        "with commas between them; empty means secrets.key in the data folder",
    )
    audit_retention_days: int = Field(
        365, ge=0, le=36_500, description="days that audits are kept; 0 keeps them all, up to a million"
    )

    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="token that reads /metrics and nothing else, for Prometheus; empty means none",
    )

    call_retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="days that ended calls and their participants are kept; 0 keeps them all",
    )
    transcript_retention_days: int = Field(
        0, ge=0, le=36_500, description="days that transcripts are kept; 0 keeps them all"
    )
    chat_retention_days: int = Field(
        0, ge=0, le=36_500, description="days that chat messages are kept; 0 keeps them all"
    )

    @field_validator("access_key", "metrics_token")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.isascii() or any(c.isspace() or not c.isprintable() for c in text):
            raise ValueError("must be printable ASCII without spaces")
        return value

    @field_validator("secrets_key")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        for text in filter(None, value.get_secret_value().split(",")):
            read_key(text)
        return value
