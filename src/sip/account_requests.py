"""Account requests of the edge: authentication and registration, answered from the directory."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.directory.bindings import Phone, Registration, Rejected
from mixminus.directory.service import DirectoryServices
from mixminus.errors import MixMinusError
from mixminus.model.ids import ExtensionId
from mixminus.sip.messages import (
    AccountAsked,
    AnswerRegistration,
    ForgetAccounts,
    GiveAccount,
    LoginsFailed,
    Message,
    RegistrationAsked,
)
from mixminus.tasks import TaskScope

__all__ = ["AccountRequests"]

_UNAVAILABLE: Final = 503
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
            case AccountAsked():
                self._tasks.spawn("account", self._account(message))
            case RegistrationAsked():
                self._tasks.spawn("registration", self._register(message))
            case LoginsFailed(account_id, host, attempts):
                report = self._directory.accounts.login_failed(UUID(account_id), host, attempts)
                self._tasks.spawn("logins failed", report)

    async def close(self) -> None:
        await self._tasks.close()

    async def _account(self, asked: AccountAsked) -> None:
        account = await self._directory.accounts.find(asked.domain, asked.username, asked.host)
        self._send(
            GiveAccount(
                ask=asked.ask,
                realm=account.realm,
                account_id=str(account.account_id or ""),
                sha256=account.sha256,
                md5=account.md5,
                trusted=account.trusted,
            )
        )

    async def _register(self, asked: RegistrationAsked) -> None:
        try:
            found = await self._directory.registrations.register(_registration(asked))
        except Rejected as error:
            self._send(AnswerRegistration(asked.ask, error.status_code, ()))
        except MixMinusError:
            self._send(AnswerRegistration(asked.ask, _UNAVAILABLE, ()))
        else:
            phones = tuple((binding.contact, left_s) for binding, left_s in found)
            self._send(AnswerRegistration(asked.ask, 200, phones))


def _registration(asked: RegistrationAsked) -> Registration:
    return Registration(
        extension_id=ExtensionId(UUID(asked.account_id)),
        call_id=asked.sip_call_id,
        sequence_number=asked.sequence_number,
        phones=tuple(Phone(each.contact, each.expires_s, each.instance) for each in asked.phones),
        removes_all=asked.removes_all,
        transport="tcp" if asked.transport == "TCP" else "udp",
        host=asked.host,
        port=asked.port,
        connection=asked.connection,
    )
