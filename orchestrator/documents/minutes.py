"""The draft of the minutes: what the law wants in them (ROF 109.1 a-j, TRLMRLC 110) as far as the record knows it.

What no event can fill (place, opinions, the operative text) stays a visible blank. A session that could not be held
gets the *diligència* of ROF 109.2 instead. Of a secret item there is nothing but that it was held, and of a secret or
ordinary ballot nothing but its counts (ROF 109.1.h wants names only of a vote by name).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestrator.council.floor import TurnKind
from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.voting import Choice, Method, Subject
from orchestrator.documents.attendance import AttendanceReport, Incident, Row
from orchestrator.documents.blocks import Blank, Block, Facts, Heading, Listing, Paragraph, Signatures
from orchestrator.documents.proceedings import Absence, Ballot, Speech, Stretch
from orchestrator.documents.typesetting import Sheet, clock, day, page
from orchestrator.documents.verification import code_of
from orchestrator.facts import name_of
from orchestrator.wording import word


def draft_minutes(report: AttendanceReport, course: Sequence[Stretch], language: str) -> tuple[Block, ...]:
    """The minutes of a session as its report and its proceedings have it."""
    return tuple(_Draft(report, language).blocks(course))


_LONG = 12
"""Lines from which on a list becomes running text."""


class _Draft:
    """Words the minutes of one session in one language."""

    def __init__(self, report: AttendanceReport, language: str) -> None:
        self._report = report
        self._call = report.convocation
        self._language = language
        self._zone = ZoneInfo(report.convocation.time_zone)

    def blocks(self, course: Sequence[Stretch]) -> Iterable[Block]:
        """All of it, in the order of ROF 109.1."""
        yield self._particulars()
        yield from self._people()
        yield Heading(text=self._w("minutes.agenda"))
        yield from self._agenda()
        yield Heading(text=self._w("minutes.development"))
        yield from self._constitution()
        for stretch in course:
            yield from self._stretch(stretch)
        yield from self._never_called(course)
        yield from self._closing()
        yield Signatures()

    # --- ROF 109.1 a, b, c, e, j ---

    def _particulars(self) -> Block:
        call, report = self._call, self._report
        return Facts(
            rows=(
                (self._w("minutes.place"), Blank(hint=self._w("minutes.place_blank"))),
                (self._w("minutes.date"), day(report.opened_at or call.starts_at, self._zone, self._language)),
                (self._w("certificate.scheduled"), self._at(call.starts_at)),
                (self._w("minutes.start"), self._at(report.opened_at)),
                (self._w("minutes.end"), self._at(report.adjourned_at)),
                (self._w("certificate.kind"), self._w(f"kind.{call.kind}")),
                (self._w("certificate.call"), self._w(f"call.{call.call}")),
                (self._w("certificate.ground"), self._w(f"ground.{call.ground}")),
            )
        )

    # --- ROF 109.1 d, f ---

    def _people(self) -> Iterable[Block]:
        yield Heading(text=self._w("minutes.attendance"))
        yield Facts(
            rows=(
                (self._w("minutes.presides"), self._holders(Office.PRESIDENT)),
                (self._w("minutes.secretary"), self._holders(Office.SECRETARY)),
                (self._w("minutes.auditor"), self._auditors()),
            )
        )
        seated = [row for row in self._report.rows if row.member.is_counted]
        came = [row for row in seated if row.intervals]
        excused = [row for row in seated if not row.intervals and row.excuse is not None]
        absent = [row for row in seated if not row.intervals and row.excuse is None]
        yield from self._names("minutes.attend", came)
        yield from self._names("minutes.excused", excused)
        yield from self._names("minutes.absent", absent)

    def _holders(self, office: Office) -> str | Blank:
        names = dict.fromkeys(self._name(chair.member) for chair in self._report.quorum.holders(office))
        return ", ".join(names) or Blank(hint=self._w("document.unknown"))

    def _auditors(self) -> str:
        rows = (row for row in self._report.rows if row.member.office is Office.AUDITOR and row.intervals)
        return ", ".join(row.member.name for row in rows) or self._w("minutes.nobody")

    def _names(self, heading: str, rows: Sequence[Row]) -> Iterable[Block]:
        yield Heading(text=self._w(heading, count=len(rows)), level=2)
        if rows:
            yield Listing(lines=tuple(_with_group(row.member) for row in rows), style="names")
        else:
            yield Paragraph(text=self._w("minutes.nobody"))

    # --- TRLMRLC 110 b ---

    def _agenda(self) -> Iterable[Block]:
        if self._call.agenda:
            yield Listing(lines=tuple(f"{item.number}. {item.title}" for item in self._call.agenda), style="plain")
        else:
            yield Paragraph(text=self._w("live.agenda_empty"))

    # --- ROF 109.1 c, g, h, i ---

    def _constitution(self) -> Iterable[Block]:
        verdict = self._report.quorum.constituted
        if verdict is None or self._report.opened_at is None:
            yield Paragraph(text=self._w("certificate.not_constituted"))
            return
        yield Paragraph(
            text=self._w(
                "minutes.constitution",
                present=verdict.present,
                base=verdict.base,
                needed=verdict.needed,
                article=verdict.article,
                time=self._at(self._report.opened_at),
            )
        )

    def _stretch(self, stretch: Stretch) -> Iterable[Block]:
        if stretch.item is not None:
            yield Heading(text=f"{stretch.item.number}. {stretch.item.title}", level=2)
            yield Paragraph(text=self._w("minutes.called", time=self._at(stretch.start)))
        if stretch.speeches:
            yield from self._told("minutes.speakers", tuple(self._speech(speech) for speech in stretch.speeches))
        if stretch.was_secret:
            yield Paragraph(text=self._w("minutes.secret"))
        if stretch.item is not None:
            yield Blank(hint=self._w("minutes.opinions_blank"))
        for ballot in stretch.ballots:
            yield from self._ballot(ballot)
        if stretch.item is not None:
            yield Blank(hint=self._w("minutes.agreement_blank"))
        if stretch.absences:
            yield from self._told("minutes.absences", tuple(self._absence(absence) for absence in stretch.absences))
        if stretch.incidents:
            yield from self._told("minutes.incidents", tuple(self._incident(i) for i in stretch.incidents))

    def _told(self, heading: str, lines: tuple[str, ...]) -> Iterable[Block]:
        """A list, or running text where a list would fill pages."""
        if len(lines) > _LONG:
            yield Paragraph(text=f"{self._w(heading)} {'; '.join(lines)}.")
            return
        yield Paragraph(text=self._w(heading))
        yield Listing(lines=lines)

    def _speech(self, speech: Speech) -> str:
        end = self._at(speech.end) if speech.end else self._w("document.still")
        kind = "" if speech.kind is TurnKind.FIRST else f" ({self._w(f'turn.{speech.kind}')})"
        return f"{self._name(speech.member)}{kind}, {self._at(speech.start)}–{end}"

    def _absence(self, absence: Absence) -> str:
        end = self._at(absence.end) if absence.end else ""
        return f"{self._name(absence.member)}, {self._at(absence.start)}–{end}"

    def _incident(self, incident: Incident) -> str:
        return f"{self._at(incident.at)} {incident.fact.text(self._language)}"

    def _ballot(self, ballot: Ballot) -> Iterable[Block]:
        if ballot.tally is None:
            yield Paragraph(text=self._w("minutes.annulled", time=self._at(ballot.at)))
            return
        tally = ballot.tally
        outcome = "live.carried" if ballot.is_carried else "minutes.tied" if ballot.is_tied else "live.rejected"
        if ballot.subject is Subject.URGENCY:
            yield Paragraph(text=self._w("minutes.urgency"))
        yield Paragraph(
            is_strong=True,
            text=self._w(
                "minutes.vote",
                method=self._w(f"method.{ballot.method}").capitalize(),
                majority=self._w(f"majority.{ballot.majority}"),
                yes=tally.yes,
                no=tally.no,
                abstain=tally.abstain,
                outcome=self._w(outcome),
            ),
        )
        if tally.yes_weight or tally.no_weight:
            yield Paragraph(text=self._w("minutes.weights", yes=tally.yes_weight, no=tally.no_weight))
        if ballot.method is Method.NAMED:
            yield Listing(lines=tuple(self._choices(ballot)))
        if tally.deemed:
            names = ", ".join(map(self._name, ballot.deemed))
            yield Paragraph(text=self._w("minutes.deemed", count=tally.deemed, names=names))

    def _choices(self, ballot: Ballot) -> Iterable[str]:
        for choice in Choice:
            if members := ballot.of(choice):
                yield self._w(f"minutes.voted_{choice}", names=", ".join(map(self._name, members)))

    def _never_called(self, course: Sequence[Stretch]) -> Iterable[Block]:
        called = {stretch.item.number for stretch in course if stretch.item}
        left = [item for item in self._call.agenda if item.number not in called]
        if course and left:
            yield Paragraph(text=self._w("minutes.not_called"))
            yield Listing(lines=tuple(f"{item.number}. {item.title}" for item in left), style="plain")

    # --- ROF 109.1 j ---

    def _closing(self) -> Iterable[Block]:
        if self._report.adjourned_at:
            yield Heading(text=self._w("minutes.closing_title"))
            yield Paragraph(text=self._w("minutes.closing", time=self._at(self._report.adjourned_at)))
        elif self._report.opened_at:
            yield Paragraph(text=self._w("document.running"), is_strong=True)

    def _w(self, message: str, **params: object) -> str:
        return word(self._language, message, **params)

    def _name(self, member: MemberId) -> str:
        return name_of(self._call, member)

    def _at(self, at: datetime | None) -> str:
        return clock(at, self._zone) if at else self._w("document.unknown")


def _with_group(member: Member) -> str:
    return f"{member.name} ({member.group})" if member.group else member.name


def minutes_sheet(report: AttendanceReport, blocks: Sequence[Block], language: str, verify_at: str = "") -> Sheet:
    """The same, ready to be typeset."""
    call = report.convocation
    html = page(
        "minutes.html",
        language,
        {
            "report": report,
            "call": call,
            "zone": ZoneInfo(call.time_zone),
            "blocks": tuple((type(block).__name__, block) for block in blocks),
            "code": str(code_of(call.session, report.seq, bytes.fromhex(report.chain_hash))),
            "verify_at": verify_at,
        },
    )
    return Sheet(html=html, made_at=report.at)
