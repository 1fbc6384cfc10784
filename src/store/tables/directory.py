"""Numbers, extensions, bindings and trunks."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from mixminus.store.tables.columns import WORD, UtcDateTime, customer, metadata, node, times

__all__ = [
    "extension_bindings",
    "extensions",
    "numbers",
    "trunk_addresses",
    "trunk_certificates",
    "trunks",
]

_DIGITS: Final = 32
_HOST: Final = 64
_NAME: Final = 253

numbers = Table(
    "numbers",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("number", String(_DIGITS), nullable=False),
    # The number without its plus sign, by which it is found; null once the number is deleted.
    Column("digits", String(_DIGITS), unique=True),
    Column("call_flow_id", Uuid, nullable=False),
    Column("message_flow_id", Uuid, nullable=False),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("type", String(WORD), nullable=False),
    Column("tm_renew", UtcDateTime),
    *times(),
    Index(None, "customer_id", "tm_create"),
)

extensions = Table(
    "extensions",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("extension", String, nullable=False),
    # ``extension``, and null once the extension is deleted: names are unique within a customer.
    Column("live_extension", String),
    Column("password", String, nullable=False),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("direct_hash", String(32), nullable=False, unique=True),
    Column("srtp", String(WORD), nullable=False),
    *times(),
    Index(None, "customer_id", "tm_create"),
    UniqueConstraint("live_extension", "customer_id"),
)

# Contact bindings of extensions; expired rows are ignored.
extension_bindings = Table(
    "extension_bindings",
    metadata,
    Column("extension_id", Uuid, ForeignKey("extensions.id"), primary_key=True),
    Column("contact", String(512), primary_key=True),
    Column("instance", String, nullable=False),
    Column("call_id", String, nullable=False),
    Column("sequence_number", BigInteger, nullable=False),
    Column("transport", String(WORD), nullable=False),
    Column("host", String(_HOST), nullable=False),
    Column("port", Integer, nullable=False),
    Column("connection", BigInteger, nullable=False),
    Column("user_agent", String, nullable=False, server_default=""),
    node(),
    Column("path", Text, nullable=False, server_default=""),
    Column("tm_create", UtcDateTime),
    Column("tm_expire", UtcDateTime, nullable=False),
    Index(None, "tm_expire"),
)

trunks = Table(
    "trunks",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("domain_name", String(_HOST), nullable=False),
    # ``domain_name``, and null once the trunk is deleted.
    Column("live_domain_name", String(_HOST), unique=True),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("auth_types", JSON, nullable=False),
    Column("username", String, nullable=False),
    Column("password", String, nullable=False),
    Column("allowed_ips", JSON, nullable=False),
    Column("outbound_host", String, nullable=False),
    Column("outbound_transport", String(WORD), nullable=False),
    Column("outbound_register", Boolean, nullable=False),
    Column("trust_identity", Boolean, nullable=False),
    Column("identity_header", String(_DIGITS), nullable=False),
    Column("diversion_header", String(_DIGITS), nullable=False),
    Column("from_domain", String, nullable=False),
    Column("outbound_proxy", String, nullable=False),
    Column("registration", String(WORD), nullable=False),
    Column("registration_detail", String, nullable=False),
    Column("srtp", String(WORD), nullable=False),
    Column("first_response_s", Integer, nullable=False),
    Column("media_timeout_s", Integer, nullable=False),
    Column("certificate_names", JSON, nullable=False),
    Column("options_interval_s", Integer, nullable=False),
    Column("health", String(WORD), nullable=False),
    Column("servers", JSON, nullable=False),
    *times(),
    Index(None, "customer_id", "tm_create"),
)

# ``allowed_ips`` of undeleted trunks, to find a trunk by its address.
trunk_addresses = Table(
    "trunk_addresses",
    metadata,
    Column("trunk_id", Uuid, ForeignKey("trunks.id"), primary_key=True),
    Column("host", String(_HOST), primary_key=True),
    Index(None, "host"),
)

# ``certificate_names`` of undeleted trunks, to find a trunk by a certificate.
trunk_certificates = Table(
    "trunk_certificates",
    metadata,
    Column("trunk_id", Uuid, ForeignKey("trunks.id"), primary_key=True),
    Column("name", String(_NAME), primary_key=True),
    Index(None, "name"),
)
