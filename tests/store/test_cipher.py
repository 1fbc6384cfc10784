"""The cipher of stored secrets: what it writes can be read in one place, and by the right key alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.store.cipher import Cipher, DecryptionFailed, key_id, new_key

PLACE = "trunks.password:1"
OLD, NEW = b"o" * 32, b"n" * 32


@given(st.text(min_size=1))
def test_what_is_encrypted_can_be_decrypted(text: str) -> None:
    cipher = Cipher([NEW])
    stored = cipher.encrypt(text, PLACE)
    assert cipher.decrypt(stored, PLACE) == text
    assert stored.isascii()
    assert stored != cipher.encrypt(text, PLACE), "a nonce must not be used twice"


@given(st.binary())
def test_bytes_can_be_encrypted(content: bytes) -> None:
    cipher = Cipher([NEW])
    assert cipher.decrypt_bytes(cipher.encrypt_bytes(content, PLACE), PLACE) == content


def test_a_ciphertext_does_not_contain_the_text_or_the_key() -> None:
    stored = Cipher([NEW]).encrypt("correct horse battery staple", PLACE)
    assert "horse" not in stored
    assert "nnnn" not in stored


def test_a_ciphertext_is_refused_in_another_place() -> None:
    stored = Cipher([NEW]).encrypt("secret", PLACE)
    with pytest.raises(DecryptionFailed, match="was changed"):
        Cipher([NEW]).decrypt(stored, "trunks.password:2")


@pytest.mark.parametrize("position", [-1, -20, 25])
def test_a_changed_ciphertext_is_refused(position: int) -> None:
    stored = Cipher([NEW]).encrypt("secret", PLACE)
    other = "A" if stored[position] != "A" else "B"
    changed = stored[:position] + other + stored[position:][1:]
    with pytest.raises(DecryptionFailed):
        Cipher([NEW]).decrypt(changed, PLACE)


def test_a_ciphertext_of_another_key_is_refused() -> None:
    stored = Cipher([OLD]).encrypt("secret", PLACE)
    with pytest.raises(DecryptionFailed, match="key that is missing"):
        Cipher([NEW]).decrypt(stored, PLACE)


@pytest.mark.parametrize("stored", ["plain", "aes:", "aes:::", "aes:x:y", "é"])
def test_what_is_no_ciphertext_is_refused(stored: str) -> None:
    with pytest.raises(DecryptionFailed):
        Cipher([NEW]).decrypt(stored, PLACE)


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    both = Cipher([NEW, OLD])
    assert both.decrypt(Cipher([OLD]).encrypt("secret", PLACE), PLACE) == "secret"
    assert Cipher([NEW]).decrypt(both.encrypt("secret", PLACE), PLACE) == "secret"


def test_an_empty_text_remains_empty() -> None:
    assert Cipher([NEW]).encrypt("", PLACE) == ""
    assert Cipher([NEW]).decrypt("", PLACE) == ""


def test_keys_are_random_and_have_ids() -> None:
    keys = {new_key() for _ in range(10)}
    assert len({key_id(key) for key in keys}) == 10
    assert {len(key) for key in keys} == {32}
