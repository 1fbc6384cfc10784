"""The desk: what phones say of handing their calls on, in the house's words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.call.leg import Referral, Transfers
from mixminus.model.ids import LegId
from mixminus.sip.addresses import callee_of
from mixminus.sip.config import SipConfig
from mixminus.sip.grammar import DEFAULT_SIP_PORT, SipUri, Unreadable, scheme_of
from mixminus.sip.messages import DialogConfirmed, Message, Notify, TransferAsked
from mixminus.sip.referral import Dialog, read_referral

__all__ = ["TransferDesk"]

_UNKNOWN_DIALOG: Final = 481
_DECLINED: Final = 603


@dataclass(frozen=True, slots=True)
class _Entry:
    worker_id: int
    dialog: Dialog


class TransferDesk:
    """Knows the dialogs that are up, by which a Replaces names a leg."""

    def __init__(
        self,
        config: SipConfig,
        *,
        port: Callable[[], int],
        send: Callable[[int, Message], None],
        transfers: Transfers | None,
    ) -> None:
        """``port`` is the public SIP port; ``send`` sends a message to a worker; ``transfers`` executes REFERs."""
        self._transfers = transfers
        self._host = config.advertised_host
        self._domain = config.domain
        self._port = port
        self._send = send
        self._dialogs: dict[LegId, _Entry] = {}

    def __len__(self) -> int:
        """Return how many dialogs are up."""
        return len(self._dialogs)

    def on_report(self, worker_id: int, report: DialogConfirmed | TransferAsked) -> None:
        """Take what a worker says."""
        match report:
            case DialogConfirmed(leg_id, sip_call_id, local_tag, remote_tag):
                self._dialogs[leg_id] = _Entry(worker_id, Dialog(sip_call_id, local_tag, remote_tag))
            case TransferAsked():
                self._asked(worker_id, report)

    def forget(self, leg_id: LegId) -> None:
        """Forget the dialog of a leg that is over."""
        self._dialogs.pop(leg_id, None)

    def on_worker_lost(self, worker_id: int) -> None:
        """Forget what a worker had."""
        self._dialogs = {
            leg_id: entry for leg_id, entry in self._dialogs.items() if entry.worker_id != worker_id
        }

    def _asked(self, worker_id: int, asked: TransferAsked) -> None:
        def tell(status_code: int) -> None:
            if asked.leg_id in self._dialogs:
                self._send(worker_id, Notify(asked.leg_id, asked.refer_id, status_code))

        try:
            wanted = read_referral(asked.refer_to)
            target, here = self._target(wanted.uri)
        except Unreadable:
            tell(_DECLINED)
            return
        replaces = self._leg_of(wanted.replaces) if wanted.replaces else None
        if wanted.replaces and not replaces:
            tell(_UNKNOWN_DIALOG)
        elif self._transfers is None:
            tell(_DECLINED)
        else:
            self._transfers.asked(asked.leg_id, Referral(target, here, replaces), tell)

    def _leg_of(self, dialog: Dialog) -> LegId | None:
        return next((leg_id for leg_id, entry in self._dialogs.items() if entry.dialog == dialog), None)

    def _target(self, uri: str) -> tuple[str, bool]:
        """Return what is dialled, and whether it is dialled here: telephone numbers are."""
        if scheme_of(uri) == "tel":
            return uri.partition(";")[0], True
        target = SipUri.parse(uri)
        host = target.host.lower()
        named = host in (self._domain, f"sip.{self._domain}") or host.endswith(f".registrar.{self._domain}")
        ours = host == self._host and (target.port or DEFAULT_SIP_PORT) == self._port()
        if named or ours:
            return callee_of(uri).target, True
        return uri, False
