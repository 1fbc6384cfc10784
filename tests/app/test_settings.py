from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mixminus.app.main import main
from mixminus.app.settings import BadSettings, Settings, load, setting_name

ROOM = UUID("11111111-2222-4333-8444-555555555555")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MIXMINUS_{name.upper()}", raising=False)
    monkeypatch.delenv("MIXMINUS_CONFIG", raising=False)
    yield tmp_path


def test_everything_has_a_default_and_nothing_listens_on_the_network() -> None:
    settings = load()
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert (settings.sip_host, settings.sip_port) == ("127.0.0.1", 5060)
    assert settings.database == f"sqlite+aiosqlite:///{Path.cwd() / 'data' / 'mixminus.db'}"


def test_a_silent_phone_has_a_minute_and_its_music_on_hold_is_not_heard_by_default() -> None:
    settings = load()
    assert settings.media_timeout_ms >= 60_000
    assert not settings.hold_music_heard


def test_environment_wins_over_dotenv_and_dotenv_over_the_file(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "mixminus.toml").write_text("http_port = 1\nsip_port = 1\nwebrtc_port = 1\n")
    (empty_folder / ".env").write_text("MIXMINUS_HTTP_PORT=2\nMIXMINUS_SIP_PORT=2\nUNRELATED=x\n")
    monkeypatch.setenv("MIXMINUS_HTTP_PORT", "3")
    settings = load()
    assert (settings.http_port, settings.sip_port, settings.webrtc_port) == (3, 2, 1)


def test_the_file_may_lie_elsewhere(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = empty_folder / "other.toml"
    elsewhere.write_text(f'recording_sample_rate_hz = 48000\n[dialin]\n1000 = "{ROOM}"\n')
    monkeypatch.setenv("MIXMINUS_CONFIG", str(elsewhere))
    settings = load()
    assert settings.recording_sample_rate_hz == 48000
    assert settings.dialin == {"1000": ROOM}


def test_the_environment_holds_the_dialin_table_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXMINUS_DIALIN", f'{{"demo": "{ROOM}"}}')
    assert load().dialin == {"demo": ROOM}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "abc"),
        ("HTTP_PORT", "65536"),
        ("SIP_HOST", "no-such-interface"),
        ("SHARDS", "-1"),
        ("RECORDING_SAMPLE_RATE_HZ", "44100"),
        ("TIMESTAMP_STYLE", "iso"),
        ("ACCESS_KEY", "two words"),
        ("DIALIN", "1000=room"),
        ("DIALIN", '{"1000": "room"}'),
        ("RTP_PORT_MIN", "20000"),
        ("RTP_PORT_MAX", "20000"),
        ("SIP_HOST", "192.0.2.1,192.0.2.2"),
        ("SIP_HOST", "::,0.0.0.0,::1"),
        ("HTTP_HOST", "localhost,::1"),
        ("CONFIG", "/nowhere/mixminus.toml"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MIXMINUS_{name}", value)
    with pytest.raises(BadSettings, match=f"MIXMINUS_{name}"):
        load()


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXMINUS_HTTP_PORT", "abc")
    monkeypatch.setenv("MIXMINUS_SIP_PORT", "-1")
    with pytest.raises(BadSettings, match=r"(?s)HTTP_PORT.*SIP_PORT"):
        load()


@pytest.mark.parametrize("text", ["http_prt = 1", "http_port ="])
def test_a_wrong_file_is_refused(text: str, empty_folder: Path) -> None:
    (empty_folder / "mixminus.toml").write_text(text)
    with pytest.raises(BadSettings, match=r"mixminus\.toml"):
        load()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXMINUS_ACCESS_KEY", "hunter2secret")
    monkeypatch.setenv("MIXMINUS_DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/x")
    assert "hunter2" not in repr(load())


def test_a_refused_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXMINUS_ACCESS_KEY", "hunter2 secret")
    with pytest.raises(BadSettings) as caught:
        load()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("http", "sip", "webrtc", "media"),
    [
        pytest.param("", "", "", "127.0.0.1", id="everything stays here"),
        pytest.param("", "0.0.0.0", "", "0.0.0.0", id="the API behind a proxy"),
        pytest.param("0.0.0.0", "", "", "0.0.0.0", id="only browsers come"),
        pytest.param("0.0.0.0", "0.0.0.0", "127.0.0.1", "127.0.0.1", id="as the operator says"),
        pytest.param("", "::", "", "0.0.0.0,::", id="both families"),
        pytest.param("", "127.0.0.1,::1", "", "127.0.0.1,::1", id="both families of loopback"),
        pytest.param("", "127.0.0.1,2001:db8::1", "", "127.0.0.1,2001:db8::1", id="one family from outside"),
    ],
)
def test_browsers_audio_goes_where_the_network_is(
    http: str, sip: str, webrtc: str, media: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HTTP", http), ("SIP", sip), ("WEBRTC", webrtc)):
        monkeypatch.setenv(f"MIXMINUS_{name}_HOST", value)
    assert load().media_hosts == tuple(media.split(","))


def test_help_lists_every_setting_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    printed = capsys.readouterr().out
    assert [name for name in map(setting_name, Settings.model_fields) if f"  {name} " not in printed] == []
    assert "[127.0.0.1]" in printed
    assert "[None]" not in printed


def test_timestamp_style_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().timestamp_style == "legacy"
    monkeypatch.setenv("MIXMINUS_TIMESTAMP_STYLE", "rfc3339")
    assert load().timestamp_style == "rfc3339"
