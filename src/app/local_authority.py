"""A small certificate authority of this server, for machines without certificates of their own.

It is created in the data folder at the first start. A client that trusts its root (``GET /ca.pem``) trusts this
server. Its key never leaves the folder, and it signs only this server's certificate.
"""

import contextlib
import datetime
import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mixminus.app.atomic_file import replace_file

__all__ = ["FOLDER", "LocalAuthority"]

FOLDER: Final = "tls"
"""Below the data folder."""

_ROOT_VALID: Final = datetime.timedelta(days=3650)
# Browsers accept no server certificate of more than 398 days.
_VALID: Final = datetime.timedelta(days=397)
_RENEWED_BEFORE: Final = datetime.timedelta(days=30)
_CLOCK_SKEW: Final = datetime.timedelta(days=1)
_MODE: Final = 0o700
_KEY_MODE: Final = 0o600
_CERTIFICATE_MODE: Final = 0o644


class LocalAuthority:
    """The root and the server's certificate, as PEM files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "ca.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server-key.pem"
        self._root_key = folder / "ca-key.pem"
        self._folder = folder

    def ensure(self, names: Iterable[str], now: datetime.datetime) -> None:
        """Make what is missing, expires within a month, or is not for these host names and addresses."""
        self._folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        wanted = _alternatives(names)
        root = _read(self.root)
        if root is None or not self._root_key.exists() or _expires(root, now):
            self._make_root(now)
            root = None
        found = _read(self.certificate)
        if (
            root is None
            or found is None
            or not self.key.exists()
            or _expires(found, now)
            or _names(found) != wanted
        ):
            self._make_certificate(wanted, now)

    def _make_root(self, now: datetime.datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        # The date makes names unique: browsers confuse two roots of one name.
        name = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, f"mixminus local CA {now:%Y-%m-%d %H:%M:%S}")]
        )
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        root = (
            _builder(name, name, key.public_key(), now, _ROOT_VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        replace_file(self._root_key, _key_pem(key), _KEY_MODE)
        replace_file(self.root, root.public_bytes(serialization.Encoding.PEM), _CERTIFICATE_MODE)

    def _make_certificate(self, names: x509.SubjectAlternativeName, now: datetime.datetime) -> None:
        root = x509.load_pem_x509_certificate(self.root.read_bytes())
        root_key = serialization.load_pem_private_key(self._root_key.read_bytes(), password=None)
        if not isinstance(root_key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not one of ours")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mixminus")])
        certificate = (
            _builder(subject, root.subject, key.public_key(), now, _VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
            )
            .sign(root_key, hashes.SHA256())
        )
        chain = certificate.public_bytes(serialization.Encoding.PEM) + root.public_bytes(
            serialization.Encoding.PEM
        )
        replace_file(self.key, _key_pem(key), _KEY_MODE)
        replace_file(self.certificate, chain, _CERTIFICATE_MODE)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    valid: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now - _CLOCK_SKEW + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _alternatives(names: Iterable[str]) -> x509.SubjectAlternativeName:
    found: list[x509.GeneralName] = []
    for name in sorted(set(names)):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            if name.isascii():
                found.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(found)


def _names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _expires(certificate: x509.Certificate, now: datetime.datetime) -> bool:
    return certificate.not_valid_after_utc - _RENEWED_BEFORE < now


def _read(path: Path) -> x509.Certificate | None:
    with contextlib.suppress(OSError, ValueError):
        return x509.load_pem_x509_certificate(path.read_bytes())
    return None


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
