"""The index of the recording, as a player and as YouTube want it."""

import json
import re
from datetime import timedelta

from orchestrator.documents.proceedings import proceedings
from orchestrator.documents.recording_index import (
    Mark,
    began_at,
    description_lines,
    index_json,
    recording_index,
    webvtt,
)
from orchestrator.documents.shelf import SHELF, Dossier
from tests.documents.evening import lines, long_evening
from tests.documents.sitting import dossier, sitting
from tests.scenarios.play import EIGHT, Play


def mark(start: float, end: float, title: str = "Punt") -> Mark:
    return Mark(kind="item", start=timedelta(seconds=start), end=timedelta(seconds=end), title=title, item=1)


def test_offsets_count_from_the_first_picture_as_the_record_has_it():
    play = sitting()
    records = lines(play.record)
    began = began_at(records)
    assert began == EIGHT + timedelta(seconds=60)
    first, speech, second = recording_index(play.session.convened, records, began, play.now, "ca")
    assert (first.title, first.start) == ("Punt 1: Acta anterior", timedelta(0))
    assert (speech.kind, speech.title, speech.end - speech.start) == ("speech", "Pau Ferrer", timedelta(seconds=60))
    assert (second.start, second.item) == (timedelta(seconds=600), 2)


def test_what_was_before_the_recording_is_left_out_or_cut():
    play = sitting()
    began = EIGHT + timedelta(minutes=5)
    marks = recording_index(play.session.convened, lines(play.record), began, play.now, "ca")
    assert all(m.start >= timedelta(0) for m in marks)
    assert [m.title for m in marks if m.kind == "speech"] == []


def test_chapters_are_well_formed_and_nest():
    session, records, at = long_evening()
    marks = recording_index(session.convened, records, began_at(records) or at, at, "ca")
    chapters = webvtt(marks)
    assert chapters.startswith("WEBVTT\n\n1\n00:00:00.000 --> ")
    assert len(re.findall(r"^\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}$", chapters, re.M)) == len(marks)
    items = [m for m in marks if m.kind == "item"]
    assert all(any(i.start <= m.start and m.end <= i.end for i in items) for m in marks if m.kind == "speech")


def test_a_title_cannot_break_the_chapters():
    chapters = webvtt([mark(0, 20, "A --> B\n\n<b>C</b> & D")])
    assert chapters.endswith("A --&gt; B &lt;b&gt;C&lt;/b&gt; &amp; D\n")


def test_the_description_begins_at_zero_and_ascends_by_ten_seconds_at_least():
    text = description_lines(
        [mark(4, 8), mark(8, 30, "A"), mark(30, 35, "B"), mark(35, 60, "C"), mark(90, 99, "D")], "Inici"
    )
    assert text == "00:00 Punt\n00:30 B\n01:30 D\n"


def test_the_opening_is_a_chapter_when_the_first_item_is_later():
    assert description_lines([mark(60, 90, "A"), mark(3700, 3800, "B")], "Inici") == (
        "0:00:00 Inici\n0:01:00 A\n1:01:40 B\n"
    )


def test_too_few_chapters_are_none():
    assert description_lines([mark(60, 90)], "Inici") == ""
    assert description_lines([], "Inici") == ""


def test_a_session_of_nobody_has_an_empty_index():
    document = dossier(Play())
    assert SHELF["index.vtt"].make(document) == b"WEBVTT\n"
    content = SHELF["index.json"].make(document)
    assert isinstance(content, bytes)
    assert json.loads(content)["marks"] == []


def test_the_start_may_be_said():
    play = sitting()
    said = Dossier(session=play.session, records=lines(play.record), at=play.now, language="ca", recorded_from=EIGHT)
    assert said.index[0].start == timedelta(seconds=60)
    assert index_json(play.session.convened, [], EIGHT, said.index).marks[0].start_s == 60


def test_what_lasts_at_the_end_is_closed_by_it():
    play = sitting()
    *_, last = proceedings(play.session.convened, lines(play.record))
    assert last.end == play.session.adjourned_at
