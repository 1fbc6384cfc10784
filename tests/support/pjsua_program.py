"""The process of a ``PjsuaPhone``: reads commands, one JSON array a line, and answers each with a line of JSON."""

import json
import os
import select
import sys
from pathlib import Path
from typing import Any, Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from tests.support.hosts import bracketed

ANSWER: Final = "answer "
"""The beginning of a line that is an answer."""
_RTP_PORT: Final = 46_000
_SETTLING_ROUNDS: Final = 20


class PhoneCall(pj.Call):  # type: ignore[misc]
    """One call: plays the tone, records what it hears."""

    def __init__(self, phone: "Phone", call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, call_id)
        self.number, self.state = len(phone.calls), ""
        self._phone = phone
        self._recorder: Any = None
        phone.calls.append(self)

    def onCallState(self, _: Any) -> None:  # noqa: N802 - pjsua2's name
        self.state = self.getInfo().stateText

    def onCallMediaState(self, _: Any) -> None:  # noqa: N802 - pjsua2's name
        info = self.getInfo()  # kept: pjsua2 frees its members together with it
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                audio = self.getAudioMedia(index)
                self._phone.player.startTransmit(audio)
                if self._recorder is None:
                    self._recorder = pj.AudioMediaRecorder()
                    self._recorder.createRecorder(str(self._phone.directory / f"heard{self.number}.wav"))
                audio.startTransmit(self._recorder)

    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        prm.statusCode = pj.PJSIP_SC_ACCEPTED
        prm.newCall = PhoneCall(self._phone)

    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        self._phone.progress.append(prm.statusCode)
        prm.cont = True
        if prm.finalNotify and prm.statusCode == pj.PJSIP_SC_OK:
            self.end()

    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        prm.statusCode = pj.PJSIP_SC_OK

    def onCallReplaced(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        prm.newCall = PhoneCall(self._phone, prm.newCallId)

    def end(self) -> None:
        """Hang up; harmless when the call is over."""
        if self.isActive():
            self.hangup(_status(pj.PJSIP_SC_OK))

    def close_recorder(self) -> None:
        """Write what was recorded."""
        self._recorder = None


class PhoneAccount(pj.Account):  # type: ignore[misc]
    """Answers every call."""

    def __init__(self, phone: "Phone") -> None:
        super().__init__()
        self._phone = phone
        self.registered = 0

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        PhoneCall(self._phone, prm.callId).answer(_status(pj.PJSIP_SC_OK))

    def onRegState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        self.registered = prm.code


class Phone:
    """The endpoint, its account and its calls."""

    def __init__(self, directory: Path, host: str, port: int, login: list[str]) -> None:
        self.directory = directory
        self.calls: list[PhoneCall] = []
        self.progress: list[int] = []
        self.endpoint = _open_endpoint(host, port)
        self._settings = _settings(host, port, login)
        self.account = PhoneAccount(self)
        self.account.create(self._settings)
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(str(directory / "tone.wav"))

    def execute(self, name: str, arguments: list[Any]) -> Any:
        """Execute a command and return its answer."""
        parameters = pj.CallOpParam(True)
        match name, arguments:
            case "dial", [uri]:
                call = PhoneCall(self)
                call.makeCall(uri, parameters)
                return call.number
            case "register", [registrar]:
                self._settings.regConfig.registrarUri = registrar
                self.account.modify(self._settings)
            case "registered", []:
                return self.account.registered
            case "transfer", [number, uri]:
                self.calls[number].xfer(uri, parameters)
            case "transfer_to", [number, other]:
                self.calls[number].xferReplaces(self.calls[other], parameters)
            case "hang_up", [number]:
                self.calls[number].end()
            case "calls", []:
                return {call.number: call.state for call in self.calls}
            case "progress", []:
                return self.progress
            case "close_recorder", [number]:
                self.calls[number].close_recorder()
            case _:
                raise ValueError(name)
        return None

    def serve(self) -> None:
        """Execute commands until standard input ends, then hang up."""
        _write("ready")
        while True:
            self.endpoint.libHandleEvents(10)
            if select.select([sys.stdin], [], [], 0)[0]:
                line = sys.stdin.readline()
                if not line:
                    break
                name, *arguments = json.loads(line)
                _write(self.execute(name, arguments))
        self.endpoint.hangupAllCalls()
        for _ in range(_SETTLING_ROUNDS):
            self.endpoint.libHandleEvents(20)


def _open_endpoint(host: str, port: int) -> Any:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    config.medConfig.noVad, config.medConfig.clockRate = True, 8000
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress, transport.publicAddress = port, host, host
    kind = pj.PJSIP_TRANSPORT_UDP6 if ":" in host else pj.PJSIP_TRANSPORT_UDP
    endpoint.transportCreate(kind, transport)
    endpoint.libStart()
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMU") else 0)
    return endpoint


def _settings(host: str, port: int, login: list[str]) -> Any:
    settings = pj.AccountConfig()
    settings.idUri = f"sip:phone@{bracketed(host)}:{port}"
    settings.mediaConfig.transportConfig.boundAddress = host
    settings.mediaConfig.transportConfig.port = _RTP_PORT + port % 1000 * 10
    if ":" in host:
        settings.mediaConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
    if login:
        domain, user, password = login
        settings.idUri = f"sip:{user}@{domain}"
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, password))
    return settings


def _status(code: int) -> Any:
    parameters = pj.CallOpParam(True)
    parameters.statusCode = code
    return parameters


def _write(answer: Any) -> None:
    # pjlib logs to standard output until its level is set.
    sys.stdout.write(f"{ANSWER}{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Phone(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]).serve()
    # pjsua2's destructors would run in the wrong order.
    os._exit(0)
