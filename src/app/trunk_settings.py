"""The trunk of the settings, which carries calls to telephone numbers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mixminus.call.outbound import Carrier
from mixminus.model.srtp import Encryption

__all__ = ["TrunkSettings"]


class TrunkSettings(BaseModel):
    """The trunk that carries calls to telephone numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(pattern=r"^[A-Za-z0-9:.\-]{1,253}$")
    port: int = Field(0, ge=0, le=65535)
    transport: Literal["udp", "tcp", "tls"] = "udp"
    username: str = ""
    password: SecretStr = SecretStr("")
    srtp: Encryption | None = None

    def carrier(self) -> Carrier:
        return Carrier(
            self.host,
            self.port,
            self.transport,
            self.username,
            self.password.get_secret_value(),
            self.srtp or ("optional" if self.transport == "tls" else "never"),
        )
