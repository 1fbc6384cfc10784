"""The one pjsua2 account of a worker: where calls arrive, and from where they go out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus.sip.edge.flow import Flow
from mixminus.sip.messages import Dial
from mixminus.sip.worker.calls import Calls
from mixminus.sip.worker.guarded import guarded

__all__ = ["SipAccount", "account_config"]

_MIN_SESSION_EXPIRES_S = 90  # RFC 4028 section 5


class SipAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Passes every incoming call on; calls of ours go out from here, each with a face of its own."""

    def __init__(self, calls: Calls, config: pj.AccountConfig, edge_port: int) -> None:
        super().__init__()
        self._calls = calls
        self._config = config
        self._own_uri = config.idUri
        self._edge_port = edge_port
        self.create(config)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - pjsua2's name
        self._calls.incoming(self, prm.callId, prm.rdata.wholeMsg)

    @contextmanager
    def facing(self, command: Dial) -> Iterator[None]:
        """Be who calls, by way of the edge, while a call is made; the call keeps it, we do not.

        Left in place, the credentials would answer whoever asks for some in a call that has come in.
        """
        hop = command.hop
        flow = Flow("TCP" if hop.transport == "tcp" else "UDP", hop.host, hop.port, hop.connection)
        route = f"<sip:127.0.0.1:{self._edge_port};lr;flow={flow.token};leg={command.leg_id}>"
        credentials = pj.AuthCredInfoVector()
        if command.username:
            credentials.append(pj.AuthCredInfo("digest", "*", command.username, 0, command.password))
        self._wear(command.from_value, [route], credentials)
        try:
            yield
        finally:
            self._wear(self._own_uri, [], pj.AuthCredInfoVector())

    def _wear(self, uri: str, routes: list[str], credentials: pj.AuthCredInfoVector) -> None:
        sip = self._config.sipConfig
        self._config.idUri, sip.proxies, sip.authCreds = uri, pj.StringVector(routes), credentials
        self.modify(self._config)


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
