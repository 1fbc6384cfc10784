"""The one pjsua2 account of a worker: where incoming calls arrive."""

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus.sip.worker.calls import Calls
from mixminus.sip.worker.guarded import guarded

__all__ = ["SipAccount", "account_config"]

_MIN_SESSION_EXPIRES_S = 90  # RFC 4028 section 5


class SipAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Passes every incoming call on."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - pjsua2's name
        self._calls.incoming(self, prm.callId, prm.rdata.wholeMsg)


def account_config(worker_id: int, sip_port: int, *, session_expires_s: int) -> pj.AccountConfig:
    """Describe an account that has no media of its own and rewrites nothing."""
    config = pj.AccountConfig()
    config.idUri = f"sip:w{worker_id}@127.0.0.1"
    # The user names the worker; the edge puts the public address behind it.
    config.sipConfig.contactForced = f"<sip:w{worker_id}@127.0.0.1:{sip_port}>"
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.timerSessExpiresSec = max(session_expires_s, _MIN_SESSION_EXPIRES_S)
    config.callConfig.timerMinSESec = _MIN_SESSION_EXPIRES_S
    config.mediaConfig.useLoopMedTp = True
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = False
    config.natConfig.sdpNatRewriteUse = 0
    return config
