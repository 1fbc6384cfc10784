"""Checks of what the server is made of: codecs, SIP, speech, certificates and the database."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Final

from cryptography import x509

from mixminus.app.doctor.finding import Finding, failed, good, warning
from mixminus.app.local_authority import FOLDER, LocalAuthority
from mixminus.app.settings import Settings, setting_name
from mixminus.errors import Unavailable
from mixminus.mixer.libraries import find_libraries
from mixminus.speech.recognition.errors import RecogniserMissing
from mixminus.speech.recognition.whisper import check as languages_of
from mixminus.speech.translation.pairs import installed_modes
from mixminus.store.examination import examine
from mixminus.tls import ServerTls

__all__ = ["check_certificates", "check_database", "check_software"]

_FEW: Final = 8
"""More languages are counted, not named."""
SOON: Final = timedelta(days=21)


def check_software(settings: Settings) -> Iterator[Finding]:
    """Check the libraries and programs that are loaded when they are needed."""
    libraries = find_libraries()
    if libraries.opus_path:
        yield good("codecs", "Opus, G.722, PCMA, PCMU, L16")
    else:
        yield failed(
            "codecs",
            "libopus is not found: browsers cannot join",
            "install the package av again, or libopus0",
        )
    if libraries.srtp_path:
        yield good("codecs", "SRTP")
    else:
        remedy = "install the package pylibsrtp again, or libsrtp2-1"
        yield failed("codecs", "libsrtp is not found: no encrypted call is possible", remedy)
    if find_spec("pjsua2"):
        yield good("sip", "pjsua2 is installed")
    else:
        yield failed(
            "sip",
            "pjsua2 is not installed: phones cannot call",
            "install mixminus again, with its dependencies",
        )
    yield _synthesis()
    yield _recognition(settings)
    yield _translation()


def check_certificates(settings: Settings, now: datetime) -> Finding:
    """Check the files that the settings name, or the server's own certificate."""
    if settings.https_port is settings.sip_tls_port is settings.sip_wss_port is None:
        return good("certificates", "no port uses TLS")
    own = settings.tls_certificate is None or settings.tls_key is None
    authority = LocalAuthority(settings.data_dir / FOLDER)
    path = authority.certificate if own else settings.tls_certificate
    key = authority.key if own else settings.tls_key
    assert path is not None
    assert key is not None
    if own and not path.exists():
        return good("certificates", "the server makes one by its own authority at its first start")
    try:
        ServerTls(path, key)
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (Unavailable, OSError, ValueError) as error:
        names = f"{setting_name('tls_certificate')} and {setting_name('tls_key')}"
        return failed("certificates", str(error), f"correct {names}, or unset both")
    left = certificate.not_valid_after_utc - now
    found = f"{path} is valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    if left < timedelta(0):
        return failed(
            "certificates", f"{found}: it has expired", "renew it; the server reads new files by itself"
        )
    if left < SOON and not own:
        return warning("certificates", found, "renew it; the server reads new files by itself")
    return good("certificates", found + (", made by the server's own authority (/ca.pem)" if own else ""))


async def check_database(settings: Settings) -> AsyncIterator[Finding]:
    """Open the database, compare its version with this server's, and let SQLite check the file."""
    try:
        found = await examine(settings.database)
    except Unavailable as error:
        remedy = f"start it, or correct {setting_name('database_url')}"
        yield failed("database", str(error), remedy)
        return
    if found.revision is None:
        yield good("database", f"{found.product}, empty: the server creates its tables at its first start")
    elif not found.known:
        remedy = "run the version of mixminus that has written it, or a newer one"
        yield failed("database", f"{found.product}, written by a newer version ({found.revision})", remedy)
    elif found.revision != found.newest:
        yield good("database", f"{found.product}, {found.revision}: the server upgrades it at its next start")
    else:
        yield good("database", f"{found.product}, up to date")
    for fault in found.faults:
        yield failed("database", fault, "stop the server, and restore the last backup: mixminus restore")


def _synthesis() -> Finding:
    found = [
        name
        for name, there in (("English", find_spec("hibari")), ("espeak-ng", shutil.which("espeak-ng")))
        if there
    ]
    if "espeak-ng" in found:
        return good("speech", f"texts are spoken: {', '.join(found)}")
    return warning("speech", "texts are spoken in English only", "install espeak-ng for other languages")


def _recognition(settings: Settings) -> Finding:
    try:
        languages = languages_of(settings.speech_model_dir)
    except RecogniserMissing as error:
        return warning("speech", str(error), "without it nothing can be transcribed")
    known = ", ".join(sorted(languages)) if len(languages) <= _FEW else f"{len(languages)} languages"
    return good("speech", f"speech is recognised: {known}")


def _translation() -> Finding:
    modes = installed_modes()
    if modes:
        return good("speech", f"transcripts are translated: {', '.join(mode.name for mode in modes)}")
    return good("speech", "no translator: for English to Spanish, apt install apertium apertium-eng-spa")
