"""One method for each operation of the API.

Made by tools/generate_client.py; not edited by hand.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from mixminus.client.generated.inputs import (
    AddressBody,
    CoachBody,
    ExceptionBody,
    GroupBody,
    PairBody,
    WhisperBody,
)
from mixminus.client.generated.models import (
    AccessKey,
    Activeflow,
    Admitted,
    Agent,
    Audit,
    BalanceReport,
    Breakout,
    Broadcast,
    Broadcasts,
    Call,
    ChatMessage,
    Conference,
    Conferencecall,
    Credit,
    Customer,
    Delivery,
    Erasure,
    Event,
    Extension,
    Flow,
    Groupcall,
    Guest,
    GuestLink,
    Health,
    Hears,
    Listeners,
    Login,
    MediaStream,
    MediaStreams,
    NewAccessKey,
    NewGuestLink,
    Node,
    Nodes,
    Number,
    OwnCustomer,
    Peaks,
    Placed,
    Playback,
    Playbacks,
    Pong,
    Recording,
    Registration,
    Resent,
    Server,
    Speaking,
    Talkers,
    Timeline,
    Trace,
    Transcribe,
    Transcript,
    Transfer,
    Trunk,
    Undelivered,
    Usage,
    Verification,
)
from mixminus.client.request import UNSET, Listing, Request, Response, Unset
from mixminus.client.sender import AsyncSender

__all__ = ["AsyncOperations"]


class AsyncOperations(AsyncSender):
    """Every operation of the API; ``UNSET`` leaves an argument to the server's default."""

    async def create_conference(
        self,
        *,
        type: Literal["", "conference", "connect", "queue"],
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        data: Mapping[str, Any] | Unset = UNSET,
        timeout: int | Unset = UNSET,
        pre_actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        post_actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        pre_flow_id: UUID | str | Unset = UNSET,
        post_flow_id: UUID | str | Unset = UNSET,
        max_participants: int | Unset = UNSET,
        pin: str | Unset = UNSET,
        moderator_pin: str | Unset = UNSET,
        locked: bool | Unset = UNSET,
        wait_for_moderator: bool | Unset = UNSET,
        lobby: bool | Unset = UNSET,
        end_when_moderator_leaves: bool | Unset = UNSET,
        entry_tone: bool | Unset = UNSET,
        exit_tone: bool | Unset = UNSET,
        music_when_alone: bool | Unset = UNSET,
        record_on_start: bool | Unset = UNSET,
        announce: Literal["", "count", "names"] | Unset = UNSET,
        prompts: Literal["off", "pin", "all"] | Unset = UNSET,
        language: str | Unset = UNSET,
        prompt_texts: Mapping[str, str] | Unset = UNSET,
        dtmf_menu: Mapping[str, Any] | Unset = UNSET,
        relay_digits: bool | Unset = UNSET,
        levelling: bool | Unset = UNSET,
        noise_suppression: bool | Unset = UNSET,
        id: UUID | str | None | Unset = UNSET,
    ) -> Conference:
        """Create a conference.

        The answer has the status `starting`; the room is `progressing` within milliseconds. A `timeout` from 1
        to 59 means a day.
        """
        request = Request(
            "POST",
            "/v1.0/conferences",
            body={
                "name": name,
                "detail": detail,
                "data": data,
                "timeout": timeout,
                "pre_actions": pre_actions,
                "post_actions": post_actions,
                "pre_flow_id": pre_flow_id,
                "post_flow_id": post_flow_id,
                "max_participants": max_participants,
                "pin": pin,
                "moderator_pin": moderator_pin,
                "locked": locked,
                "wait_for_moderator": wait_for_moderator,
                "lobby": lobby,
                "end_when_moderator_leaves": end_when_moderator_leaves,
                "entry_tone": entry_tone,
                "exit_tone": exit_tone,
                "music_when_alone": music_when_alone,
                "record_on_start": record_on_start,
                "announce": announce,
                "prompts": prompts,
                "language": language,
                "prompt_texts": prompt_texts,
                "dtmf_menu": dtmf_menu,
                "relay_digits": relay_digits,
                "levelling": levelling,
                "noise_suppression": noise_suppression,
                "type": type,
                "id": id,
            },
            repeatable=True,
        )
        return await self._get(request, Conference)

    def list_conferences(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Conference]:
        """List conferences."""
        request = Request("GET", "/v1.0/conferences", query={"page_size": page_size})
        return self._list(request, Listing(Conference, "next_page_token", "page_token"))

    async def get_conference(self, id: UUID | str) -> Conference:
        """Get a conference.

        Also after its end.
        """
        request = Request("GET", f"/v1.0/conferences/{id}")
        return await self._get(request, Conference)

    async def update_conference(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        data: Mapping[str, Any] | Unset = UNSET,
        timeout: int | Unset = UNSET,
        pre_actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        post_actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        pre_flow_id: UUID | str | Unset = UNSET,
        post_flow_id: UUID | str | Unset = UNSET,
        max_participants: int | Unset = UNSET,
        pin: str | Unset = UNSET,
        moderator_pin: str | Unset = UNSET,
        locked: bool | Unset = UNSET,
        wait_for_moderator: bool | Unset = UNSET,
        lobby: bool | Unset = UNSET,
        end_when_moderator_leaves: bool | Unset = UNSET,
        entry_tone: bool | Unset = UNSET,
        exit_tone: bool | Unset = UNSET,
        music_when_alone: bool | Unset = UNSET,
        record_on_start: bool | Unset = UNSET,
        announce: Literal["", "count", "names"] | Unset = UNSET,
        prompts: Literal["off", "pin", "all"] | Unset = UNSET,
        language: str | Unset = UNSET,
        prompt_texts: Mapping[str, str] | Unset = UNSET,
        dtmf_menu: Mapping[str, Any] | Unset = UNSET,
        relay_digits: bool | Unset = UNSET,
        levelling: bool | Unset = UNSET,
        noise_suppression: bool | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Conference:
        """Update a conference.

        Replaces all that can be changed: absent fields are reset to their defaults.
        """
        request = Request(
            "PUT",
            f"/v1.0/conferences/{id}",
            headers={"If-Match": if_match},
            body={
                "name": name,
                "detail": detail,
                "data": data,
                "timeout": timeout,
                "pre_actions": pre_actions,
                "post_actions": post_actions,
                "pre_flow_id": pre_flow_id,
                "post_flow_id": post_flow_id,
                "max_participants": max_participants,
                "pin": pin,
                "moderator_pin": moderator_pin,
                "locked": locked,
                "wait_for_moderator": wait_for_moderator,
                "lobby": lobby,
                "end_when_moderator_leaves": end_when_moderator_leaves,
                "entry_tone": entry_tone,
                "exit_tone": exit_tone,
                "music_when_alone": music_when_alone,
                "record_on_start": record_on_start,
                "announce": announce,
                "prompts": prompts,
                "language": language,
                "prompt_texts": prompt_texts,
                "dtmf_menu": dtmf_menu,
                "relay_digits": relay_digits,
                "levelling": levelling,
                "noise_suppression": noise_suppression,
            },
        )
        return await self._get(request, Conference)

    async def delete_conference(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Conference:
        """Delete a conference.

        The status is `terminating` while participants remain, else `terminated`. Deleting it again changes
        nothing.
        """
        request = Request("DELETE", f"/v1.0/conferences/{id}", headers={"If-Match": if_match})
        return await self._get(request, Conference)

    async def admit_all(self, id: UUID | str) -> Admitted:
        """Admit all waiting participants.

        All that wait in the lobby now.
        """
        request = Request("POST", f"/v1.0/conferences/{id}/admit", repeatable=True)
        return await self._get(request, Admitted)

    async def regenerate_direct_hash(self, id: UUID | str) -> Conference:
        """Regenerate the direct hash.

        The previous hash stops working.
        """
        request = Request("POST", f"/v1.0/conferences/{id}/direct-hash-regenerate", repeatable=True)
        return await self._get(request, Conference)

    async def start_recording(
        self,
        id: UUID | str,
        *,
        format: Literal["wav", "flac", "ogg", "mp3", "m4a"] | Unset = UNSET,
        duration: int | Unset = UNSET,
        on_end_flow_id: UUID | str | Unset = UNSET,
        channels: Literal["mono", "stereo"] | Unset = UNSET,
        stems: bool | Unset = UNSET,
    ) -> Conference:
        """Start a recording.

        Records silence as well, and needs no participants. It stops after `duration` seconds, or a day.
        `channels: stereo` puts the first participant on the left and all others on the right.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/recording_start",
            body={
                "format": format,
                "duration": duration,
                "on_end_flow_id": on_end_flow_id,
                "channels": channels,
                "stems": stems,
            },
            repeatable=True,
        )
        return await self._get(request, Conference)

    async def stop_recording(self, id: UUID | str) -> Conference:
        """Stop the recording."""
        request = Request("POST", f"/v1.0/conferences/{id}/recording_stop", repeatable=True)
        return await self._get(request, Conference)

    async def pause_recording(
        self, id: UUID | str, *, mode: Literal["silence", "cut"] | Unset = UNSET
    ) -> Conference:
        """Pause the recording.

        `silence` records silence during the pause; `cut` leaves the pause out, and the timeline says where. Nothing that is said during the pause is stored.
        """
        request = Request(
            "POST", f"/v1.0/conferences/{id}/recording_pause", body={"mode": mode}, repeatable=True
        )
        return await self._get(request, Conference)

    async def resume_recording(self, id: UUID | str) -> Conference:
        """Resume the recording."""
        request = Request("POST", f"/v1.0/conferences/{id}/recording_resume", repeatable=True)
        return await self._get(request, Conference)

    async def start_transcribing(
        self,
        id: UUID | str,
        *,
        language: str | Unset = UNSET,
        translate_to: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        on_end_flow_id: UUID | str | Unset = UNSET,
        direction: str | Unset = UNSET,
    ) -> Conference:
        """Start a transcription.

        Participants are recognised separately: every transcript names its speaker. 503 if speech to text is
        not installed: the message has the command that installs it.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/transcribe_start",
            body={
                "language": language,
                "translate_to": translate_to,
                "provider": provider,
                "on_end_flow_id": on_end_flow_id,
                "direction": direction,
            },
            repeatable=True,
        )
        return await self._get(request, Conference)

    async def stop_transcribing(self, id: UUID | str) -> Conference:
        """Stop the transcription.

        The last transcripts may arrive a moment later; then the transcribe is `done`.
        """
        request = Request("POST", f"/v1.0/conferences/{id}/transcribe_stop", repeatable=True)
        return await self._get(request, Conference)

    async def list_talking(self, id: UUID | str, *, session_id: UUID | str | Unset = UNSET) -> Talkers:
        """List who is talking.

        Participants in the room with their current levels, for meters that poll a few times a second. For a
        guest link the `session_id` is nil, but for the session that the request names.

        ``session_id``: The WHIP session of the guest, for a guest link.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/talking", query={"session_id": session_id})
        return await self._get(request, Talkers)

    async def get_hears(self, id: UUID | str) -> Hears:
        """Get who hears whom."""
        request = Request("GET", f"/v1.0/conferences/{id}/hears")
        return await self._get(request, Hears)

    async def replace_hears(
        self,
        id: UUID | str,
        *,
        exceptions: Sequence[ExceptionBody] | Unset = UNSET,
        mute_for_one: Sequence[PairBody] | Unset = UNSET,
        whisper: Sequence[WhisperBody] | Unset = UNSET,
        coach: Sequence[CoachBody] | Unset = UNSET,
    ) -> Hears:
        """Set who hears whom.

        Replaces all rules at the same moment. `mute_for_one`, `whisper` and `coach` are shorthands for sets of
        exceptions; the last two also apply to participants that join later.
        """
        request = Request(
            "PUT",
            f"/v1.0/conferences/{id}/hears",
            body={"exceptions": exceptions, "mute_for_one": mute_for_one, "whisper": whisper, "coach": coach},
        )
        return await self._get(request, Hears)

    async def clear_hears(self, id: UUID | str) -> Hears:
        """Reset who hears whom.

        Each participant hears all others again.
        """
        request = Request("DELETE", f"/v1.0/conferences/{id}/hears")
        return await self._get(request, Hears)

    async def start_breakout(self, id: UUID | str, *, groups: Sequence[GroupBody]) -> Breakout:
        """Divide a room into breakout rooms.

        Each group moves to a room of its own: an existing one, or a new one with the settings of this room but for its
        PINs, lock and limit. A participant that cannot be moved is in `refused`; the others are moved.
        """
        request = Request(
            "POST", f"/v1.0/conferences/{id}/breakout", body={"groups": groups}, repeatable=True
        )
        return await self._get(request, Breakout)

    async def end_breakout(self, id: UUID | str) -> Breakout:
        """End the breakout rooms.

        Moves the participants of the rooms that `POST` has created back to this room, and deletes these rooms. One
        whose participants this room refuses stays open.
        """
        request = Request("DELETE", f"/v1.0/conferences/{id}/breakout")
        return await self._get(request, Breakout)

    def list_conferencecalls(
        self, *, page_size: int | Unset = UNSET, conference_id: UUID | str | Unset = UNSET
    ) -> AsyncIterator[Conferencecall]:
        """List participants.

        In all states.

        ``conference_id``: Only participants of this conference.
        """
        request = Request(
            "GET", "/v1.0/conferencecalls", query={"page_size": page_size, "conference_id": conference_id}
        )
        return self._list(request, Listing(Conferencecall, "next_page_token", "page_token"))

    async def get_conferencecall(self, id: UUID | str) -> Conferencecall:
        """Get a participant.

        Also after it has left.
        """
        request = Request("GET", f"/v1.0/conferencecalls/{id}")
        return await self._get(request, Conferencecall)

    async def change_conferencecall(
        self,
        id: UUID | str,
        *,
        role: Literal["participant", "moderator"] | None | Unset = UNSET,
        muted: bool | None | Unset = UNSET,
        deaf: bool | None | Unset = UNSET,
        gain_db: float | None | Unset = UNSET,
        levelling: Literal["room", "on", "off"] | None | Unset = UNSET,
        noise_suppression: Literal["room", "on", "off"] | None | Unset = UNSET,
        label: str | None | Unset = UNSET,
        hand_raised: bool | None | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Conferencecall:
        """Update a participant.

        While it is in the room. Absent fields stay as they are.
        """
        request = Request(
            "PATCH",
            f"/v1.0/conferencecalls/{id}",
            headers={"If-Match": if_match},
            body={
                "role": role,
                "muted": muted,
                "deaf": deaf,
                "gain_db": gain_db,
                "levelling": levelling,
                "noise_suppression": noise_suppression,
                "label": label,
                "hand_raised": hand_raised,
            },
        )
        return await self._get(request, Conferencecall)

    async def kick_conferencecall(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Conferencecall:
        """Kick a participant.

        Removes it from the room and does not hang up: its call continues with the next action of its flow.
        """
        request = Request("DELETE", f"/v1.0/conferencecalls/{id}", headers={"If-Match": if_match})
        return await self._get(request, Conferencecall)

    async def admit_conferencecall(self, id: UUID | str) -> Conferencecall:
        """Admit a participant.

        One that waits in the lobby of its room joins; where the room waits for a moderator, when one is there.
        """
        request = Request("POST", f"/v1.0/conferencecalls/{id}/admit", repeatable=True)
        return await self._get(request, Conferencecall)

    async def refuse_conferencecall(self, id: UUID | str) -> Conferencecall:
        """Refuse a participant.

        One that waits in the lobby is removed; its call continues with the next action of its flow.
        """
        request = Request("POST", f"/v1.0/conferencecalls/{id}/refuse", repeatable=True)
        return await self._get(request, Conferencecall)

    async def move_conferencecall(self, id: UUID | str, *, conference_id: UUID | str) -> Conferencecall:
        """Move a participant to another room.

        Of the same customer. It leaves its room and joins the other, without a signalling message to its phone or
        browser; its role, mute, gain and label are kept, and the answer is the participant that it is there, `joining`.
        A room that is locked or full refuses it, and it stays where it is.
        """
        request = Request(
            "POST", f"/v1.0/conferencecalls/{id}/move", body={"conference_id": conference_id}, repeatable=True
        )
        return await self._get(request, Conferencecall)

    async def talk_to_conference(
        self,
        id: UUID | str,
        *,
        text: str,
        loop: int | Unset = UNSET,
        gain_db: float | Unset = UNSET,
        duck_db: float | Unset = UNSET,
        language: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        voice_id: str | Unset = UNSET,
    ) -> Playback:
        """Say a text to a room.

        All participants hear it, one playback after the other, and so does a recording of the room. It answers
        `queued`; events report the rest. Plain text, or SSML, of which breaks are honoured.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/talk",
            body={
                "loop": loop,
                "gain_db": gain_db,
                "duck_db": duck_db,
                "text": text,
                "language": language,
                "provider": provider,
                "voice_id": voice_id,
            },
            repeatable=True,
        )
        return await self._get(request, Playback)

    async def play_to_conference(
        self,
        id: UUID | str,
        *,
        stream_urls: Sequence[str],
        loop: int | Unset = UNSET,
        gain_db: float | Unset = UNSET,
        duck_db: float | Unset = UNSET,
    ) -> Playback:
        """Play files to a room.

        As `talk`. A file that is missing or unreadable makes the playback `failed`, with the reason in `error`.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/play",
            body={"loop": loop, "gain_db": gain_db, "duck_db": duck_db, "stream_urls": stream_urls},
            repeatable=True,
        )
        return await self._get(request, Playback)

    async def talk_to_conferencecall(
        self,
        id: UUID | str,
        *,
        text: str,
        loop: int | Unset = UNSET,
        gain_db: float | Unset = UNSET,
        duck_db: float | Unset = UNSET,
        language: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        voice_id: str | Unset = UNSET,
    ) -> Playback:
        """Say a text to a participant.

        Only this participant hears it: it is not in a recording of the room. It ends when the participant leaves.
        """
        request = Request(
            "POST",
            f"/v1.0/conferencecalls/{id}/talk",
            body={
                "loop": loop,
                "gain_db": gain_db,
                "duck_db": duck_db,
                "text": text,
                "language": language,
                "provider": provider,
                "voice_id": voice_id,
            },
            repeatable=True,
        )
        return await self._get(request, Playback)

    async def play_to_conferencecall(
        self,
        id: UUID | str,
        *,
        stream_urls: Sequence[str],
        loop: int | Unset = UNSET,
        gain_db: float | Unset = UNSET,
        duck_db: float | Unset = UNSET,
    ) -> Playback:
        """Play files to a participant."""
        request = Request(
            "POST",
            f"/v1.0/conferencecalls/{id}/play",
            body={"loop": loop, "gain_db": gain_db, "duck_db": duck_db, "stream_urls": stream_urls},
            repeatable=True,
        )
        return await self._get(request, Playback)

    async def list_playbacks(self, id: UUID | str) -> Playbacks:
        """List playbacks.

        Those of the room and of its participants that play, wait, or ended lately.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/playbacks")
        return await self._get(request, Playbacks)

    async def get_playback(self, id: UUID | str) -> Playback:
        """Get a playback.

        Also one that ended lately.
        """
        request = Request("GET", f"/v1.0/playbacks/{id}")
        return await self._get(request, Playback)

    async def stop_playback(self, id: UUID | str) -> Playback:
        """Stop a playback.

        At once, also one that waits; the next in its queue begins.
        """
        request = Request("POST", f"/v1.0/playbacks/{id}/stop", repeatable=True)
        return await self._get(request, Playback)

    async def start_conference_stream(
        self,
        id: UUID | str,
        *,
        url: str,
        protocol: Literal["mixminus", "twilio"] | Unset = UNSET,
        encapsulation: Literal["sln", "rtp", "audiosocket"] | Unset = UNSET,
        sample_rate: Literal[8000, 16000, 24000, 48000] | Unset = UNSET,
        parameters: Mapping[str, str] | Unset = UNSET,
        listen: Literal["mix", "participant", "mix_minus"] | Unset = UNSET,
        conferencecall_id: UUID | str | Unset = UNSET,
    ) -> MediaStream:
        """Connect a room to a program.

        The server opens a WebSocket to `url`; all of the room hear what the program sends. It answers `connecting`;
        events report the rest. A connection that is lost is opened again.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/media_streams",
            body={
                "url": url,
                "protocol": protocol,
                "encapsulation": encapsulation,
                "sample_rate": sample_rate,
                "parameters": parameters,
                "listen": listen,
                "conferencecall_id": conferencecall_id,
            },
            repeatable=True,
        )
        return await self._get(request, MediaStream)

    async def list_conference_streams(self, id: UUID | str) -> MediaStreams:
        """List the media streams of a room.

        Those that the server connects, also ended ones of late.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/media_streams")
        return await self._get(request, MediaStreams)

    async def start_call_stream(
        self,
        id: UUID | str,
        *,
        url: str,
        protocol: Literal["mixminus", "twilio"] | Unset = UNSET,
        encapsulation: Literal["sln", "rtp", "audiosocket"] | Unset = UNSET,
        sample_rate: Literal[8000, 16000, 24000, 48000] | Unset = UNSET,
        parameters: Mapping[str, str] | Unset = UNSET,
        listen: Literal["in", "out", "both"] | Unset = UNSET,
    ) -> MediaStream:
        """Connect a call to a program.

        As for a room; only the call hears what the program sends, in rooms and outside of them. The program gets the
        digits that the caller presses.
        """
        request = Request(
            "POST",
            f"/v1.0/calls/{id}/media_streams",
            body={
                "url": url,
                "protocol": protocol,
                "encapsulation": encapsulation,
                "sample_rate": sample_rate,
                "parameters": parameters,
                "listen": listen,
            },
            repeatable=True,
        )
        return await self._get(request, MediaStream)

    async def list_call_streams(self, id: UUID | str) -> MediaStreams:
        """List the media streams of a call.

        Those that the server connects, also ended ones of late.
        """
        request = Request("GET", f"/v1.0/calls/{id}/media_streams")
        return await self._get(request, MediaStreams)

    async def get_media_stream(self, id: UUID | str) -> MediaStream:
        """Get a media stream.

        Also one that ended lately.
        """
        request = Request("GET", f"/v1.0/media_streams/{id}")
        return await self._get(request, MediaStream)

    async def stop_media_stream(self, id: UUID | str) -> MediaStream:
        """Stop a media stream.

        The program gets the last message, and its connection is closed.
        """
        request = Request("POST", f"/v1.0/media_streams/{id}/stop", repeatable=True)
        return await self._get(request, MediaStream)

    async def send_chat_message(
        self,
        id: UUID | str,
        *,
        text: str,
        sender_id: UUID | str | Unset = UNSET,
        sender_name: str | Unset = UNSET,
        recipient_id: UUID | str | Unset = UNSET,
    ) -> ChatMessage:
        """Send a chat message.

        To all participants, or to one. It is published as `chatmessage_created`, kept, and exported with the
        transcripts of the room unless it is for one participant.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/messages",
            body={
                "text": text,
                "sender_id": sender_id,
                "sender_name": sender_name,
                "recipient_id": recipient_id,
            },
            repeatable=True,
        )
        return await self._get(request, ChatMessage)

    def list_chat_messages(
        self, id: UUID | str, *, page_size: int | Unset = UNSET
    ) -> AsyncIterator[ChatMessage]:
        """List chat messages.

        Of one room, also after its end; with those for one participant, without deleted ones.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/messages", query={"page_size": page_size})
        return self._list(request, Listing(ChatMessage, "next_page_token", "page_token"))

    async def get_chat_message(self, id: UUID | str) -> ChatMessage:
        """Get a chat message.

        Also a deleted one, without its text.
        """
        request = Request("GET", f"/v1.0/chatmessages/{id}")
        return await self._get(request, ChatMessage)

    async def delete_chat_message(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> ChatMessage:
        """Delete a chat message.

        Its text is erased. Events that were published before keep it until they are deleted.
        """
        request = Request("DELETE", f"/v1.0/chatmessages/{id}", headers={"If-Match": if_match})
        return await self._get(request, ChatMessage)

    async def create_calls(
        self,
        *,
        destinations: Sequence[AddressBody],
        source: AddressBody | Unset = UNSET,
        flow_id: UUID | str | Unset = UNSET,
        actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        anonymous: Literal["", "yes", "no", "auto"] | Unset = UNSET,
        variables: Mapping[str, str] | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        machine_detection: Literal["", "detect", "beep"] | Unset = UNSET,
    ) -> Placed:
        """Create calls.

        The flow or the actions start on answer. Destinations that cannot be called are skipped.
        """
        request = Request(
            "POST",
            "/v1.0/calls",
            body={
                "source": source,
                "destinations": destinations,
                "flow_id": flow_id,
                "actions": actions,
                "anonymous": anonymous,
                "variables": variables,
                "headers": headers,
                "machine_detection": machine_detection,
            },
            repeatable=True,
        )
        return await self._get(request, Placed)

    def list_calls(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Call]:
        """List calls."""
        request = Request("GET", "/v1.0/calls", query={"page_size": page_size})
        return self._list(request, Listing(Call, "next_page_token", "page_token"))

    async def get_call(self, id: UUID | str) -> Call:
        """Get a call."""
        request = Request("GET", f"/v1.0/calls/{id}")
        return await self._get(request, Call)

    async def delete_call(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Call:
        """Delete a call.

        Hangs it up. A deleted call cannot be read any more.
        """
        request = Request("DELETE", f"/v1.0/calls/{id}", headers={"If-Match": if_match})
        return await self._get(request, Call)

    async def hang_up_call(self, id: UUID | str, *, headers: Mapping[str, str] | Unset = UNSET) -> Call:
        """Hang up a call."""
        request = Request("POST", f"/v1.0/calls/{id}/hangup", body={"headers": headers}, repeatable=True)
        return await self._get(request, Call)

    async def mute_call(self, id: UUID | str, *, direction: str | Unset = UNSET) -> None:
        """Mute a call.

        `direction` is `in` (others do not hear it), `out` (it does not hear others) or `both`, the default.
        """
        request = Request("POST", f"/v1.0/calls/{id}/mute", body={"direction": direction}, repeatable=True)
        await self._do(request)

    async def unmute_call(self, id: UUID | str, *, direction: str | Unset = UNSET) -> None:
        """Unmute a call.

        Unmutes the `direction` of the body only; without one, both.
        """
        request = Request("DELETE", f"/v1.0/calls/{id}/mute", body={"direction": direction})
        await self._do(request)

    async def hold_call(self, id: UUID | str) -> None:
        """Put a call on hold.

        It is not heard and does not hear others; a phone is sent a re-INVITE.
        """
        request = Request("POST", f"/v1.0/calls/{id}/hold", repeatable=True)
        await self._do(request)

    async def resume_call(self, id: UUID | str) -> None:
        """Resume a call on hold."""
        request = Request("DELETE", f"/v1.0/calls/{id}/hold")
        await self._do(request)

    async def talk_to_call(
        self,
        id: UUID | str,
        *,
        text: str,
        language: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        voice_id: str | Unset = UNSET,
    ) -> None:
        """Say a text to a call.

        Over its other audio, and heard by this call only; a ringing call is answered. Plain text, or SSML, of
        which breaks are honoured.
        """
        request = Request(
            "POST",
            f"/v1.0/calls/{id}/talk",
            body={"text": text, "language": language, "provider": provider, "voice_id": voice_id},
            repeatable=True,
        )
        await self._do(request)

    async def send_digits_to_call(
        self, id: UUID | str, *, digits: str, duration: int | Unset = UNSET, interval: int | Unset = UNSET
    ) -> None:
        """Send digits to a call.

        By RFC 4733, to this call only: the room does not hear them. It answers when the first is being sent.
        """
        request = Request(
            "POST",
            f"/v1.0/calls/{id}/digits",
            body={"digits": digits, "duration": duration, "interval": interval},
            repeatable=True,
        )
        await self._do(request)

    async def play_music_to_call(self, id: UUID | str) -> None:
        """Start music on hold.

        The call hears music instead of the others, and they do not hear the call.
        """
        request = Request("POST", f"/v1.0/calls/{id}/moh", repeatable=True)
        await self._do(request)

    async def stop_music_to_call(self, id: UUID | str) -> None:
        """Stop music on hold.

        Does nothing if no music plays.
        """
        request = Request("DELETE", f"/v1.0/calls/{id}/moh")
        await self._do(request)

    async def silence_call(self, id: UUID | str) -> None:
        """Start silence.

        The call hears silence instead of the others, who still hear the call.
        """
        request = Request("POST", f"/v1.0/calls/{id}/silence", repeatable=True)
        await self._do(request)

    async def end_silence_of_call(self, id: UUID | str) -> None:
        """Stop silence.

        Does nothing if the call hears the others.
        """
        request = Request("DELETE", f"/v1.0/calls/{id}/silence")
        await self._do(request)

    async def start_call_recording(
        self,
        id: UUID | str,
        *,
        format: Literal["wav", "flac", "ogg", "mp3", "m4a"] | Unset = UNSET,
        duration: int | Unset = UNSET,
        on_end_flow_id: UUID | str | Unset = UNSET,
        channels: Literal["mono", "stereo"] | Unset = UNSET,
        stems: bool | Unset = UNSET,
        end_of_silence: int | Unset = UNSET,
        end_of_key: Literal["", "none", "any", "*", "#", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
        | Unset = UNSET,
    ) -> Call:
        """Start a recording of a call.

        Records what the call says and hears, in rooms and outside, until it is stopped or hung up. `channels:
        stereo` puts the caller on the left and all others on the right. `end_of_silence` seconds of silence end
        it, and so do the keys of `end_of_key`.
        """
        request = Request(
            "POST",
            f"/v1.0/calls/{id}/recording_start",
            body={
                "format": format,
                "duration": duration,
                "on_end_flow_id": on_end_flow_id,
                "channels": channels,
                "stems": stems,
                "end_of_silence": end_of_silence,
                "end_of_key": end_of_key,
            },
            repeatable=True,
        )
        return await self._get(request, Call)

    async def stop_call_recording(self, id: UUID | str) -> Call:
        """Stop the recording of a call."""
        request = Request("POST", f"/v1.0/calls/{id}/recording_stop", repeatable=True)
        return await self._get(request, Call)

    async def pause_call_recording(
        self, id: UUID | str, *, mode: Literal["silence", "cut"] | Unset = UNSET
    ) -> Call:
        """Pause the recording of a call.

        `silence` records silence during the pause; `cut` leaves the pause out, and the timeline says where. Nothing that is said during the pause is stored.
        """
        request = Request("POST", f"/v1.0/calls/{id}/recording_pause", body={"mode": mode}, repeatable=True)
        return await self._get(request, Call)

    async def resume_call_recording(self, id: UUID | str) -> Call:
        """Resume the recording of a call."""
        request = Request("POST", f"/v1.0/calls/{id}/recording_resume", repeatable=True)
        return await self._get(request, Call)

    async def transfer_call(
        self,
        id: UUID | str,
        *,
        transfer_type: Literal["blind", "attended"],
        transferee_addresses: Sequence[AddressBody],
        by: Literal["call", "refer"] | Unset = UNSET,
    ) -> Placed:
        """Transfer a call.

        The transferee takes the call's place in its room and is not asked for its PIN. `blind`: the call is
        hung up when the first transferee joins; if none does, it stays. `attended`: both are in the room, and
        `POST /calls/{id}/hangup` completes the transfer. By `refer` the phone is sent a REFER, and hung up when
        it reports success. A phone requests the same by sending a REFER.
        """
        request = Request(
            "POST",
            f"/v1.0/calls/{id}/transfer",
            body={"transfer_type": transfer_type, "transferee_addresses": transferee_addresses, "by": by},
            repeatable=True,
        )
        return await self._get(request, Placed)

    async def trace_call(self, id: UUID | str, *, duration: int | Unset = UNSET) -> Trace:
        """Trace a call.

        Collects its SIP messages and the statistics of its audio from now on, until it ends, `duration` is over or the
        trace is full. A call of a browser has statistics only.
        """
        request = Request("POST", f"/v1.0/calls/{id}/trace", body={"duration": duration}, repeatable=True)
        return await self._get(request, Trace)

    async def create_speaking(
        self,
        *,
        reference_type: Literal["call", "confbridge", "conference"],
        reference_id: UUID | str,
        language: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        voice_id: str | Unset = UNSET,
        direction: Literal["", "none", "in", "both"] | Unset = UNSET,
    ) -> Speaking:
        """Begin to say text to a call or a room.

        It is `active` at once, says nothing until `say`, and stops with the call or the room.
        """
        request = Request(
            "POST",
            "/v1.0/speakings",
            body={
                "reference_type": reference_type,
                "reference_id": reference_id,
                "language": language,
                "provider": provider,
                "voice_id": voice_id,
                "direction": direction,
            },
            repeatable=True,
        )
        return await self._get(request, Speaking)

    def list_speakings(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Speaking]:
        """List speakings.

        Those that are active, or stopped lately.
        """
        request = Request("GET", "/v1.0/speakings", query={"page_size": page_size})
        return self._list(request, Listing(Speaking, "next_page_token", "page_token"))

    async def get_speaking(self, id: UUID | str) -> Speaking:
        """Get a speaking."""
        request = Request("GET", f"/v1.0/speakings/{id}")
        return await self._get(request, Speaking)

    async def delete_speaking(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Speaking:
        """Delete a speaking.

        Stops it. A deleted one cannot be read any more.
        """
        request = Request("DELETE", f"/v1.0/speakings/{id}", headers={"If-Match": if_match})
        return await self._get(request, Speaking)

    async def say_in_speaking(self, id: UUID | str, *, text: str) -> Speaking:
        """Say a text in a speaking.

        After what was sent before; it answers at once. Plain text, or SSML, of which breaks are honoured.
        """
        request = Request("POST", f"/v1.0/speakings/{id}/say", body={"text": text}, repeatable=True)
        return await self._get(request, Speaking)

    async def flush_speaking(self, id: UUID | str) -> Speaking:
        """Discard the texts of a speaking.

        With the one that is said now, at once; the speaking goes on.
        """
        request = Request("POST", f"/v1.0/speakings/{id}/flush", repeatable=True)
        return await self._get(request, Speaking)

    async def stop_speaking(self, id: UUID | str) -> Speaking:
        """Stop a speaking.

        At once; one that is stopped is returned unchanged.
        """
        request = Request("POST", f"/v1.0/speakings/{id}/stop", repeatable=True)
        return await self._get(request, Speaking)

    async def create_groupcall(
        self,
        *,
        destinations: Sequence[AddressBody],
        source: AddressBody | Unset = UNSET,
        flow_id: UUID | str | Unset = UNSET,
        actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        anonymous: Literal["", "yes", "no", "auto"] | Unset = UNSET,
        variables: Mapping[str, str] | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        machine_detection: Literal["", "detect", "beep"] | Unset = UNSET,
        ring_method: Literal["", "ring_all", "linear"] | Unset = UNSET,
        answer_method: Literal["", "hangup_others"] | Unset = UNSET,
    ) -> Groupcall:
        """Create a groupcall.

        All destinations ring, together or one after the other; the first to answer is connected, the others are hung up.
        """
        request = Request(
            "POST",
            "/v1.0/groupcalls",
            body={
                "source": source,
                "destinations": destinations,
                "flow_id": flow_id,
                "actions": actions,
                "anonymous": anonymous,
                "variables": variables,
                "headers": headers,
                "machine_detection": machine_detection,
                "ring_method": ring_method,
                "answer_method": answer_method,
            },
            repeatable=True,
        )
        return await self._get(request, Groupcall)

    def list_groupcalls(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Groupcall]:
        """List groupcalls."""
        request = Request("GET", "/v1.0/groupcalls", query={"page_size": page_size})
        return self._list(request, Listing(Groupcall, "next_page_token", "page_token"))

    async def get_groupcall(self, id: UUID | str) -> Groupcall:
        """Get a groupcall."""
        request = Request("GET", f"/v1.0/groupcalls/{id}")
        return await self._get(request, Groupcall)

    async def delete_groupcall(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Groupcall:
        """Delete a groupcall.

        Hangs up its calls.
        """
        request = Request("DELETE", f"/v1.0/groupcalls/{id}", headers={"If-Match": if_match})
        return await self._get(request, Groupcall)

    async def hang_up_groupcall(self, id: UUID | str) -> Groupcall:
        """Hang up a groupcall.

        Hangs up all of its calls.
        """
        request = Request("POST", f"/v1.0/groupcalls/{id}/hangup", repeatable=True)
        return await self._get(request, Groupcall)

    async def create_transfer(
        self,
        *,
        transfer_type: Literal["blind", "attended"],
        transferer_call_id: UUID | str,
        transferee_addresses: Sequence[AddressBody],
    ) -> Transfer:
        """Create a transfer.

        The same as `POST /calls/{id}/transfer` with the call that transfers.
        """
        request = Request(
            "POST",
            "/v1.0/transfers",
            body={
                "transfer_type": transfer_type,
                "transferer_call_id": transferer_call_id,
                "transferee_addresses": transferee_addresses,
            },
            repeatable=True,
        )
        return await self._get(request, Transfer)

    async def create_flow(
        self,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        on_complete_flow_id: UUID | str | Unset = UNSET,
    ) -> Flow:
        """Create a flow.

        An error in an action is reported with its path, such as `actions[2].option.duration`. `${name}` in any
        text of an option is a variable, replaced when the action is executed.
        """
        request = Request(
            "POST",
            "/v1.0/flows",
            body={
                "name": name,
                "detail": detail,
                "actions": actions,
                "on_complete_flow_id": on_complete_flow_id,
            },
            repeatable=True,
        )
        return await self._get(request, Flow)

    def list_flows(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Flow]:
        """List flows."""
        request = Request("GET", "/v1.0/flows", query={"page_size": page_size})
        return self._list(request, Listing(Flow, "next_page_token", "page_token"))

    async def get_flow(self, id: UUID | str) -> Flow:
        """Get a flow.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/flows/{id}")
        return await self._get(request, Flow)

    async def update_flow(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        on_complete_flow_id: UUID | str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Flow:
        """Update a flow.

        Replaces all that can be changed: absent fields are reset to their defaults. Calls that run the flow
        continue with the previous version.
        """
        request = Request(
            "PUT",
            f"/v1.0/flows/{id}",
            headers={"If-Match": if_match},
            body={
                "name": name,
                "detail": detail,
                "actions": actions,
                "on_complete_flow_id": on_complete_flow_id,
            },
        )
        return await self._get(request, Flow)

    async def delete_flow(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Flow:
        """Delete a flow.

        Calls that run it continue. Deleting it again changes nothing.
        """
        request = Request("DELETE", f"/v1.0/flows/{id}", headers={"If-Match": if_match})
        return await self._get(request, Flow)

    async def regenerate_flow_hash(self, id: UUID | str) -> Flow:
        """Regenerate the direct hash of a flow.

        The previous hash stops working.
        """
        request = Request("POST", f"/v1.0/flows/{id}/direct-hash-regenerate", repeatable=True)
        return await self._get(request, Flow)

    async def create_activeflow(
        self,
        *,
        id: UUID | str | None | Unset = UNSET,
        flow_id: UUID | str | Unset = UNSET,
        actions: Sequence[Mapping[str, Any]] | Unset = UNSET,
        variables: Mapping[str, str] | Unset = UNSET,
        webhook_uri: str | Unset = UNSET,
        webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"] | Unset = UNSET,
    ) -> Activeflow:
        """Start a flow without a call.

        Actions that need a call are skipped.
        """
        request = Request(
            "POST",
            "/v1.0/activeflows",
            body={
                "id": id,
                "flow_id": flow_id,
                "actions": actions,
                "variables": variables,
                "webhook_uri": webhook_uri,
                "webhook_method": webhook_method,
            },
            repeatable=True,
        )
        return await self._get(request, Activeflow)

    def list_activeflows(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Activeflow]:
        """List activeflows."""
        request = Request("GET", "/v1.0/activeflows", query={"page_size": page_size})
        return self._list(request, Listing(Activeflow, "next_page_token", "page_token"))

    async def get_activeflow(self, id: UUID | str) -> Activeflow:
        """Get an activeflow.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/activeflows/{id}")
        return await self._get(request, Activeflow)

    async def delete_activeflow(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> None:
        """Delete an activeflow.

        Stops it.
        """
        request = Request("DELETE", f"/v1.0/activeflows/{id}", headers={"If-Match": if_match})
        await self._do(request)

    async def stop_activeflow(self, id: UUID | str) -> Activeflow:
        """Stop an activeflow.

        Its call, if it has one, is hung up. Stopping it again changes nothing.
        """
        request = Request("POST", f"/v1.0/activeflows/{id}/stop", repeatable=True)
        return await self._get(request, Activeflow)

    def list_recordings(
        self,
        *,
        page_size: int | Unset = UNSET,
        reference_type: Literal["call", "confbridge"] | Unset = UNSET,
        reference_id: UUID | str | Unset = UNSET,
    ) -> AsyncIterator[Recording]:
        """List recordings.

        All of them, or all of a conference (`confbridge`) or a call, whose `recording_ids` are the newest 100.

        ``reference_type``: Only recordings of one resource; requires `reference_id`.

        ``reference_id``: Only recordings of one resource; requires `reference_type`.
        """
        request = Request(
            "GET",
            "/v1.0/recordings",
            query={"page_size": page_size, "reference_type": reference_type, "reference_id": reference_id},
        )
        return self._list(request, Listing(Recording, "next_page_token", "page_token"))

    async def get_recording(self, id: UUID | str) -> Recording:
        """Get a recording."""
        request = Request("GET", f"/v1.0/recordings/{id}")
        return await self._get(request, Recording)

    async def delete_recording(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Recording:
        """Delete a recording.

        Deletes its files before the answer is sent. The recording can still be read and is not listed.
        """
        request = Request("DELETE", f"/v1.0/recordings/{id}", headers={"If-Match": if_match})
        return await self._get(request, Recording)

    async def get_recording_timeline(self, id: UUID | str) -> Timeline:
        """Get the timeline of a recording.

        Joins, leaves, mutes, talk spurts and pauses by sample position, with a hash chain. Of a running
        recording: the entries so far.
        """
        request = Request("GET", f"/v1.0/recordings/{id}/timeline")
        return await self._get(request, Timeline)

    async def get_recording_peaks(
        self, id: UUID | str, *, per_second: int | Unset = UNSET, track: str | Unset = UNSET
    ) -> Peaks:
        """Get the waveform of a recording.

        In the format of audiowaveform, version 2.

        ``per_second``: The number of stretches in a second, from 1 to 1000.

        ``track``: The name of a stem in `files`; without it, the recording itself.
        """
        request = Request(
            "GET", f"/v1.0/recordings/{id}/peaks", query={"per_second": per_second, "track": track}
        )
        return await self._get(request, Peaks)

    async def verify_recording(self, id: UUID | str) -> Verification:
        """Verify a recording.

        Compares its files and its timeline with the hashes that were made while it ran.
        """
        request = Request("GET", f"/v1.0/recordings/{id}/verification")
        return await self._get(request, Verification)

    async def download_recording(
        self,
        id: UUID | str,
        *,
        track: str | Unset = UNSET,
        live: bool | Unset = UNSET,
        range: str | Unset = UNSET,
    ) -> Response:
        """Download a recording.

        16-bit PCM, unless another format was chosen at its start. The recording must have ended; `live=true`
        returns the audio so far of a running one, as WAV.

        ``track``: The name of a stem in `files`; without it, the recording itself.

        ``live``: The audio so far, as WAV.

        ``range``: Only these bytes (RFC 9110 section 14).
        """
        request = Request(
            "GET",
            f"/v1.0/recordingfiles/{id}",
            query={"track": track, "live": live},
            headers={"Range": range},
        )
        return await self._fetch(request)

    async def create_trace(
        self,
        *,
        duration: int | Unset = UNSET,
        number: str | Unset = UNSET,
        peer: str | Unset = UNSET,
        calls: int | Unset = UNSET,
    ) -> Trace:
        """Trace the next calls.

        Waits for new calls of a number, or from or to an address, and collects their SIP messages from the first INVITE
        on. Only calls of this customer are collected: not those that the server refuses before it knows whose they are.
        """
        request = Request(
            "POST",
            "/v1.0/traces",
            body={"duration": duration, "number": number, "peer": peer, "calls": calls},
            repeatable=True,
        )
        return await self._get(request, Trace)

    def list_traces(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Trace]:
        """List traces."""
        request = Request("GET", "/v1.0/traces", query={"page_size": page_size})
        return self._list(request, Listing(Trace, "next_page_token", "page_token"))

    async def get_trace(self, id: UUID | str) -> Trace:
        """Get a trace."""
        request = Request("GET", f"/v1.0/traces/{id}")
        return await self._get(request, Trace)

    async def delete_trace(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Trace:
        """Delete a trace.

        Stops it if it runs. Nothing of it is left.
        """
        request = Request("DELETE", f"/v1.0/traces/{id}", headers={"If-Match": if_match})
        return await self._get(request, Trace)

    async def stop_trace(self, id: UUID | str) -> Trace:
        """Stop a trace.

        It keeps what it has.
        """
        request = Request("POST", f"/v1.0/traces/{id}/stop", repeatable=True)
        return await self._get(request, Trace)

    async def download_trace(self, id: UUID | str) -> Response:
        """Download a trace as a capture.

        SIP over UDP and TCP is in IP packets that are made for it, SIP inside of TLS in exported PDUs, and statistics are
        in JSON with a comment. Credentials, keys, passwords and digits are masked. Of a running trace: what it has so far.
        """
        request = Request("GET", f"/v1.0/traces/{id}/pcapng")
        return await self._fetch(request)

    async def show_trace(self, id: UUID | str) -> Response:
        """Open a trace as a ladder diagram.

        Who has sent what to whom and when, the quality of the audio in between, and the text of every message, masked. Of a
        running trace: what it has so far.
        """
        request = Request("GET", f"/v1.0/traces/{id}/ladder")
        return await self._fetch(request)

    def list_transcribes(
        self,
        *,
        page_size: int | Unset = UNSET,
        reference_type: Literal["call", "confbridge", "recording"] | Unset = UNSET,
        reference_id: UUID | str | Unset = UNSET,
    ) -> AsyncIterator[Transcribe]:
        """List transcribes.

        ``reference_type``: Only transcribes of one resource; requires `reference_id`.

        ``reference_id``: Only transcribes of one resource; requires `reference_type`.
        """
        request = Request(
            "GET",
            "/v1.0/transcribes",
            query={"page_size": page_size, "reference_type": reference_type, "reference_id": reference_id},
        )
        return self._list(request, Listing(Transcribe, "next_page_token", "page_token"))

    async def create_transcribe(
        self,
        *,
        reference_type: Literal["call", "confbridge", "recording"],
        reference_id: UUID | str,
        language: str | Unset = UNSET,
        translate_to: str | Unset = UNSET,
        provider: str | Unset = UNSET,
        on_end_flow_id: UUID | str | Unset = UNSET,
        direction: str | Unset = UNSET,
    ) -> Transcribe:
        """Create a transcribe.

        Starts the transcription of a conference, a call, or a recording that has ended. A recording is
        transcribed once.
        """
        request = Request(
            "POST",
            "/v1.0/transcribes",
            body={
                "language": language,
                "translate_to": translate_to,
                "provider": provider,
                "on_end_flow_id": on_end_flow_id,
                "direction": direction,
                "reference_type": reference_type,
                "reference_id": reference_id,
            },
            repeatable=True,
        )
        return await self._get(request, Transcribe)

    def list_recording_transcribes(
        self, id: UUID | str, *, page_size: int | Unset = UNSET
    ) -> AsyncIterator[Transcribe]:
        """List transcribes of a recording.

        The same as `GET /transcribes` with `reference_type` `recording`.
        """
        request = Request("GET", f"/v1.0/recordings/{id}/transcribes", query={"page_size": page_size})
        return self._list(request, Listing(Transcribe, "next_page_token", "page_token"))

    async def get_transcribe(self, id: UUID | str) -> Transcribe:
        """Get a transcribe."""
        request = Request("GET", f"/v1.0/transcribes/{id}")
        return await self._get(request, Transcribe)

    async def delete_transcribe(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Transcribe:
        """Delete a transcribe.

        Stops it, and deletes its transcripts.
        """
        request = Request("DELETE", f"/v1.0/transcribes/{id}", headers={"If-Match": if_match})
        return await self._get(request, Transcribe)

    async def stop_transcribe(self, id: UUID | str) -> Transcribe:
        """Stop a transcribe.

        Stopping it again changes nothing.
        """
        request = Request("POST", f"/v1.0/transcribes/{id}/stop", repeatable=True)
        return await self._get(request, Transcribe)

    async def export_transcribe(
        self,
        id: UUID | str,
        *,
        format: Literal["vtt", "srt", "json", "txt"] | Unset = UNSET,
        language: str | Unset = UNSET,
    ) -> Response:
        """Export a transcribe.

        All transcripts as a file; of a room, with the chat messages to all of the same time.

        ``format``: The format of the file.

        ``language``: BCP 47: texts in this language, where they are translated to it; of `json`, `message` too.
        """
        request = Request(
            "GET", f"/v1.0/transcribes/{id}/export", query={"format": format, "language": language}
        )
        return await self._fetch(request)

    def list_transcripts(
        self, *, transcribe_id: UUID | str, page_size: int | Unset = UNSET
    ) -> AsyncIterator[Transcript]:
        """List the transcripts of a transcribe.

        Newest first; `GET /transcribes/{id}/export` has all of them in the order in which they started.

        ``transcribe_id``: The transcribe.
        """
        request = Request(
            "GET", "/v1.0/transcripts", query={"page_size": page_size, "transcribe_id": transcribe_id}
        )
        return self._list(request, Listing(Transcript, "next_page_token", "page_token"))

    def search_transcripts(self, *, q: str, page_size: int | Unset = UNSET) -> AsyncIterator[Transcript]:
        """Search transcripts.

        In all transcribes, newest first.

        ``q``: Words that a transcript must all contain.
        """
        request = Request("GET", "/v1.0/transcripts/search", query={"page_size": page_size, "q": q})
        return self._list(request, Listing(Transcript, "next_page_token", "page_token"))

    async def join_by_whip(
        self,
        id: UUID | str,
        content: str,
        *,
        name: str | Unset = UNSET,
        pin: str | Unset = UNSET,
        conference_pin: str | Unset = UNSET,
    ) -> Response:
        """Join a conference by WHIP.

        Answers the offer when the call's flow has answered the call. A guest needs no PIN.

        ``name``: The name of the participant; at most 64 characters are used.

        ``conference_pin``: The PIN of the room, if it has one.

        ``pin``: The PIN, for clients that cannot send the header.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/whip",
            query={"name": name, "pin": pin},
            headers={"X-Conference-Pin": conference_pin},
            body=content,
            media_type="application/sdp",
            repeatable=True,
        )
        return await self._fetch(request)

    async def trickle_by_whip(
        self, id: UUID | str, session_id: UUID | str, content: str, *, if_match: str | Unset = UNSET
    ) -> Response:
        """Send ICE candidates.

        Or restart ICE: then the answer has the server's half.
        """
        request = Request(
            "PATCH",
            f"/v1.0/conferences/{id}/whip/{session_id}",
            headers={"If-Match": if_match},
            body=content,
            media_type="application/trickle-ice-sdpfrag",
        )
        return await self._fetch(request)

    async def leave_by_whip(self, id: UUID | str, session_id: UUID | str) -> None:
        """Leave a conference."""
        request = Request("DELETE", f"/v1.0/conferences/{id}/whip/{session_id}")
        await self._do(request)

    async def listen_by_whep(
        self,
        id: UUID | str,
        content: str,
        *,
        name: str | Unset = UNSET,
        pin: str | Unset = UNSET,
        conference_pin: str | Unset = UNSET,
    ) -> Response:
        """Listen to a conference by WHEP.

        Offer `a=recvonly`. A listener hears the mix of the room, whispers excepted, and is no participant: it is not
        heard, and it takes no place. A guest needs no PIN.

        ``name``: The name of the listener; at most 64 characters are used.

        ``conference_pin``: The PIN of the room, if it has one.

        ``pin``: The PIN, for clients that cannot send the header.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/whep",
            query={"name": name, "pin": pin},
            headers={"X-Conference-Pin": conference_pin},
            body=content,
            media_type="application/sdp",
            repeatable=True,
        )
        return await self._fetch(request)

    async def trickle_by_whep(
        self, id: UUID | str, session_id: UUID | str, content: str, *, if_match: str | Unset = UNSET
    ) -> Response:
        """Send ICE candidates of a listener.

        Or restart ICE: then the answer has the server's half.
        """
        request = Request(
            "PATCH",
            f"/v1.0/conferences/{id}/whep/{session_id}",
            headers={"If-Match": if_match},
            body=content,
            media_type="application/trickle-ice-sdpfrag",
        )
        return await self._fetch(request)

    async def stop_listening(self, id: UUID | str, session_id: UUID | str) -> None:
        """End a listener.

        By the listener itself, or by staff: `GET /conferences/{id}/listeners` has the ids.
        """
        request = Request("DELETE", f"/v1.0/conferences/{id}/whep/{session_id}")
        await self._do(request)

    async def list_listeners(self, id: UUID | str) -> Listeners:
        """List the listeners of a conference.

        Those that listen now.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/listeners")
        return await self._get(request, Listeners)

    async def start_broadcast(
        self,
        id: UUID | str,
        *,
        protocol: Literal["hls", "icecast"] | Unset = UNSET,
        url: str | Unset = UNSET,
        user: str | Unset = UNSET,
        password: str | Unset = UNSET,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
    ) -> Broadcast:
        """Broadcast a conference.

        It answers `starting`; `broadcast_live` says that players can hear the room, by `path`. Listeners are no
        participants, and are not counted. For `icecast`, `url` and `password` are needed; a connection that is lost is
        `retrying`.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/broadcasts",
            body={
                "protocol": protocol,
                "url": url,
                "user": user,
                "password": password,
                "name": name,
                "description": description,
            },
            repeatable=True,
        )
        return await self._get(request, Broadcast)

    async def list_broadcasts(self, id: UUID | str) -> Broadcasts:
        """List the broadcasts of a conference.

        Also ended ones of late.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/broadcasts")
        return await self._get(request, Broadcasts)

    async def get_broadcast(self, id: UUID | str) -> Broadcast:
        """Get a broadcast.

        Also one that ended lately.
        """
        request = Request("GET", f"/v1.0/broadcasts/{id}")
        return await self._get(request, Broadcast)

    async def stop_broadcast(self, id: UUID | str) -> Broadcast:
        """Stop a broadcast.

        Its playlist ends, or the connection to the Icecast server; players hear what they have.
        """
        request = Request("POST", f"/v1.0/broadcasts/{id}/stop", repeatable=True)
        return await self._get(request, Broadcast)

    async def broadcast_playlist(
        self,
        id: UUID | str,
        broadcast_id: UUID | str,
        *,
        _hls_msn: int | Unset = UNSET,
        _hls_part: int | Unset = UNSET,
    ) -> Response:
        """Get the playlist of a broadcast.

        A credential in the query (`?token=`) is in the URIs of the playlist as well.

        ``_hls_msn``: Wait until the playlist has this segment.

        ``_hls_part``: And this part of it.
        """
        request = Request(
            "GET",
            f"/v1.0/conferences/{id}/hls/{broadcast_id}/index.m3u8",
            query={"_HLS_msn": _hls_msn, "_HLS_part": _hls_part},
        )
        return await self._fetch(request)

    async def broadcast_piece(self, id: UUID | str, broadcast_id: UUID | str, piece: str) -> Response:
        """Get a piece of a broadcast.

        The header, a segment or a part, as the playlist names it. The part that is announced comes when it is complete.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/hls/{broadcast_id}/{piece}")
        return await self._fetch(request)

    async def create_guest_link(
        self, id: UUID | str, *, name: str | Unset = UNSET, expire: int | Unset = UNSET
    ) -> NewGuestLink:
        """Create a guest link.

        A guest opens `path` in a browser and joins this conference, without its PIN, as a participant: nothing
        else. `expire` is in seconds, a day if it is absent, a year at most. The token is shown only here.
        """
        request = Request(
            "POST",
            f"/v1.0/conferences/{id}/guest_links",
            body={"name": name, "expire": expire},
            repeatable=True,
        )
        return await self._get(request, NewGuestLink)

    def list_guest_links(self, id: UUID | str, *, page_size: int | Unset = UNSET) -> AsyncIterator[GuestLink]:
        """List guest links.

        Of one conference: those that are not deleted, also expired ones.
        """
        request = Request("GET", f"/v1.0/conferences/{id}/guest_links", query={"page_size": page_size})
        return self._list(request, Listing(GuestLink, "next_page_token", "page_token"))

    async def delete_guest_link(self, id: UUID | str, guest_link_id: UUID | str) -> GuestLink:
        """Revoke a guest link.

        It admits no guest from now on. Guests that are in the room stay there until they leave or are removed.
        """
        request = Request("DELETE", f"/v1.0/conferences/{id}/guest_links/{guest_link_id}")
        return await self._get(request, GuestLink)

    async def get_guest(self) -> Guest:
        """Get the conference of a guest.

        For the holder of a guest link: which conference it leads to, and whether it is open.
        """
        request = Request("GET", "/v1.0/guest")
        return await self._get(request, Guest)

    def list_events(
        self,
        *,
        after: str | Unset = UNSET,
        page_size: int | Unset = UNSET,
        conference_id: UUID | str | Unset = UNSET,
    ) -> AsyncIterator[Event]:
        """List events.

        Oldest first. Recordings publish `recording_started`, `recording_finished`, `recording_deleted`, and
        `recording_failed` before `recording_finished` if something, such as a full disk, cut the recording short:
        see its `error`.

        ``after``: The id of an event: only later events are returned.

        ``conference_id``: Only events of this conference.
        """
        request = Request(
            "GET",
            "/v1.0/events",
            query={"after": after, "page_size": page_size, "conference_id": conference_id},
        )
        return self._list(request, Listing(Event, "next_after", "after"))

    def list_conference_events(
        self, id: UUID | str, *, after: str | Unset = UNSET, page_size: int | Unset = UNSET
    ) -> AsyncIterator[Event]:
        """List events of a conference.

        Oldest first: the same as `GET /events` with `conference_id`.

        ``after``: The id of an event: only later events are returned.
        """
        request = Request(
            "GET", f"/v1.0/timelines/conferences/{id}/events", query={"after": after, "page_size": page_size}
        )
        return self._list(request, Listing(Event, "next_after", "after"))

    async def list_undelivered_events(
        self, *, after: str | Unset = UNSET, page_size: int | Unset = UNSET
    ) -> Undelivered:
        """List undelivered events.

        What the webhooks of the customer and of its activeflows did not accept. `page_size` counts events: one that
        neither accepted is listed twice.

        ``after``: The id of an event: only later events are returned.
        """
        request = Request("GET", "/v1.0/events/undelivered", query={"after": after, "page_size": page_size})
        return await self._get(request, Undelivered)

    def list_deliveries(
        self, *, before: str | Unset = UNSET, page_size: int | Unset = UNSET
    ) -> AsyncIterator[Delivery]:
        """List deliveries.

        What the webhooks of the customer and of its activeflows were sent, with the attempts; kept as long as events
        are. `page_size` counts events: one that is sent to two webhooks has two deliveries.

        ``before``: The id of an event: only earlier events are returned.
        """
        request = Request("GET", "/v1.0/events/deliveries", query={"before": before, "page_size": page_size})
        return self._list(request, Listing(Delivery, "next_before", "before"))

    async def resend_events(
        self,
        *,
        event_ids: Sequence[int] | None | Unset = UNSET,
        webhook_type: Literal["customer", "activeflow"] | None | Unset = UNSET,
    ) -> Resent:
        """Send events to webhooks again.

        Those named, or all undelivered ones, to the webhooks of the customer and of activeflows; events that wait for
        another attempt are attempted at once.
        """
        request = Request(
            "POST",
            "/v1.0/events/resend",
            body={"event_ids": event_ids, "webhook_type": webhook_type},
            repeatable=True,
        )
        return await self._get(request, Resent)

    def list_numbers(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Number]:
        """List numbers."""
        request = Request("GET", "/v1.0/numbers", query={"page_size": page_size})
        return self._list(request, Listing(Number, "next_page_token", "page_token"))

    async def create_number(
        self,
        *,
        number: str,
        call_flow_id: UUID | str | Unset = UNSET,
        message_flow_id: UUID | str | Unset = UNSET,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        type: Literal["normal", "virtual"] | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
    ) -> Number:
        """Create a number.

        Any free E.164 or short number. Phones can dial it at any host name of the server.
        """
        request = Request(
            "POST",
            "/v1.0/numbers",
            body={
                "call_flow_id": call_flow_id,
                "message_flow_id": message_flow_id,
                "name": name,
                "detail": detail,
                "number": number,
                "type": type,
                "metadata": metadata,
            },
            repeatable=True,
        )
        return await self._get(request, Number)

    async def get_number(self, id: UUID | str) -> Number:
        """Get a number.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/numbers/{id}")
        return await self._get(request, Number)

    async def update_number(
        self,
        id: UUID | str,
        *,
        call_flow_id: UUID | str | Unset = UNSET,
        message_flow_id: UUID | str | Unset = UNSET,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Number:
        """Update a number."""
        request = Request(
            "PUT",
            f"/v1.0/numbers/{id}",
            headers={"If-Match": if_match},
            body={
                "call_flow_id": call_flow_id,
                "message_flow_id": message_flow_id,
                "name": name,
                "detail": detail,
            },
        )
        return await self._get(request, Number)

    async def delete_number(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Number:
        """Delete a number.

        Calls to it are refused from now on.
        """
        request = Request("DELETE", f"/v1.0/numbers/{id}", headers={"If-Match": if_match})
        return await self._get(request, Number)

    async def update_number_flows(
        self,
        id: UUID | str,
        *,
        call_flow_id: UUID | str | Unset = UNSET,
        message_flow_id: UUID | str | Unset = UNSET,
    ) -> Number:
        """Update the flows of a number."""
        request = Request(
            "PUT",
            f"/v1.0/numbers/{id}/flow_ids",
            body={"call_flow_id": call_flow_id, "message_flow_id": message_flow_id},
        )
        return await self._get(request, Number)

    async def update_number_metadata(
        self,
        id: UUID | str,
        *,
        metadata: Mapping[str, Any] | Unset = UNSET,
        rtp_debug: bool | None | Unset = UNSET,
    ) -> Number:
        """Update the metadata of a number."""
        request = Request(
            "PUT", f"/v1.0/numbers/{id}/metadata", body={"metadata": metadata, "rtp_debug": rtp_debug}
        )
        return await self._get(request, Number)

    def list_extensions(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Extension]:
        """List extensions."""
        request = Request("GET", "/v1.0/extensions", query={"page_size": page_size})
        return self._list(request, Listing(Extension, "next_page_token", "page_token"))

    async def create_extension(
        self,
        *,
        extension: str,
        password: str,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
    ) -> Extension:
        """Create an extension.

        Phones register with its name and password.
        """
        request = Request(
            "POST",
            "/v1.0/extensions",
            body={"extension": extension, "password": password, "name": name, "detail": detail, "srtp": srtp},
            repeatable=True,
        )
        return await self._get(request, Extension)

    async def get_extension(self, id: UUID | str) -> Extension:
        """Get an extension.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/extensions/{id}")
        return await self._get(request, Extension)

    async def update_extension(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        password: str | None | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Extension:
        """Update an extension.

        Without a password it keeps its own; with a new one its phones must register again.
        """
        request = Request(
            "PUT",
            f"/v1.0/extensions/{id}",
            headers={"If-Match": if_match},
            body={"name": name, "detail": detail, "password": password, "srtp": srtp},
        )
        return await self._get(request, Extension)

    async def delete_extension(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Extension:
        """Delete an extension.

        Its phones are logged out; their calls continue.
        """
        request = Request("DELETE", f"/v1.0/extensions/{id}", headers={"If-Match": if_match})
        return await self._get(request, Extension)

    async def regenerate_extension_direct_hash(self, id: UUID | str) -> Extension:
        """Regenerate the direct hash of an extension.

        The previous hash stops working.
        """
        request = Request("POST", f"/v1.0/extensions/{id}/direct-hash-regenerate", repeatable=True)
        return await self._get(request, Extension)

    def list_registrations(
        self,
        *,
        page_size: int | Unset = UNSET,
        extension_id: UUID | str | Unset = UNSET,
        all: bool | Unset = UNSET,
    ) -> AsyncIterator[Registration]:
        """List registrations.

        The phones that are registered now, at any server that shares the database. An extension without one is not rung.

        ``extension_id``: Only the phones of this extension.

        ``all``: Of all customers. Only for the server's first customer and its super admin.
        """
        request = Request(
            "GET",
            "/v1.0/registrations",
            query={"page_size": page_size, "extension_id": extension_id, "all": all},
        )
        return self._list(request, Listing(Registration, "next_page_token", "page_token"))

    def list_trunks(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Trunk]:
        """List trunks."""
        request = Request("GET", "/v1.0/trunks", query={"page_size": page_size})
        return self._list(request, Listing(Trunk, "next_page_token", "page_token"))

    async def create_trunk(
        self,
        *,
        domain_name: str,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        auth_types: Sequence[Literal["basic", "ip", "tls"]] | Unset = UNSET,
        username: str | Unset = UNSET,
        password: str | Unset = UNSET,
        allowed_ips: Sequence[str] | Unset = UNSET,
        certificate_names: Sequence[str] | Unset = UNSET,
        outbound_host: str | Unset = UNSET,
        outbound_transport: Literal["udp", "tcp", "tls", "auto"] | Unset = UNSET,
        outbound_register: bool | Unset = UNSET,
        trust_identity: bool | Unset = UNSET,
        identity_header: Literal["", "p-asserted-identity", "p-preferred-identity", "remote-party-id"]
        | Unset = UNSET,
        diversion_header: Literal["", "diversion", "history-info"] | Unset = UNSET,
        from_domain: str | Unset = UNSET,
        outbound_proxy: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
        first_response_s: int | Unset = UNSET,
        media_timeout_s: int | Unset = UNSET,
        options_interval_s: int | Unset = UNSET,
    ) -> Trunk:
        """Create a trunk.

        Its exchange can call in, and calls to numbers can go out through it.
        """
        request = Request(
            "POST",
            "/v1.0/trunks",
            body={
                "name": name,
                "detail": detail,
                "auth_types": auth_types,
                "username": username,
                "password": password,
                "allowed_ips": allowed_ips,
                "certificate_names": certificate_names,
                "outbound_host": outbound_host,
                "outbound_transport": outbound_transport,
                "outbound_register": outbound_register,
                "trust_identity": trust_identity,
                "identity_header": identity_header,
                "diversion_header": diversion_header,
                "from_domain": from_domain,
                "outbound_proxy": outbound_proxy,
                "srtp": srtp,
                "first_response_s": first_response_s,
                "media_timeout_s": media_timeout_s,
                "options_interval_s": options_interval_s,
                "domain_name": domain_name,
            },
            repeatable=True,
        )
        return await self._get(request, Trunk)

    async def get_trunk(self, id: UUID | str) -> Trunk:
        """Get a trunk.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/trunks/{id}")
        return await self._get(request, Trunk)

    async def update_trunk(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        auth_types: Sequence[Literal["basic", "ip", "tls"]] | Unset = UNSET,
        username: str | Unset = UNSET,
        password: str | Unset = UNSET,
        allowed_ips: Sequence[str] | Unset = UNSET,
        certificate_names: Sequence[str] | Unset = UNSET,
        outbound_host: str | Unset = UNSET,
        outbound_transport: Literal["udp", "tcp", "tls", "auto"] | Unset = UNSET,
        outbound_register: bool | Unset = UNSET,
        trust_identity: bool | Unset = UNSET,
        identity_header: Literal["", "p-asserted-identity", "p-preferred-identity", "remote-party-id"]
        | Unset = UNSET,
        diversion_header: Literal["", "diversion", "history-info"] | Unset = UNSET,
        from_domain: str | Unset = UNSET,
        outbound_proxy: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
        first_response_s: int | Unset = UNSET,
        media_timeout_s: int | Unset = UNSET,
        options_interval_s: int | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Trunk:
        """Update a trunk.

        Replaces everything except its domain name.
        """
        request = Request(
            "PUT",
            f"/v1.0/trunks/{id}",
            headers={"If-Match": if_match},
            body={
                "name": name,
                "detail": detail,
                "auth_types": auth_types,
                "username": username,
                "password": password,
                "allowed_ips": allowed_ips,
                "certificate_names": certificate_names,
                "outbound_host": outbound_host,
                "outbound_transport": outbound_transport,
                "outbound_register": outbound_register,
                "trust_identity": trust_identity,
                "identity_header": identity_header,
                "diversion_header": diversion_header,
                "from_domain": from_domain,
                "outbound_proxy": outbound_proxy,
                "srtp": srtp,
                "first_response_s": first_response_s,
                "media_timeout_s": media_timeout_s,
                "options_interval_s": options_interval_s,
            },
        )
        return await self._get(request, Trunk)

    async def delete_trunk(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Trunk:
        """Delete a trunk.

        No more calls are accepted from it or sent to it.
        """
        request = Request("DELETE", f"/v1.0/trunks/{id}", headers={"If-Match": if_match})
        return await self._get(request, Trunk)

    async def log_in(self, *, username: str, password: str) -> Login:
        """Log in.

        Starts a session. Its token is valid for a week and is sent like an access key. A failure has no
        explanation.
        """
        request = Request("POST", "/auth/login", body={"username": username, "password": password})
        return await self._get(request, Login)

    async def get_own_customer(self) -> OwnCustomer:
        """Get your customer.

        Includes the secret that signs its webhooks.
        """
        request = Request("GET", "/v1.0/customer")
        return await self._get(request, OwnCustomer)

    async def update_own_customer(
        self,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        email: str | Unset = UNSET,
        phone_number: str | Unset = UNSET,
        address: str | Unset = UNSET,
        webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"] | Unset = UNSET,
        webhook_uri: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
    ) -> Customer:
        """Update your customer.

        Absent fields become empty; an empty `webhook_uri` means no webhooks.
        """
        request = Request(
            "PUT",
            "/v1.0/customer",
            body={
                "name": name,
                "detail": detail,
                "email": email,
                "phone_number": phone_number,
                "address": address,
                "webhook_method": webhook_method,
                "webhook_uri": webhook_uri,
                "srtp": srtp,
            },
        )
        return await self._get(request, Customer)

    async def update_own_metadata(
        self, *, metadata: Mapping[str, Any] | Unset = UNSET, rtp_debug: bool | None | Unset = UNSET
    ) -> Customer:
        """Update the metadata of your customer.

        Stored for clients.
        """
        request = Request(
            "PUT", "/v1.0/customer/metadata", body={"metadata": metadata, "rtp_debug": rtp_debug}
        )
        return await self._get(request, Customer)

    def list_customers(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Customer]:
        """List customers.

        All customers for the super admin, the caller's own for others.
        """
        request = Request("GET", "/v1.0/customers", query={"page_size": page_size})
        return self._list(request, Listing(Customer, "next_page_token", "page_token"))

    async def create_customer(
        self,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        email: str | Unset = UNSET,
        phone_number: str | Unset = UNSET,
        address: str | Unset = UNSET,
        webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"] | Unset = UNSET,
        webhook_uri: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
    ) -> Customer:
        """Create a customer.

        Only for the super admin.
        """
        request = Request(
            "POST",
            "/v1.0/customers",
            body={
                "name": name,
                "detail": detail,
                "email": email,
                "phone_number": phone_number,
                "address": address,
                "webhook_method": webhook_method,
                "webhook_uri": webhook_uri,
                "srtp": srtp,
            },
            repeatable=True,
        )
        return await self._get(request, Customer)

    async def get_customer(self, id: UUID | str) -> Customer:
        """Get a customer."""
        request = Request("GET", f"/v1.0/customers/{id}")
        return await self._get(request, Customer)

    async def update_customer(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        email: str | Unset = UNSET,
        phone_number: str | Unset = UNSET,
        address: str | Unset = UNSET,
        webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"] | Unset = UNSET,
        webhook_uri: str | Unset = UNSET,
        srtp: Literal["", "never", "optional", "required"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Customer:
        """Update a customer.

        Any for the super admin, the caller's own for others.
        """
        request = Request(
            "PUT",
            f"/v1.0/customers/{id}",
            headers={"If-Match": if_match},
            body={
                "name": name,
                "detail": detail,
                "email": email,
                "phone_number": phone_number,
                "address": address,
                "webhook_method": webhook_method,
                "webhook_uri": webhook_uri,
                "srtp": srtp,
            },
        )
        return await self._get(request, Customer)

    async def freeze_customer(self, id: UUID | str) -> Customer:
        """Freeze a customer.

        Only for the super admin. All requests of the customer are refused; its calls continue.
        """
        request = Request("POST", f"/v1.0/customers/{id}/freeze", repeatable=True)
        return await self._get(request, Customer)

    async def recover_customer(self, id: UUID | str) -> Customer:
        """Recover a frozen customer.

        Only for the super admin.
        """
        request = Request("POST", f"/v1.0/customers/{id}/recover", repeatable=True)
        return await self._get(request, Customer)

    def list_agents(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Agent]:
        """List agents."""
        request = Request("GET", "/v1.0/agents", query={"page_size": page_size})
        return self._list(request, Listing(Agent, "next_page_token", "page_token"))

    async def create_agent(
        self,
        *,
        username: str,
        password: str,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        ring_method: Literal["ringall", "linear"] | Unset = UNSET,
        permission: int | Unset = UNSET,
        tag_ids: Sequence[UUID | str] | Unset = UNSET,
        addresses: Sequence[Mapping[str, Any]] | Unset = UNSET,
    ) -> Agent:
        """Create an agent.

        You can grant only permissions that you have. A username is never used again.
        """
        request = Request(
            "POST",
            "/v1.0/agents",
            body={
                "name": name,
                "detail": detail,
                "ring_method": ring_method,
                "username": username,
                "password": password,
                "permission": permission,
                "tag_ids": tag_ids,
                "addresses": addresses,
            },
            repeatable=True,
        )
        return await self._get(request, Agent)

    async def get_agent(self, id: UUID | str) -> Agent:
        """Get an agent.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/agents/{id}")
        return await self._get(request, Agent)

    async def update_agent(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        ring_method: Literal["ringall", "linear"] | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> Agent:
        """Update an agent."""
        request = Request(
            "PUT",
            f"/v1.0/agents/{id}",
            headers={"If-Match": if_match},
            body={"name": name, "detail": detail, "ring_method": ring_method},
        )
        return await self._get(request, Agent)

    async def delete_agent(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> Agent:
        """Delete an agent.

        Ends its sessions.
        """
        request = Request("DELETE", f"/v1.0/agents/{id}", headers={"If-Match": if_match})
        return await self._get(request, Agent)

    async def update_agent_permission(self, id: UUID | str, *, permission: int) -> Agent:
        """Update the permission of an agent."""
        request = Request("PUT", f"/v1.0/agents/{id}/permission", body={"permission": permission})
        return await self._get(request, Agent)

    async def update_agent_status(
        self, id: UUID | str, *, status: Literal["", "available", "away", "busy", "offline", "ringing"]
    ) -> Agent:
        """Update the status of an agent.

        Stored for clients: agents are called whatever their status.
        """
        request = Request("PUT", f"/v1.0/agents/{id}/status", body={"status": status})
        return await self._get(request, Agent)

    async def update_agent_addresses(
        self, id: UUID | str, *, addresses: Sequence[Mapping[str, Any]]
    ) -> Agent:
        """Update the addresses of an agent."""
        request = Request("PUT", f"/v1.0/agents/{id}/addresses", body={"addresses": addresses})
        return await self._get(request, Agent)

    async def update_agent_tags(self, id: UUID | str, *, tag_ids: Sequence[UUID | str]) -> Agent:
        """Update the tags of an agent."""
        request = Request("PUT", f"/v1.0/agents/{id}/tag_ids", body={"tag_ids": tag_ids})
        return await self._get(request, Agent)

    async def regenerate_agent_hash(self, id: UUID | str) -> Agent:
        """Regenerate the direct hash of an agent.

        The old one ends at once.
        """
        request = Request("POST", f"/v1.0/agents/{id}/direct-hash-regenerate", repeatable=True)
        return await self._get(request, Agent)

    async def update_agent_password(self, id: UUID | str, *, password: str) -> Agent:
        """Update the password of an agent.

        Ends all earlier sessions.
        """
        request = Request("PUT", f"/v1.0/agents/{id}/password", body={"password": password})
        return await self._get(request, Agent)

    async def get_me(self) -> Agent:
        """Get yourself.

        The agent of the session; an access key has none.
        """
        request = Request("GET", "/v1.0/me")
        return await self._get(request, Agent)

    async def update_me(
        self,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        ring_method: Literal["ringall", "linear"] | Unset = UNSET,
    ) -> Agent:
        """Update yourself."""
        request = Request(
            "PUT", "/v1.0/me", body={"name": name, "detail": detail, "ring_method": ring_method}
        )
        return await self._get(request, Agent)

    async def update_my_password(self, *, password: str) -> Agent:
        """Update your password.

        Ends all earlier sessions.
        """
        request = Request("PUT", "/v1.0/me/password", body={"password": password})
        return await self._get(request, Agent)

    def list_access_keys(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[AccessKey]:
        """List access keys."""
        request = Request("GET", "/v1.0/accesskeys", query={"page_size": page_size})
        return self._list(request, Listing(AccessKey, "next_page_token", "page_token"))

    async def create_access_key(
        self, *, name: str | Unset = UNSET, detail: str | Unset = UNSET, expire: int | Unset = UNSET
    ) -> NewAccessKey:
        """Create an access key.

        `expire` is in seconds, at least a day. The token is shown only here: a repeated request with the same
        `Idempotency-Key` is refused.
        """
        request = Request(
            "POST",
            "/v1.0/accesskeys",
            body={"name": name, "detail": detail, "expire": expire},
            repeatable=True,
        )
        return await self._get(request, NewAccessKey)

    async def get_access_key(self, id: UUID | str) -> AccessKey:
        """Get an access key.

        Also after it is deleted.
        """
        request = Request("GET", f"/v1.0/accesskeys/{id}")
        return await self._get(request, AccessKey)

    async def update_access_key(
        self,
        id: UUID | str,
        *,
        name: str | Unset = UNSET,
        detail: str | Unset = UNSET,
        if_match: str | Unset = UNSET,
    ) -> AccessKey:
        """Update an access key.

        Replaces its name and detail.
        """
        request = Request(
            "PUT",
            f"/v1.0/accesskeys/{id}",
            headers={"If-Match": if_match},
            body={"name": name, "detail": detail},
        )
        return await self._get(request, AccessKey)

    async def delete_access_key(self, id: UUID | str, *, if_match: str | Unset = UNSET) -> AccessKey:
        """Delete an access key.

        It stops working at once.
        """
        request = Request("DELETE", f"/v1.0/accesskeys/{id}", headers={"If-Match": if_match})
        return await self._get(request, AccessKey)

    def list_audits(self, *, page_size: int | Unset = UNSET) -> AsyncIterator[Audit]:
        """List audits.

        Requests that have changed something or were refused, with their senders, newest first; logins too. Bodies
        are not kept.
        """
        request = Request("GET", "/v1.0/audits", query={"page_size": page_size})
        return self._list(request, Listing(Audit, "next_page_token", "page_token"))

    def list_usage(
        self,
        *,
        since: date | str | Unset = UNSET,
        until: date | str | Unset = UNSET,
        conference_id: UUID | str | Unset = UNSET,
        by: Literal["day_room", "day", "room"] | Unset = UNSET,
        page_size: int | Unset = UNSET,
    ) -> AsyncIterator[Usage]:
        """List usage.

        The time of participants in rooms. It is counted when they leave, on each day (UTC) that it falls on; what
        participants that are in rooms have used so far is in `running`.

        ``since``: The first day, of UTC.

        ``until``: The last day, included.

        ``conference_id``: Only this room.

        ``by``: What a row is about: a room on a day, all rooms on a day, or a room on all days.
        """
        request = Request(
            "GET",
            "/v1.0/usage",
            query={
                "since": since,
                "until": until,
                "conference_id": conference_id,
                "by": by,
                "page_size": page_size,
            },
        )
        return self._list(request, Listing(Usage, "next_page_token", "page_token"))

    async def export_usage(
        self,
        *,
        since: date | str | Unset = UNSET,
        until: date | str | Unset = UNSET,
        conference_id: UUID | str | Unset = UNSET,
        by: Literal["day_room", "day", "room"] | Unset = UNSET,
    ) -> Response:
        """Export usage.

        The same rows as CSV, all of them.

        ``since``: The first day, of UTC.

        ``until``: The last day, included.

        ``conference_id``: Only this room.

        ``by``: What a row is about: a room on a day, all rooms on a day, or a room on all days.
        """
        request = Request(
            "GET",
            "/v1.0/usage/export",
            query={"since": since, "until": until, "conference_id": conference_id, "by": by},
        )
        return await self._fetch(request)

    async def get_server(self) -> Server:
        """Get what this server serves.

        For every caller with a credential: the addresses with which a phone is set up, and a room dialled.
        """
        request = Request("GET", "/v1.0/server")
        return await self._get(request, Server)

    async def get_own_balance(self) -> BalanceReport:
        """Get your balance.

        The credits of your customer.
        """
        request = Request("GET", "/v1.0/balance")
        return await self._get(request, BalanceReport)

    async def get_balance(self, id: UUID | str) -> BalanceReport:
        """Get the balance of a customer.

        Any for the super admin, the caller's own for others.
        """
        request = Request("GET", f"/v1.0/customers/{id}/balance")
        return await self._get(request, BalanceReport)

    async def add_credit(
        self,
        id: UUID | str,
        *,
        credits: int,
        credit_id: UUID | str | Unset = UNSET,
        detail: str | Unset = UNSET,
    ) -> Credit:
        """Add credits to a balance.

        Only for the super admin. The first credits of a customer give it a balance: from then on each minute of a
        participant in a room is deducted, and without credits new rooms and calls are refused.
        """
        request = Request(
            "POST",
            f"/v1.0/customers/{id}/credits",
            body={"credit_id": credit_id, "credits": credits, "detail": detail},
            repeatable=True,
        )
        return await self._get(request, Credit)

    def list_credits(self, id: UUID | str, *, page_size: int | Unset = UNSET) -> AsyncIterator[Credit]:
        """List the credits of a balance.

        What was added, newest first.
        """
        request = Request("GET", f"/v1.0/customers/{id}/credits", query={"page_size": page_size})
        return self._list(request, Listing(Credit, "next_page_token", "page_token"))

    async def erase_person(
        self, *, party: str, rooms: Literal["stems", "delete", "keep"] | Unset = UNSET
    ) -> Erasure:
        """Erase a person.

        Erases what the server has of a number or a SIP address: it is taken out of calls, groupcalls and events, which
        keep their times; its transcripts, chat messages, recordings and traces are deleted. It can be repeated.
        """
        request = Request(
            "POST", "/v1.0/privacy/erase", body={"party": party, "rooms": rooms}, repeatable=True
        )
        return await self._get(request, Erasure)

    async def export_person(self, *, party: str) -> Response:
        """Export a person.

        What the server has of a number or a SIP address: calls, participants, transcripts, chat messages and recordings, each
        as the API shows it; of recordings also `tracks`, the person's stems. The last line counts them.
        """
        request = Request("POST", "/v1.0/privacy/export", body={"party": party}, repeatable=True)
        return await self._fetch(request)

    async def ping(self) -> Pong:
        """Check whether calls are taken.

        503 while phones or browsers cannot join.
        """
        request = Request("GET", "/ping")
        return await self._get(request, Pong)

    async def live(self) -> Health:
        """Check whether the server runs.

        200 while the process answers, also while it drains or its database is gone: a restart would not help.
        """
        request = Request("GET", "/health/live")
        return await self._get(request, Health)

    async def ready(self) -> Health:
        """Check whether the server is ready for new calls.

        503 while phones or browsers cannot join, while the server drains, and while its database does not answer.
        """
        request = Request("GET", "/health/ready")
        return await self._get(request, Health)

    async def root_certificate(self) -> Response:
        """Get the root certificate of the server's own authority.

        For phones and browsers that are to trust this server; 404 if it uses a certificate of another authority.
        """
        request = Request("GET", "/ca.pem")
        return await self._fetch(request)

    async def metrics(self) -> Response:
        """Get metrics.

        For Prometheus. They concern the whole server: only for its first customer and its super admin, or with the metrics token.
        """
        request = Request("GET", "/metrics")
        return await self._fetch(request)

    async def join_page(self) -> Response:
        """Open the page to join from a browser."""
        request = Request("GET", "/join")
        return await self._fetch(request)

    async def docs_page(self) -> Response:
        """Open the API reference."""
        request = Request("GET", "/docs")
        return await self._fetch(request)

    async def openapi(self) -> Response:
        """Get the OpenAPI document."""
        request = Request("GET", "/openapi.json")
        return await self._fetch(request)

    async def list_nodes(self) -> Nodes:
        """List the servers that share the database.

        Only for the server's first customer and its super admin.
        """
        request = Request("GET", "/v1.0/nodes")
        return await self._get(request, Nodes)

    async def drain_node(self, id: UUID | str) -> Node:
        """Make a node give its rooms to others.

        It refuses new calls (503), is not ready, and answers OPTIONS by 503. Its rooms go to other nodes, each when it is
        empty; participants stay until they leave. For the server's first customer and its super admin.
        """
        request = Request("POST", f"/v1.0/nodes/{id}/drain", repeatable=True)
        return await self._get(request, Node)

    async def undrain_node(self, id: UUID | str) -> Node:
        """Make a node take new calls again.

        The rooms that it has given away stay where they are.
        """
        request = Request("POST", f"/v1.0/nodes/{id}/undrain", repeatable=True)
        return await self._get(request, Node)
