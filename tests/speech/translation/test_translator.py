"""Translation of texts by Apertium."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.model.transcription import translation_in
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.speech.translation.pairs import Mode, installed_modes, mode_for, mode_of
from mixminus.speech.translation.translator import (
    DROPPED,
    FAILED,
    MOST_CHARACTERS,
    MOST_GIVEN,
    MOST_PAIRS,
    Translator,
)
from tests.support.waiting import until

PATIENT_S = 300.0
SENTENCE, TRANSLATED = "The meeting starts at three.", "Los inicios de reunión en tres."
HOSTILE = (
    "three\n$(touch x) `id` ^at$ [house] <b> \\ /f -u\0 \ud800",
    "[1>][2<]\0[2>] houses",
    "{}{{}} ^house<n>$ @a #b *c ~ \\ \\\\ \x01\x02\x7f \U0001f642",
    "^" * 100,
    "[[t:b:123]]house[[/]] [[/]] [] ] [",
    "x" * MOST_CHARACTERS,
    " ",
)


def modes(*names: str) -> tuple[Mode, ...]:
    return tuple(mode for name in names if (mode := mode_of(Path(f"{name}.mode"))))


@pytest.fixture
def spanish() -> Mode:
    return mode_for("en", "es", installed_modes())


@asynccontextmanager
async def opened(deadline_s: float = PATIENT_S) -> AsyncIterator[tuple[Translator, Counter[str]]]:
    counters = Counter[str]()
    translator = Translator(counters, deadline_s=deadline_s)
    try:
        yield translator, counters
    finally:
        await translator.close()
        assert translator.pids == []


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Mode]:
    """Return a function that makes a mode of a shell script."""

    def make(name: str, script: str) -> Mode:
        path = tmp_path / f"run-{name}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        (tmp_path / f"{name}.mode").write_text(f"{path}\n")
        mode = mode_of(tmp_path / f"{name}.mode")
        assert mode
        return mode

    return make


def test_tags_choose_the_mode_of_their_region_or_without_one() -> None:
    known = modes("eng-spa", "spa-eng", "spa-eng_US", "en-gl", "mkd-bul_x", "README", "eng-spa-debug")
    assert len(known) == 5
    chosen = {
        ("en-US", "es"): "eng-spa",
        ("EN", "es-MX"): "eng-spa",
        ("es", "en"): "spa-eng",
        ("es-ES", "en-us"): "spa-eng_US",
        ("es", "en-GB"): "spa-eng",
        ("eng", "gl"): "en-gl",
    }
    assert {tags: mode_for(*tags, known).name for tags in chosen} == chosen


@given(st.from_regex(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_any_other_tag_is_refused_and_the_installed_pairs_are_named(tag: str) -> None:
    if tag.partition("-")[0].lower() in ("es", "spa"):
        return
    with pytest.raises(TranslationNotSupported, match=r"installed: eng-spa\. .*apt install apertium "):
        mode_for("en", tag, modes("eng-spa"))


def test_refusal_names_the_packages() -> None:
    with pytest.raises(TranslationNotSupported, match="apt install apertium apertium-eng-spa`"):
        mode_for("es", "en", ())


def test_without_the_program_nothing_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed_modes() == ()


def test_translations_are_found_by_their_tag_or_its_language() -> None:
    known = {"es-MX": "a", "es": "b", "fr": "c"}
    assert [translation_in(known, tag) for tag in ("ES", "es-mx", "es-AR", "fr-FR", "de")] == list("baac") + [
        ""
    ]


async def test_texts_are_data_and_leave_nothing_behind(spanish: Mode) -> None:
    async with opened() as (translator, counters):
        assert await translator.translate(SENTENCE, spanish) == TRANSLATED
        (pid,) = translator.pids
        for text in HOSTILE:
            translated = await translator.translate(text, spanish)
            assert "\n" not in translated
            assert ("casa" in translated.lower()) == ("house" in text)
            assert await translator.translate(SENTENCE, spanish) == TRANSLATED
        assert await translator.translate("x" * (MOST_CHARACTERS + 1), spanish) == ""
        assert counters == {FAILED: 0, DROPPED: 1}
        assert translator.pids == [pid]


async def test_each_of_many_texts_gets_its_own_translation(spanish: Mode) -> None:
    async with opened() as (translator, counters):
        given_ = [f"{number} houses" for number in range(2, 2 + MOST_GIVEN)]
        found = await asyncio.gather(*(translator.translate(text, spanish) for text in given_))
        assert found == [text.replace("houses", "casas") for text in given_]
        assert counters == {FAILED: 0, DROPPED: 0}


async def test_what_is_too_much_is_left_out_and_counted(program: Callable[[str, str], Mode]) -> None:
    stuck = program("aaa-bbb", "sleep 1000")
    async with opened() as (translator, counters):
        given_ = [asyncio.ensure_future(translator.translate(SENTENCE, stuck)) for _ in range(MOST_GIVEN + 3)]
        await until(lambda: translator.pids, within_s=60)
        assert counters == {FAILED: 0, DROPPED: 3}
        await translator.close()
        assert set(await asyncio.gather(*given_)) == {""}
        assert counters == {FAILED: MOST_GIVEN, DROPPED: 3}
        assert await translator.translate(SENTENCE, stuck) == ""
        assert translator.pids == []


async def test_stuck_program_is_killed_with_all_its_processes(program: Callable[[str, str], Mode]) -> None:
    stuck = program("aaa-bbb", "sleep 1000 | sleep 1000")
    async with opened(deadline_s=0.5) as (translator, counters):
        translating = asyncio.ensure_future(translator.translate(SENTENCE, stuck))
        (group,) = await until(lambda: translator.pids, within_s=60)
        assert await translating == ""

        def gone() -> bool:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return True
            return False

        await until(gone, within_s=60)
        assert await translator.translate(SENTENCE, stuck) == ""  # for a while none is started
        assert counters == {FAILED: 1, DROPPED: 1}


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("exit 3", "ends at once"),
        ("printf 'words of another [1<]a[1>]\\0'; sleep 1000", "words before the frame"),
        ("printf '[1<]a[1>] and after\\0'; sleep 1000", "words after the frame"),
        ("printf '[2<]a[2>]\\0'; sleep 1000", "the frame of another text"),
        ("tr a-z A-Z </dev/zero", "an answer without end"),
    ],
)
async def test_answer_that_is_not_of_the_text_is_refused(
    script: str, what: str, program: Callable[[str, str], Mode]
) -> None:
    mode = program("aaa-bbb", script)
    async with opened() as (translator, counters):
        assert await translator.translate(SENTENCE, mode) == "", what
        assert translator.pids == []
        assert counters == {FAILED: 1, DROPPED: 0}


async def test_pair_that_was_not_used_for_longest_makes_room(program: Callable[[str, str], Mode]) -> None:
    echo = [program(f"aaa-bb{letter}", "exec cat") for letter in "abcdefg"[: MOST_PAIRS + 1]]
    async with opened() as (translator, counters):
        for mode in (*echo[:MOST_PAIRS], echo[0], echo[MOST_PAIRS]):
            assert await translator.translate(f"hello {mode.name}", mode) == f"hello {mode.name}"
            last = set(translator.pids)
        assert len(last) == MOST_PAIRS
        await translator.translate("again", echo[0])
        assert set(translator.pids) == last
        await translator.translate("again", echo[1])
        assert set(translator.pids) != last
        assert counters == {FAILED: 0, DROPPED: 0}


async def test_killed_pipeline_is_started_again(spanish: Mode) -> None:
    async with opened() as (translator, counters):
        assert await translator.translate(SENTENCE, spanish) == TRANSLATED
        (group,) = translator.pids
        os.killpg(group, signal.SIGKILL)
        await until(lambda: not translator.pids, within_s=60)
        assert await translator.translate(SENTENCE, spanish) == TRANSLATED
        assert counters == {FAILED: 0, DROPPED: 0}
