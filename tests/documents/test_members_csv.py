"""Lists of members as town halls send them, and every mistake told with its line, its column and its remedy."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.roster import Discord, discords
from orchestrator.documents.csv_lines import Fault, Unreadable
from orchestrator.documents.members_csv import Column, read_members, write_members
from orchestrator.wording import Language, word
from tests.scenarios.play import PLENARY

CATALAN = (
    "Identificador;Nom;Càrrec;Grup;Ordre de tinença d'alcaldia;Supleix el càrrec;Suplent de;Ordre de suplència;"
    "Mandat des de;Mandat fins a;Ordre d'edat;És regidor;Representat per\n"
    "mayor;Núria Puig i Solé;Alcaldessa;Endavant·la Vila;;;;;17/6/2023;;2;sí;\n"
    "pere;Pere Vila;Regidor;Endavant;1;;;;2023-06-17;2027-06-16;1;;\n"
    "anna;Anna Soler;;Endavant;;;pere;2;;;;no;\n"
    "rosa;Rosa Bosch;Secretària;;;;;;;;;;\n"
    "lluis;Lluís Serra;Interventor;;;secretaria;;;;;;;\n"
)
EXPECTED = (
    Member(
        id=MemberId("mayor"),
        name="Núria Puig i Solé",
        office=Office.PRESIDENT,
        group="Endavant·la Vila",
        mandate_from=date(2023, 6, 17),
        age_rank=2,
    ),
    Member(
        id=MemberId("pere"),
        name="Pere Vila",
        group="Endavant",
        deputises=1,
        mandate_from=date(2023, 6, 17),
        mandate_until=date(2027, 6, 16),
        age_rank=1,
    ),
    Member(
        id=MemberId("anna"),
        name="Anna Soler",
        group="Endavant",
        stands_for=MemberId("pere"),
        order=2,
        is_councillor=False,
    ),
    Member(id=MemberId("rosa"), name="Rosa Bosch", office=Office.SECRETARY),
    Member(id=MemberId("lluis"), name="Lluís Serra", office=Office.AUDITOR, substitutes=Office.SECRETARY),
)


def mistakes(text: str | bytes) -> list[tuple[int, str, str]]:
    """What is wrong with it: line, column, fault."""
    with pytest.raises(Unreadable) as unreadable:
        read_members(text if isinstance(text, bytes) else text.encode())
    for mistake in unreadable.value.mistakes:
        assert all(mistake.problem(language) and mistake.remedy(language) for language in Language)
    return [(m.line, m.column, m.fault.value) for m in unreadable.value.mistakes]


# --- What is read ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_columns_in_any_encoding_and_with_any_end_of_line(encoding: str, end: str) -> None:
    assert read_members(CATALAN.replace("\n", end).encode(encoding)) == EXPECTED


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_any_separator(separator: str) -> None:
    assert read_members(CATALAN.replace(";", separator).encode()) == EXPECTED


def test_the_separator_that_excel_names_itself() -> None:
    assert read_members(b"sep=,\r\nname,office\r\nA B,mayor\r\n")[0].office is Office.PRESIDENT
    assert mistakes("sep=,\nname,office\nA B,king\n") == [(3, "office", "not_an_office")]


@pytest.mark.parametrize("language", Language)
def test_headings_and_offices_of_every_language_with_or_without_accents_and_capitals(language: Language) -> None:
    written = write_members(EXPECTED, language)
    assert read_members(written) == EXPECTED
    assert read_members(written.decode("utf-8-sig").upper().replace("É", "E").encode())[0].office is Office.PRESIDENT


@pytest.mark.parametrize(
    "heading", ["Nom i cognoms;Càrrec;Grup municipal", "NOMBRE Y APELLIDOS;cargo;Grupo", "Name;office;GROUP"]
)
def test_the_headings_that_people_use(heading: str) -> None:
    (member,) = read_members(f"{heading}\nMarta Roca;alcaldesa;A\n".encode())
    assert member == Member(id=MemberId("marta-roca"), name="Marta Roca", office=Office.PRESIDENT, group="A")


def test_an_id_is_made_of_the_name_where_there_is_none() -> None:
    ids = [m.id for m in read_members("Nom\nNúria Puig i Solé\nÀngel Col·lell, fill\n".encode())]
    assert ids == ["nuria-puig-i-sole", "angel-collell-fill"]


def test_somebody_may_be_referred_to_by_name() -> None:
    _, substitute = read_members(b"name;stands for\nPere Vila;\nAnna Soler;pere vila\n")
    assert substitute.stands_for == "pere-vila"


def test_quotes_separators_in_them_blank_lines_and_short_lines_are_no_matter() -> None:
    text = '\n"Name";"Group";"Office"\n\n"Roca, Marta; ""la Roca""";"A\nB"\n;;;\n"Pau Mas"\n'
    assert [(m.name, m.group) for m in read_members(text.encode())] == [
        ('Roca, Marta; "la Roca"', "A B"),
        ("Pau Mas", ""),
    ]


@pytest.mark.parametrize("language", Language)
def test_the_template_of_an_empty_body_can_be_read_back(language: Language) -> None:
    template = write_members((), language)
    assert template.startswith(b"\xef\xbb\xbf")
    assert template.decode("utf-8-sig").splitlines()[0].count(";") == len(Column) - 1
    assert [m.office for m in read_members(template)] == [Office.PRESIDENT, Office.MEMBER, Office.SECRETARY]


def test_what_begins_like_a_formula_is_written_harmless_and_comes_back() -> None:
    odd = Member(id=MemberId("a"), name="=HYPERLINK(0)", group="@x")
    written = write_members((odd,), "en")
    assert b'"\'=HYPERLINK(0)"' in written
    assert read_members(written) == (odd,)


@given(
    names=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40), max_size=8
    )
)
def test_any_names_come_back_as_they_were(names: list[str]) -> None:
    members = tuple(Member(id=MemberId(f"m{n}"), name=name) for n, name in enumerate(names))
    if members:
        assert read_members(write_members(members, "ca")) == members


def test_the_plenary_of_the_tests_comes_back() -> None:
    members = tuple(m for m in PLENARY.members if "_" not in m.id)
    assert read_members(write_members(members, "es")) == members


# --- What is refused ---


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"\xef\xbb\xbf\r\n\r\n", Fault.EMPTY),
        ("Nom\nPere\n".encode("utf-16"), Fault.ENCODING),
        (b"Nom\nP\x81re\n", Fault.ENCODING),
    ],
)
def test_a_file_that_is_no_list(content: bytes, fault: Fault) -> None:
    assert mistakes(content) == [(1, "", fault.value)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Nom\nPere\n"Anna\n', [(3, "", "quotes")]),
        ('Nom\n"Pere" Vila\n', [(2, "", "quotes")]),
        ("Nom;Color;Sexe\nPere;;\n", [(1, "Color", "unknown_column"), (1, "Sexe", "unknown_column")]),
        ("Nom;nombre\nPere;Pedro\n", [(1, "nombre", "column_twice")]),
        ("\nGrup\nA\n", [(2, "", "no_name_column")]),
        ("Nom;Grup\nPere;A;B\n", [(2, "", "too_many_cells")]),
        ("Nom;Grup\nPere;A\n ;B\n", [(3, "Nom", "no_name")]),
        ("Nom;Grup\n=1+1;A\n", [(2, "Nom", "formula")]),
        ("Nom;Grup\nPere;#REF!\n", [(2, "Grup", "formula")]),
        (f"Nom\n{'x' * 201}\n", [(2, "Nom", "too_long")]),
        ("id;Nom\nNúria P;Núria\n", [(2, "id", "not_an_id")]),
        ("Nom\nΆννα\n", [(2, "", "not_an_id")]),
        ("Nom;càrrec\nPere;rei\n", [(2, "càrrec", "not_an_office")]),
        ("Nom;Ordre d'edat\nPere;primer\n", [(2, "Ordre d'edat", "not_a_number")]),
        ("Nom;Mandat des de\nPere;31/2/2026\n", [(2, "Mandat des de", "not_a_date")]),
        ("Nom;Mandat des de\nPere;6/17/23\n", [(2, "Mandat des de", "not_a_date")]),
        ("Nom;És regidor\nPere;potser\n", [(2, "És regidor", "not_yes_or_no")]),
        ("Nom;id\nPere;a\nAnna;a\n", [(3, "id", "id_twice")]),
        ("Nom\nPere Vila\nPERE VILA\n", [(3, "", "id_twice")]),
        ("Nom;Càrrec\nPere;alcalde\nAnna;presidenta\n", [(3, "Càrrec", "office_twice")]),
        ("Nom;Tinença\nPere;1\nAnna;1\n", [(3, "Tinença", "deputy_twice")]),
        ("Nom;Suplent de\nPere;\nAnna;Joan\n", [(3, "Suplent de", "nobody")]),
        ("Nom;Des de;Fins a\nPere;2026-03-02;2026-03-01\n", [(2, "Fins a", "ends_before")]),
        (
            "Nom;Càrrec;Tinença\nPere;rei;1\n;regidor;2\nAnna;regidora;x\n",
            [(2, "Càrrec", "not_an_office"), (3, "Nom", "no_name"), (4, "Tinença", "not_a_number")],
        ),
        ('Nom;Grup\n"Pere\nVila";A\nAnna;=B\n', [(4, "Grup", "formula")]),
    ],
)
def test_every_mistake_is_told_with_its_line_and_its_column(text: str, found: list[tuple[int, str, str]]) -> None:
    assert mistakes(text) == found


def test_too_many_lines_are_too_many() -> None:
    assert mistakes("Nom\n" + "".join(f"P{n}\n" for n in range(501))) == [(502, "", "too_many_lines")]
    assert len(read_members(("Nom\n" + "".join(f"P{n}\n" for n in range(500))).encode())) == 500


@given(st.binary(max_size=200))
def test_whatever_the_file_it_is_read_or_its_mistakes_are_told(content: bytes) -> None:
    lines = [0]
    try:
        members = read_members(b"Nom;Grup\n" + content)
    except Unreadable as unreadable:
        members, lines = (), [mistake.line for mistake in unreadable.mistakes]
    assert all(member.name and member.id for member in members)
    assert lines == sorted(lines) != []


def test_every_fault_is_worded_with_its_remedy() -> None:
    faults = [*Fault, *Discord]
    for language in Language:
        texts = [word(language, f"members_csv.fault.{fault}{part}") for fault in faults for part in ("", ".remedy")]
        assert len(set(texts)) == len(texts)


# --- Between members ---


def test_chairs_may_have_holders_one_after_the_other() -> None:
    before = Member(id=MemberId("a"), name="A", office=Office.PRESIDENT, mandate_until=date(2026, 3, 1))
    after = Member(id=MemberId("b"), name="B", office=Office.PRESIDENT, mandate_from=date(2026, 3, 2))
    assert list(discords((before, after))) == []
    overlapping = Member(id=MemberId("c"), name="C", office=Office.PRESIDENT, mandate_from=date(2026, 3, 1))
    assert list(discords((before, overlapping))) == [(1, "office", Discord.OFFICE_TWICE)]


def test_nobody_stands_for_themself_or_for_another_substitute() -> None:
    seat = Member(id=MemberId("a"), name="A", represented_by=MemberId("a"))
    substitute = Member(id=MemberId("b"), name="B", stands_for=MemberId("a"))
    third = Member(id=MemberId("c"), name="C", stands_for=MemberId("b"))
    assert list(discords((seat, substitute, third))) == [
        (0, "represented_by", Discord.NOBODY),
        (2, "stands_for", Discord.NOBODY),
    ]
