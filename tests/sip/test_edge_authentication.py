"""Authentication at the edge: nonces, login delays, cached accounts, digests."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.directory.realms import digest_of
from mixminus.sip.edge.accounts import Accounts, Busy, Login, Waiting
from mixminus.sip.edge.digest import LIFETIME_S, Credentials, Nonces, matches, read_credentials, response_to
from mixminus.sip.edge.limits import FREE_ATTEMPTS, Attempts
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.grammar import Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import AccountRequested, AnswerAccount

FLOW = Flow("UDP", "192.0.2.7", 5060)


def nonces(key: bytes = b"k") -> Nonces:
    numbers = itertools.count()
    return Nonces(key, lambda size: next(numbers).to_bytes(size, "big"))


def test_nonce_count_is_accepted_once_and_for_retransmissions() -> None:
    made = nonces()
    nonce = made.make(10.0)
    assert made.accepts(nonce, 1, "first", 10.0)
    assert made.accepts(nonce, 1, "first", 11.0)
    assert not made.accepts(nonce, 1, "another", 11.0)
    assert not made.accepts(nonce, 1, "first", 43.0)
    assert made.accepts(nonce, 2, "second", 43.0)
    assert not made.accepts(nonce, 1, "first", 43.0)
    assert made.accepts(nonce, 9, "others may be lost", 43.0)
    assert not made.accepts(nonce, 10, "too old", 10.1 + LIFETIME_S)


def test_foreign_nonce_is_rejected() -> None:
    made, nonce = nonces(), nonces(b"other").make(1.0)
    for strange in (nonce, "", "x", "ä", nonce[:-4], "AAAA" * 12):
        assert not made.accepts(strange, 1, "request", 1.0)
    assert not made.accepts(made.make(5.0), 1, "from tomorrow", 1.0)
    assert not made.accepts(made.make(5.0), 0, "counts begin with one", 5.0)


def test_dropped_nonce_cannot_be_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixminus.sip.edge.digest._MAX_USED", 2)
    made = nonces()
    first, unused = made.make(1.0), made.make(1.0)
    assert made.accepts(first, 1, "request", 1.0)
    for at_s in (2.0, 3.0):
        assert made.accepts(made.make(at_s), 1, "request", at_s)
    assert not made.accepts(first, 1, "another", 4.0)
    assert not made.accepts(first, 2, "request", 4.0)
    assert not made.accepts(unused, 1, "request", 4.0)
    assert made.accepts(made.make(4.0), 1, "request", 4.0)


def test_login_delays_double_up_to_a_limit() -> None:
    attempts, now_s, waits = Attempts(), 0.0, []
    for _ in range(20):
        attempts.failed("a", "guesser", now_s)
        waits.append(attempts.wait_s("a", "guesser", now_s))
        now_s += waits[-1]
    assert waits[:FREE_ATTEMPTS] == [0.0] * FREE_ATTEMPTS
    assert waits[FREE_ATTEMPTS : FREE_ATTEMPTS + 4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == 300.0


def test_guessing_hosts_do_not_lock_out_an_authenticated_host() -> None:
    attempts = Attempts()
    attempts.succeeded("a", "owner", 0.0)
    counts = [attempts.failed("a", f"guesser {number}", 1.0) for number in range(8)]
    assert counts == [0] * 5 + [6, 7, 8]
    assert attempts.wait_s("a", "guesser 99", 1.0) > 0
    assert attempts.wait_s("a", "owner", 1.0) == 0
    assert attempts.wait_s("b", "guesser 99", 1.0) == 0


def test_host_that_guesses_many_accounts_is_delayed() -> None:
    attempts = Attempts()
    for number in range(FREE_ATTEMPTS + 1):
        attempts.failed(f"account {number}", "guesser", 0.0)
    assert attempts.wait_s("another", "guesser", 0.0) == 1.0
    assert attempts.wait_s("another", "other", 0.0) == 0.0
    assert attempts.wait_s("another", "guesser", 1000.0) == 0.0
    attempts.failed("another", "guesser", 1000.0)
    assert attempts.wait_s("another", "guesser", 1000.0) == 0.0


def waiting(call_id: str) -> Waiting:
    return Waiting(Request("REGISTER", "sip:x", Headers([("call-id", call_id)])), FLOW, FLOW)


def answer_to(question: AccountRequested | None) -> AnswerAccount:
    assert question is not None
    return AnswerAccount(question.request_id, "realm", "id", "a", "b", trusted=False)


def test_account_is_looked_up_once_for_all_waiting_requests() -> None:
    accounts, login = Accounts(), Login("d", "u", "h")
    question = accounts.ask(login, waiting("1"), 0.0)
    assert accounts.ask(login, waiting("2"), 0.0) is None
    assert accounts.ask(login, waiting("2"), 0.5) is None
    released = accounts.on_answer(answer_to(question), 1.0)
    assert [each.request.headers.first("call-id") for each in released] == ["1", "2"]
    assert accounts.find(login, 2.0)
    assert accounts.find(Login("d", "u", "elsewhere"), 2.0) is None
    assert accounts.find(login, 60.0) is None
    assert accounts.on_answer(answer_to(question), 2.0) == []


def test_outdated_answer_is_not_cached() -> None:
    accounts, login = Accounts(), Login("d", "u", "h")
    question = accounts.ask(login, waiting("1"), 0.0)
    accounts.invalidate()
    assert len(accounts.on_answer(answer_to(question), 0.1)) == 1
    assert accounts.find(login, 0.1) is None
    accounts.on_answer(answer_to(accounts.ask(login, waiting("1"), 0.2)), 0.3)
    assert accounts.find(login, 0.3)


def test_look_ups_are_rate_limited_bounded_and_time_out() -> None:
    accounts = Accounts()
    with pytest.raises(Busy):
        for number in range(200):
            accounts.ask(Login("d", f"u{number}", "guesser"), waiting(str(number)), 0.0)
    assert len(accounts.expire(10.0)) == 100
    assert accounts.expire(20.0) == []
    with pytest.raises(Busy):
        for number in range(2000):
            accounts.ask(Login("d", "u", "h"), waiting(str(number)), 30.0)


def test_look_ups_of_verified_hosts_have_a_rate_of_their_own() -> None:
    accounts = Accounts()
    with pytest.raises(Busy):
        for number in range(2000):
            host = f"198.51.{number // 250}.{number % 250}"
            accounts.ask(Login("d", f"u{number}", host), waiting(str(number)), 0.0)
    asked = Login("d", "ada", "192.0.2.7")
    with pytest.raises(Busy):
        accounts.ask(asked, waiting("new"), 0.0)
    assert accounts.ask(asked, waiting("new"), 0.0, verified=True)


GOOD = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="sip:b@example.org", algorithm=MD5, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaw==", '
    'qop=auth, response="{}"'
)


def test_credentials_are_parsed_in_any_order_case_and_quoting() -> None:
    read = read_credentials(GOOD.format("AB").replace("qop=auth", 'QOP="auth"').replace("MD5", "md5"))
    assert read == Credentials(
        username="Mufasa",
        realm="http-auth@example.org",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        uri="sip:b@example.org",
        response="ab",
        algorithm="md5",
        nonce_count=1,
        client_nonce="f2/wE4q74E6zIJEtWaHKaw==",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("qop=auth, ", "", id="without protection against replays"),
        pytest.param("qop=auth", "qop=auth-int", id="what was not offered"),
        pytest.param("MD5", "SHA-512-256", id="another algorithm"),
        pytest.param("nc=00000001", "nc=1", id="a count that is none"),
        pytest.param("Mufasa", "Mufäsa", id="not ASCII"),
        pytest.param("algorithm=MD5", "algorithm=MD5, algorithm=MD5", id="twice"),
        pytest.param("Mufasa", "M" * 300, id="too long"),
    ],
)
def test_unsupported_credentials_are_refused(old: str, new: str) -> None:
    with pytest.raises(Unreadable):
        read_credentials(GOOD.format("ab").replace(old, new))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_malformed_credentials_are_refused(text: str) -> None:
    try:
        read_credentials(f"Digest {text}")
    except Unreadable:
        return


def test_empty_secret_matches_nothing() -> None:
    credentials = read_credentials(GOOD.format("0" * 32))
    assert not matches(credentials, "", "REGISTER", "sip:b@example.org")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_matches_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    # Section 3.9.1.
    credentials = read_credentials(
        'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
        f'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    secret = digest_of(credentials.algorithm, "Mufasa", credentials.realm, "Circle of Life")
    assert response_to(credentials, secret, "GET") == response
