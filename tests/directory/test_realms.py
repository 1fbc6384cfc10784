"""Realms are formatted and parsed."""

from uuid import UUID

import pytest

from mixminus.directory.realms import Realms

REALMS = Realms("mixminus.local")
CUSTOMER = UUID("5e4a0680-804e-11ec-8477-2fea5968d85b")


def test_a_customers_realm_is_read_back() -> None:
    realm = REALMS.of_customer(CUSTOMER)
    assert realm == f"{CUSTOMER}.registrar.mixminus.local"
    assert REALMS.customer_in(realm.upper()) == CUSTOMER
    assert REALMS.customer_in(str(CUSTOMER)) == CUSTOMER
    assert REALMS.trunk_in(realm) is None


def test_a_trunks_realm_is_read_back() -> None:
    assert REALMS.trunk_in(REALMS.of_trunk("pbx").upper()) == "pbx"
    assert REALMS.customer_in(REALMS.of_trunk("pbx")) is None


@pytest.mark.parametrize(
    "host",
    ["", "192.0.2.7", "mixminus.local", "x.registrar.mixminus.local", f"{CUSTOMER}.registrar.example.org"],
)
def test_other_hosts_are_no_realm(host: str) -> None:
    assert REALMS.customer_in(host) is None
    assert REALMS.trunk_in(host) is None


def test_trunks_have_one_label_below_our_own_domain() -> None:
    for host in ("a.b.trunk.mixminus.local", "pbx.trunk.example.org", ".trunk.mixminus.local"):
        assert REALMS.trunk_in(host) is None
