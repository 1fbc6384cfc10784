"""Account requests of the edge: authentication and registration, answered from the directory."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.directory.bindings import Phone, Registration, Rejected
from mixminus.directory.service import DirectoryServices
from mixminus.errors import MixMinusError
from mixminus.model.directory import BindingTransport
from mixminus.model.ids import ExtensionId
from mixminus.sip.messages import (
    AccountRequested,
    AnswerAccount,
    AnswerRegistration,
    ForgetAccounts,
    LoginsFailed,
    Message,
    RegistrationRequested,
    WebSocketClosed,
)
from mixminus.tasks import TaskScope

__all__ = ["AccountRequests"]

_UNAVAILABLE: Final = 503
_TRANSPORTS: Final[dict[str, BindingTransport]] = {"TCP": "tcp", "TLS": "tls", "WSS": "wss"}
_MAX_PENDING: Final = 2048


class AccountRequests:
    """Answers the edge, which has no database, from the directory."""

    def __init__(self, directory: DirectoryServices, send: Callable[[Message], None]) -> None:
        self.overruns = 0
        """How many requests were dropped because too many were pending; the edge times them out."""
        self._directory = directory
        self._send = send
        self._tasks = TaskScope(log.task_failed("sip.account_requests"))
        directory.watch_logins(lambda: send(ForgetAccounts()))

    def on_edge(self, message: Message) -> None:
        """Take a request or a report of the edge."""
        if len(self._tasks) >= _MAX_PENDING:
            self.overruns += 1
            return
        match message:
            case AccountRequested():
                self._tasks.spawn("account", self._account(message))
            case RegistrationRequested():
                self._tasks.spawn("registration", self._register(message))
            case LoginsFailed(account_id, host, attempts):
                report = self._directory.accounts.login_failed(UUID(account_id), host, attempts)
                self._tasks.spawn("logins failed", report)
            case WebSocketClosed(connection):
                closed = self._directory.registrations.websockets_closed(connection)
                self._tasks.spawn("websocket closed", closed)

    def on_edge_opened(self) -> None:
        """Delete the bindings of all WebSockets: the edge has just been started, and has none."""
        self._tasks.spawn("websockets closed", self._directory.registrations.websockets_closed())

    async def close(self) -> None:
        await self._tasks.close()

    async def _account(self, request: AccountRequested) -> None:
        account = await self._directory.accounts.find(
            request.domain, request.username, request.host, request.names
        )
        self._send(
            AnswerAccount(
                request_id=request.request_id,
                realm=account.realm,
                account_id=str(account.account_id or ""),
                sha256=account.sha256,
                md5=account.md5,
                trusted=account.trusted,
                registered_here=account.registered_here,
            )
        )

    async def _register(self, request: RegistrationRequested) -> None:
        try:
            found = await self._directory.registrations.register(_registration(request))
        except Rejected as error:
            self._send(AnswerRegistration(request.request_id, error.status_code, ()))
        except MixMinusError:
            self._send(AnswerRegistration(request.request_id, _UNAVAILABLE, ()))
        else:
            phones = tuple((binding.contact, left_s) for binding, left_s in found)
            self._send(AnswerRegistration(request.request_id, 200, phones))


def _registration(request: RegistrationRequested) -> Registration:
    return Registration(
        extension_id=ExtensionId(UUID(request.account_id)),
        call_id=request.sip_call_id,
        sequence_number=request.sequence_number,
        phones=tuple(Phone(each.contact, each.expires_s, each.instance) for each in request.phones),
        removes_all=request.removes_all,
        transport=_TRANSPORTS.get(request.transport, "udp"),
        host=request.host,
        port=request.port,
        connection=request.connection,
        path=request.path,
        user_agent=request.user_agent,
    )
