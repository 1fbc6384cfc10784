"""7: two calls joined by conference_join hear each other and not themselves."""

from tests.e2e.hearing import assert_hears
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.site import Site
from tests.support.tone_phones import PITCHES_HZ, TonePhones
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import play_for

A_HZ, B_HZ = PITCHES_HZ[:2]


async def test_18_07_two_hear_each_other_and_not_themselves(site: Site) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    await tone_phones.gather(room["id"], 2)
    assert tone_phones.hear() == [{A_HZ: 0, B_HZ: 1}, {A_HZ: 1, B_HZ: 0}]


async def test_18_07_single_participant_hears_nothing(site: Site) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    await tone_phones.gather(room["id"], 1)
    assert tone_phones.hear() == [{A_HZ: 0}]


def test_18_07_two_phones_hear_each_other_and_not_themselves(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as first, RawPhone() as second:
        for phone, pitch_hz in ((first, TONES_HZ[0]), (second, TONES_HZ[1])):
            phone.dial((server.host, server.sip_port), room)
            phone.talk(tone(pitch_hz, 1.0, sample_rate_hz=8000))
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears((first.heard(last_s=2.5), 8000), (TONES_HZ[1],), TONES_HZ[0])
        assert_hears((second.heard(last_s=2.5), 8000), (TONES_HZ[0],), TONES_HZ[1])
