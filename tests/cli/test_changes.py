"""Commands that change what there is: customers, numbers, extensions, trunks, and the rules of rooms."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from mixminus.client import Client
from tests.cli.conftest import Run
from tests.support.database import settings_for_a_server
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server

PASSWORD = "long-enough-4711"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = settings_for_a_server() | {"MIXMINUS_ADMIN_PASSWORD": PASSWORD}
    with Server(tmp_path_factory.mktemp("server"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def super_admin(server: Server) -> str:
    """The token of a session of the super admin."""
    with Client(server.url) as client:
        return client.log_in(username="admin", password=PASSWORD).token


def test_a_customer_is_created_changed_frozen_and_recovered(run: Run, super_admin: str) -> None:
    def command(*arguments: str) -> dict[str, object]:
        answer: dict[str, object] = run("customers", *arguments, "--key", super_admin, "--json").json
        return answer

    made = command(
        "create", "Acme", "--email", "ops@example.com", "--webhook-uri", "https://example.com/hook"
    )
    assert (made["name"], made["webhook_method"]) == ("Acme", "POST")
    id = str(made["id"])
    changed = command("edit", id, "--detail", "since 2026", "--srtp", "required")
    assert changed == {**made, "detail": "since 2026", "srtp": "required", "tm_update": changed["tm_update"]}
    assert command("edit", id, "--webhook-uri", "")["webhook_uri"] == ""
    assert command("show", id)["detail"] == "since 2026"
    assert id in run("customers", "list", "--key", super_admin).out
    assert command("freeze", id) == {"id": id, "status": "frozen"}
    assert command("recover", id) == {"id": id, "status": "active"}


def test_a_key_sees_its_own_customer_and_creates_none(run: Run) -> None:
    own = run("customers", "show", "--json").json
    assert [each["id"] for each in run("customers", "list", "--json").json] == [own["id"]]
    refused = run("customers", "create", "Acme")
    assert (refused.code, refused.out) == (1, "")


def test_an_edit_of_a_number_keeps_what_it_does_not_name(run: Run, server: Server) -> None:
    with Client(server.url, key=ACCESS_KEY) as client:
        flow = str(client.create_flow(name="menu", actions=[]).id)
    made = run("numbers", "create", "+15550142", "--flow", flow, "--name", "desk", "--json").json
    changed = run("numbers", "edit", made["id"], "--detail", "front", "--json").json
    assert (changed["call_flow_id"], changed["name"], changed["detail"]) == (flow, "desk", "front")
    assert run("numbers", "edit", made["id"], "--flow", str(UUID(int=0)), "--json").json[
        "call_flow_id"
    ] == str(UUID(int=0))
    assert "front" in run("numbers", "show", made["id"]).out


def test_an_edit_of_an_extension_keeps_its_password_unless_it_is_named(run: Run) -> None:
    made = run("extensions", "create", "241", "--password", "Secret-4711-x", "--json").json
    assert run("extensions", "edit", made["id"], "--name", "Ann", "--json").json["name"] == "Ann"
    shown = run("extensions", "show", made["id"], "--json").json
    assert (shown["name"], shown["password"]) == ("Ann", "Secret-4711-x")
    run("extensions", "edit", made["id"], "--password", "Other-4711-x")
    shown = run("extensions", "show", made["id"], "--json").json
    assert (shown["name"], shown["password"]) == ("Ann", "Other-4711-x")


def test_an_edit_of_a_trunk_keeps_what_it_does_not_name(run: Run) -> None:
    made = run(
        "trunks", "create", "carrier", "--host", "sip.example.com", "--username", "u", "--password", "Secret-4711-x", "--json"
    ).json  # fmt: skip
    changed = run("trunks", "edit", made["id"], "--transport", "tls", "--name", "Carrier", "--json").json
    unchanged = ("username", "password", "outbound_host", "auth_types", "first_response_s")
    assert [changed[name] for name in unchanged] == [made[name] for name in unchanged]
    assert (changed["outbound_transport"], changed["name"]) == ("tls", "Carrier")
    assert run("trunks", "show", made["id"], "--json").json["outbound_transport"] == "tls"
    refused = run("trunks", "edit", str(uuid4()), "--name", "none")
    assert refused.code == 1 and "trunk" in refused.err


def test_a_lock_keeps_the_settings_of_a_room(run: Run) -> None:
    made = run("rooms", "create", "vault", "--pin", "1234", "--seats", "7", "--json").json
    assert run("rooms", "lock", "vault").out == "vault is locked\n"
    locked = run("rooms", "show", "vault", "--json").json
    assert (locked["locked"], locked["pin"], locked["max_participants"]) == (True, "1234", 7)
    assert run("rooms", "unlock", made["id"], "--json").json == {"id": made["id"], "locked": False}


def test_who_hears_whom_is_set_shown_and_reset(run: Run, server: Server) -> None:
    room = server.new_room()
    with RawPhone() as first, RawPhone() as second:
        for phone in (first, second):
            phone.dial((ADDRESS, server.sip_port), room)
        one, two = server.wait_for_participants(room, 2)
        rules = run(
            "rooms", "set-hears", room, "--silence", f"{one}:{two}", "--gain", f"{two}:{one}=-6", "--json"
        ).json  # fmt: skip
        assert sorted(rules["exceptions"], key=lambda each: each["listener"] == two) == [
            {"listener": one, "speaker": two, "gain_db": None},
            {"listener": two, "speaker": one, "gain_db": -6.0},
        ]
        assert run("rooms", "hears", room, "--json").json == rules
        shown = run("rooms", "hears", room).out
        assert "nothing" in shown and "-6 dB" in shown
        whispering = run("rooms", "set-hears", room, "--whisper", f"{one}:{two}", "--json").json
        assert whispering["whisper"] == [{"speaker": one, "listeners": [two]}]
        cleared = run("rooms", "set-hears", room, "--json").json
        assert (cleared["exceptions"], cleared["whisper"]) == ([], [])


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--silence", "ann", "have a colon between them"),
        ("--silence", "ann:bob", "ann is no id of a participant"),
        ("--gain", f"{UUID(int=1)}:{UUID(int=2)}=loud", "a gain is LISTENER:SPEAKER=DB"),
    ],
)
def test_a_wrong_rule_says_what_is_expected(run: Run, option: str, text: str, said: str) -> None:
    outcome = run("rooms", "set-hears", "any", option, text)
    assert outcome.code == 1
    assert said in outcome.err
