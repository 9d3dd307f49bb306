"""Texts in any encoding."""

import pytest

from plurel_sql import bundled
from plurel_sql.errors import InputError
from plurel_sql.inputs import decode

TEXT = "CREATE TABLE prénom (id int); -- ½"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_encodings(encoding):
    data = TEXT.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert decode(data, "x") == TEXT


@pytest.mark.parametrize("data", [b"\x00\x01", b"PK\x03\x04" + bytes(range(1, 32)), b"\xff\xfe\x00"])
def test_binary(data):
    with pytest.raises(InputError, match="not a text file"):
        decode(data, "x")


def test_bundled_schemas_begin_with_their_name():
    assert list(bundled.names()) == ["clinic", "retail", "tracker"]
    for name in bundled.names():
        assert bundled.text(name).startswith(f"-- {name}: ")
    with pytest.raises(KeyError):
        bundled.text("nothing")
