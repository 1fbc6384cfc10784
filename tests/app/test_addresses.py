"""The addresses that are advertised, of each family."""

import pytest

from mixminus.app.addresses import advertised_hosts, url_host
from mixminus.app.settings import BadSettings, Settings, load

FOUR, SIX = "203.0.113.5", "2001:db8::5"


def settings(public_host: str) -> Settings:
    return load(public_host=public_host)


@pytest.mark.parametrize(
    ("public", "bound", "advertised"),
    [
        ("", ("192.0.2.1",), ("192.0.2.1",)),
        ("", ("192.0.2.1", "2001:db8::1"), ("192.0.2.1", "2001:db8::1")),
        (FOUR, ("0.0.0.0",), (FOUR,)),
        (FOUR, ("192.0.2.1", "2001:db8::1"), (FOUR, "2001:db8::1")),
        (SIX, ("192.0.2.1", "2001:db8::1"), ("192.0.2.1", SIX)),
        (f"{FOUR},{SIX}", ("0.0.0.0", "::"), (FOUR, SIX)),
        (f"{SIX}, {FOUR}", ("0.0.0.0", "::"), (FOUR, SIX)),
        (f"{FOUR},{SIX}", ("::1",), (SIX,)),
        (SIX, ("0.0.0.0",), (SIX,)),
    ],
)
def test_each_family_has_its_public_address_or_its_own(
    public: str, bound: tuple[str, ...], advertised: tuple[str, ...]
) -> None:
    assert advertised_hosts(settings(public), bound) == advertised


def test_all_addresses_are_advertised_as_those_that_lead_out() -> None:
    four, six = advertised_hosts(settings(""), ("0.0.0.0", "::"))
    assert (":" in four, ":" in six) == (False, True)
    assert "0.0.0.0" not in (four, six)


def test_a_name_without_address_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"MIXMINUS_PUBLIC_HOST: nothing\.invalid"):
        advertised_hosts(settings(f"{FOUR},nothing.invalid"), ("0.0.0.0",))


@pytest.mark.parametrize(("bound", "host"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")])
def test_urls_for_this_machine(bound: str, host: str) -> None:
    assert url_host(bound) == host
