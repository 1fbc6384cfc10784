"""Transfer requests of phones (REFER, RFC 3515), passed on to ``call.leg.Transfers``."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from mixminus.call.leg import Referral, Transfers
from mixminus.model.ids import LegId
from mixminus.sip.addresses import callee_of
from mixminus.sip.config import SipConfig
from mixminus.sip.grammar import DEFAULT_SIP_PORT, Dialog, SipUri, Unreadable, parse_refer_to, scheme_of
from mixminus.sip.messages import DialogConfirmed, Message, Notify, TransferRequested

__all__ = ["TransferRequests"]

_UNKNOWN_DIALOG: Final = 481
_DECLINED: Final = 603


@dataclass(frozen=True, slots=True)
class _ConfirmedDialog:
    worker_id: int
    dialog: Dialog


class TransferRequests:
    """Resolves Refer-To and Replaces; keeps the confirmed dialogs that a Replaces can name."""

    def __init__(
        self,
        config: SipConfig,
        *,
        ports: Callable[[], frozenset[int]],
        send: Callable[[LegId, Message], None],
        transfers: Transfers | None,
        is_active: Callable[[str], bool],
    ) -> None:
        """``ports`` returns the public SIP ports, ``send`` sends to the worker of a leg, ``transfers`` executes REFERs."""
        self._transfers = transfers
        self._is_active = is_active
        self._hosts = config.advertised_hosts
        self._domain = config.domain
        self._ports = ports
        self._send = send
        self._dialogs: dict[LegId, _ConfirmedDialog] = {}

    def __len__(self) -> int:
        """Return how many dialogs are confirmed and not over."""
        return len(self._dialogs)

    def confirmed(self, worker_id: int, report: DialogConfirmed) -> None:
        """Keep a dialog; one that another worker continues is known as before."""
        if before := self._dialogs.get(report.leg_id):
            self._dialogs[report.leg_id] = _ConfirmedDialog(worker_id, before.dialog)
            return
        dialog = Dialog(report.sip_call_id, report.local_tag, report.remote_tag)
        self._dialogs[report.leg_id] = _ConfirmedDialog(worker_id, dialog)

    def forget(self, leg_id: LegId) -> None:
        """Remove the dialog of a leg that is over."""
        self._dialogs.pop(leg_id, None)

    def on_worker_lost(self, worker_id: int, kept: Collection[LegId]) -> None:
        """Remove the dialogs of a worker that has exited, but those that another one continues."""
        self._dialogs = {
            leg_id: entry
            for leg_id, entry in self._dialogs.items()
            if entry.worker_id != worker_id or leg_id in kept
        }

    def requested(self, leg_id: LegId, request: TransferRequested) -> None:
        """Take a REFER that was accepted; its outcome is notified."""

        def notify(status_code: int) -> None:
            if self._is_active(request.sip_call_id):
                self._send(leg_id, Notify(leg_id, request.refer_id, status_code))

        try:
            refer_to = parse_refer_to(request.refer_to)
            target, is_local = self._target(refer_to.uri)
        except Unreadable:
            notify(_DECLINED)
            return
        replaces = self._leg_of(refer_to.replaces) if refer_to.replaces else None
        elsewhere = refer_to.replaces.replaces if refer_to.replaces and not replaces else ""
        if elsewhere and (is_local or self._has_call(refer_to.replaces)):
            notify(_UNKNOWN_DIALOG)
        elif self._transfers is None:
            notify(_DECLINED)
        else:
            self._transfers.on_refer(leg_id, Referral(target, is_local, replaces, elsewhere), notify)

    def _leg_of(self, dialog: Dialog) -> LegId | None:
        for leg_id, entry in self._dialogs.items():
            known = entry.dialog
            if known.sip_call_id == dialog.sip_call_id and dialog.has_tags(known.local_tag, known.remote_tag):
                return leg_id
        return None

    def _has_call(self, dialog: Dialog | None) -> bool:
        """Return whether a call of ours has the Call-ID of a dialog."""
        return any(
            dialog and entry.dialog.sip_call_id == dialog.sip_call_id for entry in self._dialogs.values()
        )

    def _target(self, uri: str) -> tuple[str, bool]:
        """Return the dialled target, and whether it is on this server, as telephone numbers are."""
        if scheme_of(uri) == "tel":
            return uri.partition(";")[0], True
        target = SipUri.parse(uri)
        host = target.host.lower()
        named = host in (self._domain, f"sip.{self._domain}") or host.endswith(f".registrar.{self._domain}")
        ours = host in self._hosts and (target.port or DEFAULT_SIP_PORT) in self._ports()
        if named or ours:
            return callee_of(uri).target, True
        return uri, False
