"""Prompts: built-in announcements, and how a room can replace them. Pure.

A room's own wording comes first, then a file ``prompts/LANGUAGE/NAME.*`` in the folder of sounds,
then the texts below, in the requested language or in English.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["DEFAULT_LANGUAGE", "PROMPTS", "SOUND", "fill", "wording"]

DEFAULT_LANGUAGE: Final = "en-US"
SOUND: Final = "sound:"
"""Prefix of a wording that names a file in the folder of sounds."""

_ENGLISH: Final[Mapping[str, str]] = {
    "pin": "Please enter the conference PIN, then press the pound key.",
    "pin_wrong": "That PIN is not right. Please try again.",
    "alone": "You are the only one here.",
    "muted": "You are muted.",
    "unmuted": "You are no longer muted.",
    "locked": "The conference is locked.",
    "unlocked": "The conference is open again.",
    "hand_raised": "Your hand is raised.",
    "hand_lowered": "Your hand is lowered.",
    "refused": "The host has not admitted you.",
    "recording": "This conference is being recorded.",
    "goodbye": "The conference is over. Goodbye.",
    "joined": "{name} has joined.",
    "left": "{name} has left.",
    "count_one": "There is one participant.",
    "count": "There are {count} participants.",
}
_OTHERS: Final[Mapping[str, Mapping[str, str]]] = {
    "de": {
        "pin": "Bitte geben Sie die PIN der Konferenz ein, und drücken Sie dann die Rautetaste.",
        "pin_wrong": "Die PIN stimmt nicht. Bitte versuchen Sie es noch einmal.",
        "alone": "Sie sind allein hier.",
        "muted": "Sie sind stumm geschaltet.",
        "unmuted": "Sie sind nicht mehr stumm geschaltet.",
        "locked": "Die Konferenz ist geschlossen.",
        "unlocked": "Die Konferenz ist wieder offen.",
        "hand_raised": "Sie haben sich gemeldet.",
        "hand_lowered": "Sie haben Ihre Meldung zurückgezogen.",
        "refused": "Sie wurden nicht eingelassen.",
        "recording": "Diese Konferenz wird aufgezeichnet.",
        "goodbye": "Die Konferenz ist zu Ende. Auf Wiederhören.",
        "joined": "{name} ist da.",
        "left": "{name} ist gegangen.",
        "count_one": "Es ist ein Teilnehmer hier.",
        "count": "Es sind {count} Teilnehmer hier.",
    },
    "es": {
        "pin": "Por favor, introduzca el PIN de la conferencia y pulse almohadilla.",
        "pin_wrong": "El PIN no es correcto. Inténtelo de nuevo.",
        "alone": "Usted es la única persona aquí.",
        "muted": "Su micrófono está apagado.",
        "unmuted": "Su micrófono está encendido.",
        "locked": "La conferencia está cerrada.",
        "unlocked": "La conferencia está abierta de nuevo.",
        "hand_raised": "Ha levantado la mano.",
        "hand_lowered": "Ha bajado la mano.",
        "refused": "No ha sido admitido.",
        "recording": "Esta conferencia se está grabando.",
        "goodbye": "La conferencia ha terminado. Adiós.",
        "joined": "{name} ha entrado.",
        "left": "{name} ha salido.",
        "count_one": "Hay un participante.",
        "count": "Hay {count} participantes.",
    },
    "fr": {
        "pin": "Veuillez saisir le code de la conférence, puis appuyez sur dièse.",
        "pin_wrong": "Ce code n'est pas le bon. Veuillez réessayer.",
        "alone": "Vous êtes seul ici.",
        "muted": "Votre micro est coupé.",
        "unmuted": "Votre micro est ouvert.",
        "locked": "La conférence est verrouillée.",
        "unlocked": "La conférence est de nouveau ouverte.",
        "hand_raised": "Votre main est levée.",
        "hand_lowered": "Votre main est baissée.",
        "refused": "Vous n'avez pas été admis.",
        "recording": "Cette conférence est enregistrée.",
        "goodbye": "La conférence est terminée. Au revoir.",
        "joined": "{name} est arrivé.",
        "left": "{name} est parti.",
        "count_one": "Il y a un participant.",
        "count": "Il y a {count} participants.",
    },
}
PROMPTS: Final = frozenset(_ENGLISH)
"""The names of all prompts."""


def wording(name: str, language: str, own: Mapping[str, str]) -> tuple[str, str]:
    """Return the text of a prompt, and its language.

    >>> wording("alone", "en-GB", {})
    ('You are the only one here.', 'en-GB')
    """
    if text := own.get(name):
        return text, language
    texts = _OTHERS.get(language.partition("-")[0].lower())
    if texts:
        return texts[name], language
    english = language if language.lower().startswith("en") else DEFAULT_LANGUAGE
    return _ENGLISH[name], english


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Replace ``{key}`` placeholders with values."""
    for key, value in facts.items():
        text = text.replace("{" + key + "}", value)
    return text
