"""Every event of the record can be told, in every language."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.council.events import DeviceGone, DeviceJoined, Event, SessionConvened, VoiceHeard
from orchestrator.facts import tell
from orchestrator.wording import Language
from tests.scenarios.play import convocation

SILENT = (DeviceJoined, DeviceGone, VoiceHeard)
"""They say nothing that the others do not, or would drown them."""


@pytest.mark.parametrize("kind", [k for k in get_args(Event) if k is not SessionConvened], ids=lambda k: k.__name__)
def test_every_event_is_told_in_every_language(kind: type[Event]) -> None:
    @settings(max_examples=25, deadline=None, database=None)
    @given(event=st.from_type(kind))
    def is_told(event: Event) -> None:
        fact = tell(event, convocation())
        assert (fact is None) == isinstance(event, SILENT)
        assert fact is None or all(fact.text(language).strip() for language in Language)

    is_told()
