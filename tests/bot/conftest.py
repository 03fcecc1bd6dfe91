"""Raw stanzas as Prosody sends them, in the words of a test."""

from collections.abc import Callable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest


def _parse(xml: str) -> Element:
    return ElementTree.fromstring(f'<stream xmlns="jabber:client">{xml}</stream>')[0]  # noqa: S314 (our own text)


@pytest.fixture
def stanza() -> Callable[[str], Element]:
    """The element that the stream gives for this text."""
    return _parse
