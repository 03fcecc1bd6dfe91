import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.amf import AmfError, Array, Value, decode, encode

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(values, max_size=4))
def test_values_survive_the_wire(said: list[Value]) -> None:
    assert decode(encode(*said)) == said


def test_a_command_reads_as_the_specification_has_it() -> None:
    wire = bytes.fromhex("020007636f6e6e656374003ff0000000000000030003617070020004" + b"live".hex() + "000009")
    assert decode(wire) == ["connect", 1.0, {"app": "live"}]
    assert encode("connect", 1, {"app": "live"}) == wire


def test_metadata_announces_how_many_members_it_has() -> None:
    assert encode(Array(width=640))[:5] == b"\x08\x00\x00\x00\x01"
    assert decode(encode(Array(width=640))) == [{"width": 640.0}]


def test_a_text_over_64_kilobytes_survives() -> None:
    assert decode(encode("a" * 70_000)) == ["a" * 70_000]


@given(st.binary(max_size=60))
def test_garbage_never_does_more_than_raise(data: bytes) -> None:
    try:
        decode(data)
    except AmfError:
        return


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(AmfError):
        decode(b"\x0a\x00\x00\x00\x01" * 200)
