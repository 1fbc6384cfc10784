"""An exception for each reason of an error (api.md section 14.2).

Made by tools/generate_client.py; not edited by hand.
"""

from mixminus.client import errors

__all__ = [
    "AccesskeyNotFound",
    "AccountFrozen",
    "ActiveflowNotFound",
    "AgentAuthRequired",
    "AgentNotFound",
    "AlreadyExists",
    "AlreadyInConference",
    "AuthenticationRequired",
    "BroadcastAlreadyRuns",
    "BroadcastNotFound",
    "CallNotFound",
    "CallStateInvalid",
    "ChatMessageNotFound",
    "ConferenceFull",
    "ConferenceLocked",
    "ConferenceNotFound",
    "ConferencePinInvalid",
    "ConferencecallNotFound",
    "CreditIdReused",
    "CustomerNotFound",
    "Draining",
    "ExtensionNotFound",
    "FileNotFound",
    "FlowNotFound",
    "GroupcallNotFound",
    "GuestAuthRequired",
    "GuestLinkExpired",
    "GuestLinkNotFound",
    "GuestLinkRevoked",
    "HearsLimitReached",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "IdempotencyKeysExhausted",
    "IdempotencyOutcomeUnknown",
    "InsufficientBalance",
    "Internal",
    "InvalidActionType",
    "InvalidArgument",
    "InvalidCredentials",
    "InvalidId",
    "InvalidJsonBody",
    "InvalidRequestParameter",
    "LanguageNotSpoken",
    "LanguageNotSupported",
    "MediaStreamNotFound",
    "MissingRequestParameter",
    "MovePending",
    "NodeNotFound",
    "NumberNotFound",
    "Overloaded",
    "PermissionDenied",
    "PieceNotFound",
    "PlaybackNotFound",
    "PlaybackQueueFull",
    "PlaylistAhead",
    "PreconditionFailed",
    "PreconditionRequired",
    "RateLimitExceeded",
    "RecordingAlreadyActive",
    "RecordingNotActive",
    "RecordingNotFound",
    "ResourceExhausted",
    "ResourceNotFound",
    "RoomSeatsTaken",
    "RouteNotFound",
    "ServiceUnavailable",
    "SessionEnded",
    "SpeakingAlreadyActive",
    "SpeakingNotFound",
    "SpeakingQueueFull",
    "StateInvalid",
    "TextTooLong",
    "TooManyPlaybacks",
    "TooManySpeakings",
    "TooManyTraces",
    "TooManyViewers",
    "TraceNotFound",
    "TraceStateInvalid",
    "TranscribeAlreadyProgressing",
    "TranscribeNotFound",
    "TranslationNotSupported",
    "TrunkNotFound",
    "UnsupportedMediaType",
]


class AccesskeyNotFound(errors.NotFound, reason="ACCESSKEY_NOT_FOUND"):
    """ACCESSKEY_NOT_FOUND"""


class AccountFrozen(errors.PermissionDenied, reason="ACCOUNT_FROZEN"):
    """ACCOUNT_FROZEN"""


class ActiveflowNotFound(errors.NotFound, reason="ACTIVEFLOW_NOT_FOUND"):
    """ACTIVEFLOW_NOT_FOUND"""


class AgentAuthRequired(errors.PermissionDenied, reason="AGENT_AUTH_REQUIRED"):
    """AGENT_AUTH_REQUIRED"""


class AgentNotFound(errors.NotFound, reason="AGENT_NOT_FOUND"):
    """AGENT_NOT_FOUND"""


class AlreadyExists(errors.Conflict, reason="ALREADY_EXISTS"):
    """ALREADY_EXISTS"""


class AlreadyInConference(errors.Conflict, reason="ALREADY_IN_CONFERENCE"):
    """ALREADY_IN_CONFERENCE"""


class AuthenticationRequired(errors.Unauthenticated, reason="AUTHENTICATION_REQUIRED"):
    """AUTHENTICATION_REQUIRED"""


class BroadcastAlreadyRuns(errors.Conflict, reason="BROADCAST_ALREADY_RUNS"):
    """BROADCAST_ALREADY_RUNS"""


class BroadcastNotFound(errors.NotFound, reason="BROADCAST_NOT_FOUND"):
    """BROADCAST_NOT_FOUND"""


class CallNotFound(errors.NotFound, reason="CALL_NOT_FOUND"):
    """CALL_NOT_FOUND"""


class CallStateInvalid(errors.Conflict, reason="CALL_STATE_INVALID"):
    """CALL_STATE_INVALID"""


class ChatMessageNotFound(errors.NotFound, reason="CHAT_MESSAGE_NOT_FOUND"):
    """CHAT_MESSAGE_NOT_FOUND"""


class ConferencecallNotFound(errors.NotFound, reason="CONFERENCECALL_NOT_FOUND"):
    """CONFERENCECALL_NOT_FOUND"""


class ConferenceFull(errors.Conflict, reason="CONFERENCE_FULL"):
    """CONFERENCE_FULL"""


class ConferenceLocked(errors.Conflict, reason="CONFERENCE_LOCKED"):
    """CONFERENCE_LOCKED"""


class ConferenceNotFound(errors.NotFound, reason="CONFERENCE_NOT_FOUND"):
    """CONFERENCE_NOT_FOUND"""


class ConferencePinInvalid(errors.PermissionDenied, reason="CONFERENCE_PIN_INVALID"):
    """CONFERENCE_PIN_INVALID"""


class CreditIdReused(errors.Conflict, reason="CREDIT_ID_REUSED"):
    """CREDIT_ID_REUSED"""


class CustomerNotFound(errors.NotFound, reason="CUSTOMER_NOT_FOUND"):
    """CUSTOMER_NOT_FOUND"""


class Draining(errors.Unavailable, reason="DRAINING"):
    """DRAINING"""


class ExtensionNotFound(errors.NotFound, reason="EXTENSION_NOT_FOUND"):
    """EXTENSION_NOT_FOUND"""


class FileNotFound(errors.NotFound, reason="FILE_NOT_FOUND"):
    """FILE_NOT_FOUND"""


class FlowNotFound(errors.NotFound, reason="FLOW_NOT_FOUND"):
    """FLOW_NOT_FOUND"""


class GroupcallNotFound(errors.NotFound, reason="GROUPCALL_NOT_FOUND"):
    """GROUPCALL_NOT_FOUND"""


class GuestAuthRequired(errors.PermissionDenied, reason="GUEST_AUTH_REQUIRED"):
    """GUEST_AUTH_REQUIRED"""


class GuestLinkExpired(errors.Unauthenticated, reason="GUEST_LINK_EXPIRED"):
    """GUEST_LINK_EXPIRED"""


class GuestLinkNotFound(errors.NotFound, reason="GUEST_LINK_NOT_FOUND"):
    """GUEST_LINK_NOT_FOUND"""


class GuestLinkRevoked(errors.Unauthenticated, reason="GUEST_LINK_REVOKED"):
    """GUEST_LINK_REVOKED"""


class HearsLimitReached(errors.Conflict, reason="HEARS_LIMIT_REACHED"):
    """HEARS_LIMIT_REACHED"""


class IdempotencyKeysExhausted(errors.Exhausted, reason="IDEMPOTENCY_KEYS_EXHAUSTED"):
    """IDEMPOTENCY_KEYS_EXHAUSTED"""


class IdempotencyKeyInUse(errors.Conflict, reason="IDEMPOTENCY_KEY_IN_USE"):
    """IDEMPOTENCY_KEY_IN_USE"""


class IdempotencyKeyReused(errors.InvalidRequest, reason="IDEMPOTENCY_KEY_REUSED"):
    """IDEMPOTENCY_KEY_REUSED"""


class IdempotencyOutcomeUnknown(errors.Conflict, reason="IDEMPOTENCY_OUTCOME_UNKNOWN"):
    """IDEMPOTENCY_OUTCOME_UNKNOWN"""


class InsufficientBalance(errors.PaymentRequired, reason="INSUFFICIENT_BALANCE"):
    """INSUFFICIENT_BALANCE"""


class Internal(errors.ApiError, reason="INTERNAL"):
    """INTERNAL"""


class InvalidActionType(errors.InvalidRequest, reason="INVALID_ACTION_TYPE"):
    """INVALID_ACTION_TYPE"""


class InvalidArgument(errors.InvalidRequest, reason="INVALID_ARGUMENT"):
    """INVALID_ARGUMENT"""


class InvalidCredentials(errors.Unauthenticated, reason="INVALID_CREDENTIALS"):
    """INVALID_CREDENTIALS"""


class InvalidId(errors.InvalidRequest, reason="INVALID_ID"):
    """INVALID_ID"""


class InvalidJsonBody(errors.InvalidRequest, reason="INVALID_JSON_BODY"):
    """INVALID_JSON_BODY"""


class InvalidRequestParameter(errors.InvalidRequest, reason="INVALID_REQUEST_PARAMETER"):
    """INVALID_REQUEST_PARAMETER"""


class LanguageNotSpoken(errors.InvalidRequest, reason="LANGUAGE_NOT_SPOKEN"):
    """LANGUAGE_NOT_SPOKEN"""


class LanguageNotSupported(errors.InvalidRequest, reason="LANGUAGE_NOT_SUPPORTED"):
    """LANGUAGE_NOT_SUPPORTED"""


class MediaStreamNotFound(errors.NotFound, reason="MEDIA_STREAM_NOT_FOUND"):
    """MEDIA_STREAM_NOT_FOUND"""


class MissingRequestParameter(errors.InvalidRequest, reason="MISSING_REQUEST_PARAMETER"):
    """MISSING_REQUEST_PARAMETER"""


class MovePending(errors.Conflict, reason="MOVE_PENDING"):
    """MOVE_PENDING"""


class NodeNotFound(errors.NotFound, reason="NODE_NOT_FOUND"):
    """NODE_NOT_FOUND"""


class NumberNotFound(errors.NotFound, reason="NUMBER_NOT_FOUND"):
    """NUMBER_NOT_FOUND"""


class Overloaded(errors.Unavailable, reason="OVERLOADED"):
    """OVERLOADED"""


class PermissionDenied(errors.PermissionDenied, reason="PERMISSION_DENIED"):
    """PERMISSION_DENIED"""


class PieceNotFound(errors.NotFound, reason="PIECE_NOT_FOUND"):
    """PIECE_NOT_FOUND"""


class PlaybackNotFound(errors.NotFound, reason="PLAYBACK_NOT_FOUND"):
    """PLAYBACK_NOT_FOUND"""


class PlaybackQueueFull(errors.Conflict, reason="PLAYBACK_QUEUE_FULL"):
    """PLAYBACK_QUEUE_FULL"""


class PlaylistAhead(errors.InvalidRequest, reason="PLAYLIST_AHEAD"):
    """PLAYLIST_AHEAD"""


class PreconditionFailed(errors.Conflict, reason="PRECONDITION_FAILED"):
    """PRECONDITION_FAILED"""


class PreconditionRequired(errors.Conflict, reason="PRECONDITION_REQUIRED"):
    """PRECONDITION_REQUIRED"""


class RateLimitExceeded(errors.Exhausted, reason="RATE_LIMIT_EXCEEDED"):
    """RATE_LIMIT_EXCEEDED"""


class RecordingAlreadyActive(errors.Conflict, reason="RECORDING_ALREADY_ACTIVE"):
    """RECORDING_ALREADY_ACTIVE"""


class RecordingNotActive(errors.Conflict, reason="RECORDING_NOT_ACTIVE"):
    """RECORDING_NOT_ACTIVE"""


class RecordingNotFound(errors.NotFound, reason="RECORDING_NOT_FOUND"):
    """RECORDING_NOT_FOUND"""


class ResourceExhausted(errors.Exhausted, reason="RESOURCE_EXHAUSTED"):
    """RESOURCE_EXHAUSTED"""


class ResourceNotFound(errors.NotFound, reason="RESOURCE_NOT_FOUND"):
    """RESOURCE_NOT_FOUND"""


class RoomSeatsTaken(errors.Unavailable, reason="ROOM_SEATS_TAKEN"):
    """ROOM_SEATS_TAKEN"""


class RouteNotFound(errors.NotFound, reason="ROUTE_NOT_FOUND"):
    """ROUTE_NOT_FOUND"""


class ServiceUnavailable(errors.Unavailable, reason="SERVICE_UNAVAILABLE"):
    """SERVICE_UNAVAILABLE"""


class SessionEnded(errors.Conflict, reason="SESSION_ENDED"):
    """SESSION_ENDED"""


class SpeakingAlreadyActive(errors.Conflict, reason="SPEAKING_ALREADY_ACTIVE"):
    """SPEAKING_ALREADY_ACTIVE"""


class SpeakingNotFound(errors.NotFound, reason="SPEAKING_NOT_FOUND"):
    """SPEAKING_NOT_FOUND"""


class SpeakingQueueFull(errors.Conflict, reason="SPEAKING_QUEUE_FULL"):
    """SPEAKING_QUEUE_FULL"""


class StateInvalid(errors.Conflict, reason="STATE_INVALID"):
    """STATE_INVALID"""


class TextTooLong(errors.InvalidRequest, reason="TEXT_TOO_LONG"):
    """TEXT_TOO_LONG"""


class TooManyPlaybacks(errors.Exhausted, reason="TOO_MANY_PLAYBACKS"):
    """TOO_MANY_PLAYBACKS"""


class TooManySpeakings(errors.Exhausted, reason="TOO_MANY_SPEAKINGS"):
    """TOO_MANY_SPEAKINGS"""


class TooManyTraces(errors.Exhausted, reason="TOO_MANY_TRACES"):
    """TOO_MANY_TRACES"""


class TooManyViewers(errors.Exhausted, reason="TOO_MANY_VIEWERS"):
    """TOO_MANY_VIEWERS"""


class TraceNotFound(errors.NotFound, reason="TRACE_NOT_FOUND"):
    """TRACE_NOT_FOUND"""


class TraceStateInvalid(errors.Conflict, reason="TRACE_STATE_INVALID"):
    """TRACE_STATE_INVALID"""


class TranscribeAlreadyProgressing(errors.Conflict, reason="TRANSCRIBE_ALREADY_PROGRESSING"):
    """TRANSCRIBE_ALREADY_PROGRESSING"""


class TranscribeNotFound(errors.NotFound, reason="TRANSCRIBE_NOT_FOUND"):
    """TRANSCRIBE_NOT_FOUND"""


class TranslationNotSupported(errors.InvalidRequest, reason="TRANSLATION_NOT_SUPPORTED"):
    """TRANSLATION_NOT_SUPPORTED"""


class TrunkNotFound(errors.NotFound, reason="TRUNK_NOT_FOUND"):
    """TRUNK_NOT_FOUND"""


class UnsupportedMediaType(errors.InvalidRequest, reason="UNSUPPORTED_MEDIA_TYPE"):
    """UNSUPPORTED_MEDIA_TYPE"""
