"""Transcribe rows, and the transcripts that belong to them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, text

from mixminus.model.ids import CustomerId, TranscribeId, TranscriptId
from mixminus.model.transcription import ReferenceType, Transcribe, TranscribeStatus, Transcript
from mixminus.store.connection import Connection
from mixminus.store.homes import left_behind
from mixminus.store.page import Page
from mixminus.store.related import NEWEST
from mixminus.store.rows import Rows
from mixminus.store.tables.speech import SEARCH_INDEX, transcribes, transcripts

__all__ = ["TranscribeRows", "TranscriptRows"]

# Sorted as PostgreSQL's ``simple`` and SQLite's ``unicode61`` both see words: as they are written, in lower case.
_MATCHES: Final = text(
    f"transcripts.id IN (SELECT transcript_id FROM {SEARCH_INDEX} WHERE {SEARCH_INDEX} MATCH :words)"
)


class TranscribeRows(Rows[Transcribe]):
    """Reads and writes transcribes within one transaction."""

    table = transcribes

    async def unfinished(self) -> list[Transcribe]:
        """Return the transcribes that are not done and that no living node has, oldest first."""
        c = transcribes.c
        query = select(transcribes).where(
            c.status.in_(set(TranscribeStatus) - {TranscribeStatus.DONE}),
            left_behind(transcribes, self._node_id),
        )
        return await self._many(query.order_by(c.tm_create))

    async def of_reference(
        self, customer_id: CustomerId, type_: ReferenceType, id_: UUID
    ) -> list[Transcribe]:
        """Return the undeleted transcribes of one reference, oldest first."""
        c = transcribes.c
        query = select(transcribes).where(
            c.customer_id == customer_id,
            c.reference_type == type_,
            c.reference_id == id_,
            c.tm_delete.is_(None),
        )
        return await self._many(query.order_by(c.tm_create))

    async def active(self, customer_id: CustomerId, type_: ReferenceType, id_: UUID) -> list[Transcribe]:
        """Return those of the newest transcribes of one reference that are active, oldest first."""
        c = transcribes.c
        mine = select(c.id).where(
            c.customer_id == customer_id, c.reference_type == type_, c.reference_id == id_
        )
        newest = mine.order_by(c.tm_create.desc()).limit(NEWEST)
        query = select(transcribes).where(
            c.id.in_(newest), c.status == TranscribeStatus.PROGRESSING, c.tm_stop.is_(None)
        )
        return await self._many(query.order_by(c.tm_create))

    async def page(
        self, customer_id: CustomerId, page: Page, reference: tuple[str, UUID] | None = None
    ) -> list[Transcribe]:
        """Return the customer's undeleted transcribes, of one reference if given, newest first."""
        c = transcribes.c
        query = select(transcribes).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        if reference is not None:
            query = query.where(c.reference_type == reference[0], c.reference_id == reference[1])
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    def _model(self, row: Mapping[str, Any]) -> Transcribe:
        return Transcribe(**{**row, "status": TranscribeStatus(row["status"])})


class TranscriptRows:
    """Reads and writes transcripts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, transcript: Transcript) -> None:
        await self._connection.execute(insert(transcripts).values(asdict(transcript)))

    async def of(self, transcribe_id: TranscribeId) -> list[Transcript]:
        """Return all transcripts of a transcribe, ordered by their start."""
        c = transcripts.c
        query = select(transcripts).where(c.transcribe_id == transcribe_id)
        return await self._many(query.order_by(c.start_us, c.tm_create))

    async def page(self, transcribe_id: TranscribeId, page: Page) -> list[Transcript]:
        """Return the transcripts of a transcribe, newest first."""
        c = transcripts.c
        query = select(transcripts).where(c.transcribe_id == transcribe_id, c.tm_create < page.before)
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def search(self, customer_id: CustomerId, words: Sequence[str], page: Page) -> list[Transcript]:
        """Return the customer's transcripts that contain all these words, newest first."""
        c = transcripts.c
        query = select(transcripts).where(
            c.customer_id == customer_id, c.tm_create < page.before, self._contains(words)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def delete(self, transcribe_id: TranscribeId) -> None:
        """Delete the transcripts of a transcribe."""
        await self._connection.execute(
            delete(transcripts).where(transcripts.c.transcribe_id == transcribe_id)
        )

    def _contains(self, words: Sequence[str]) -> ColumnElement[bool]:
        if self._connection.dialect.name == "postgresql":
            vector = func.to_tsvector(text("'simple'"), transcripts.c.message)
            return vector.op("@@")(func.plainto_tsquery(text("'simple'"), " ".join(words)))
        quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
        return _MATCHES.bindparams(words=quoted)  # type: ignore[return-value]

    async def _many(self, query: Select[Any]) -> list[Transcript]:
        rows = (await self._connection.execute(query)).mappings()
        return [Transcript(**{**row, "id": TranscriptId(row["id"])}) for row in rows]
