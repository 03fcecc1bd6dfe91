"""The command line: `plenari …` (`./run plenari …`)."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from orchestrator import airdesk, credentials, desk, doctor, hypothesis, logs, vault
from orchestrator import app as program
from orchestrator.access import Access, mint
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, MemberId, SessionId
from orchestrator.council.privacy import Personal
from orchestrator.council.rules import QUORUM_RULES, NoSuchRule
from orchestrator.documents.shelf import SHELF
from orchestrator.duty import EVERYTHING, Duty
from orchestrator.evidence import pruning
from orchestrator.evidence.seals import NotSealed
from orchestrator.settings import Settings
from orchestrator.store.accounts import LoginTaken
from orchestrator.store.ledger import NoSuchSession
from orchestrator.verifier import __main__ as verifier
from orchestrator.version import VERSION
from orchestrator.wording import Language

cli = typer.Typer(
    name="plenari",
    help="Keeps the record of council meetings on Jitsi Meet, and their broadcast on the air.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
session_cli = typer.Typer(help="The sessions on the record.", no_args_is_help=True)
account_cli = typer.Typer(no_args_is_help=True, help="The people who may come in.")
cli.add_typer(session_cli, name="session")
cli.add_typer(airdesk.cli, name="broadcast")
cli.add_typer(account_cli, name="account")
console = Console()
errors = Console(stderr=True)

T = TypeVar("T")
SessionArgument = Annotated[str, typer.Argument(help="The session's id, as `plenari session list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for machines.")]


@cli.command()
def serve(
    only: Annotated[
        list[Duty] | None,
        typer.Option(
            help="What this machine does, where several share the work; may be repeated. Everything if not given."
        ),
    ] = None,
) -> None:
    """Run Plenari against the Jitsi of the settings, until Ctrl-C."""
    settings, duties = _settings(), frozenset(only or EVERYTHING)
    try:
        credentials.check(settings, duties)
    except ValueError as error:
        raise _Complaint(f"{error}. `plenari doctor` checks everything.") from None
    _run(program.serve(settings, duties))


@cli.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the files of the demo go.")] = Path("demo-output"),
    port: Annotated[int, typer.Option(help="The web server's port; 8080 or the next free one if not given.")] = 0,
    speed: Annotated[float, typer.Option(help="How much faster than life the play is.", min=0.1, max=5)] = 1.0,
    should_exit: Annotated[
        bool, typer.Option("--exit", help="End with the play; status 0 only if all that it expects was seen.")
    ] = False,
    serve_only: Annotated[bool, typer.Option("--serve-only", help="The world without the play.")] = False,
    script: Annotated[Path | None, typer.Option(help="Another play than the plenary that comes with it.")] = None,
) -> None:
    """Play a whole plenary on real servers on this machine, and show it."""
    from simulator import demo as stage
    from simulator import play

    try:
        chosen = play.load(script or play.PLAYS / "ple.yaml")
    except (OSError, ValueError) as error:
        raise _Complaint(f"The play cannot be used: {error}") from None
    running = stage.run(
        chosen,
        output,
        port=port,
        speed=speed,
        is_exiting=should_exit,
        is_only_serving=serve_only,
        console=console,
    )
    raise typer.Exit(_run(running))


@cli.command()
def migrate() -> None:
    """Bring the database to the present schema; safe to repeat."""
    _run(desk.migrate(_settings()))
    console.print("[green]✓[/] The database is up to date.")


@cli.command()
def replay(
    session: SessionArgument,
    rule: Annotated[str, typer.Option(help="What would have differed, had the rule been the one with this id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read a session's record from the first event to the last, check its chain, and say where it stands."""
    if rule:
        _suppose(SessionId(session), rule, as_json)
        return
    summary = _run(desk.replay(_settings(), SessionId(session)))
    _print(summary, as_json)


@cli.command()
def export(
    session: SessionArgument,
    form: Annotated[
        str,
        typer.Option("--format", help=f"{', '.join(desk.FORMS)}, or a document: {', '.join(SHELF)}."),
    ] = "csv",
    language: Annotated[str, typer.Option("--lang", help="ca, es or en; the session's own if not given.")] = "",
    output: Annotated[Path | None, typer.Option(help="A file; without it the export goes to the terminal.")] = None,
) -> None:
    """A document of a session (attendance, certificate, minutes, index), or its whole record with its chain (jsonl)."""
    name = desk.FORMS.get(form, form)
    if name not in (*SHELF, desk.RECORD):
        raise _Complaint(f"There is no document {form}. `plenari export --help` names them all.")
    if language not in ("", *Language):
        raise _Complaint(f"There are texts in {', '.join(Language)}, not in {language}.")
    if output is None and name.endswith((".pdf", ".docx", ".xlsx", ".ods")) and sys.stdout.isatty():
        raise _Complaint("Such a file is not for a terminal. Name a file with --output.")
    content = _run(desk.export(_settings(), SessionId(session), name, language))
    if output is None:
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    errors.print(f"[green]✓[/] {output}")


@cli.command("verify")
def verify_evidence(
    path: Annotated[Path, typer.Argument(help="A bundle (.zip), or a `record.jsonl`.")],
    key: Annotated[str, typer.Option(help="Fingerprint of the key that must have sealed it.")] = "",
    recording: Annotated[Path | None, typer.Option(help="The film, where it is not in the bundle.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a bundle or a record, without database or network; names the first bad file, line and check."""
    try:
        found = verifier.report(path, key, recording)
    except OSError as error:
        raise _Complaint(f"{error.filename} cannot be read: {error.strerror}") from None
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else verifier.in_words(found))
    raise typer.Exit(0 if found["is_whole"] else 1)


@cli.command()
def bundle(
    session: SessionArgument,
    output: Annotated[Path, typer.Option(help="The zip to write.")],
    with_recording: Annotated[bool, typer.Option("--recording/--no-recording", help="With the film in it.")] = True,
) -> None:
    """The sealed record of a session with its documents, as a file that anybody can verify."""
    try:
        size = _run(vault.bundle(_settings(), SessionId(session), output, with_recording=with_recording))
    except NotSealed:
        raise _Complaint(
            f"Session {session} is not sealed: that is done when it is over, while `plenari serve` runs."
        ) from None
    except OSError as error:
        raise _Complaint(f"{error.filename} cannot be written: {error.strerror}") from None
    console.print(f"[green]✓[/] {output} ({size} bytes)", highlight=False)


@cli.command()
def prune(
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Sessions that began before this day (UTC).")],
    is_rehearsed: Annotated[bool, typer.Option("--dry-run", help="Only say what would be pruned.")] = False,
    names: Annotated[bool, typer.Option("--names", help="The members' names as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take personal details off the records of sessions long over. Their chains and seals still verify."""
    kinds = pruning.BY_DEFAULT | ({Personal.NAME} if names else frozenset())
    found = _run(vault.prune(_settings(), before.replace(tzinfo=UTC), kinds, is_rehearsed=is_rehearsed))
    if as_json:
        sessions = [{**asdict(one), "starts_at": one.starts_at.isoformat()} for one in found]
        console.print_json(json.dumps({"is_rehearsed": is_rehearsed, "kinds": sorted(kinds), "sessions": sessions}))
        return
    for one in found:
        what = f"{one.details} personal details, {one.messages} messages"
        console.print(f"{one.starts_at:%Y-%m-%d}  {one.session}  {what}", highlight=False, soft_wrap=True)
    done = "would be pruned" if is_rehearsed else "pruned; they are sealed again while `plenari serve` runs"
    console.print(f"[green]✓[/] {len(found)} records {done}." if found else "Nothing is old enough.", highlight=False)


@cli.command("key")
def show_key() -> None:
    """The public key that seals records here, and its fingerprint: publish both."""
    try:
        fingerprint, pem = vault.public_key(_settings())
    except ValueError as error:
        raise _Complaint(str(error)) from None
    typer.echo(f"{fingerprint}\n{pem}", nl=False)


@session_cli.command("list")
def list_sessions(as_json: AsJson = False) -> None:
    """All sessions, earliest first."""
    rows = _run(desk.list_sessions(_settings()))
    if as_json:
        console.print_json(json.dumps(rows))
        return
    if not rows:
        console.print("No session has been convened yet. POST /api/v1/sessions convenes one.")
        return
    table = Table("id", "entity", "title", "starts at (UTC)", "phase", "events", box=None)
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("id", "entity", "title", "starts_at", "phase", "version")))
    console.print(table)


@session_cli.command("show")
def show_session(session: SessionArgument, as_json: AsJson = False) -> None:
    """A session as it stands now."""
    _print(_run(desk.show(_settings(), SessionId(session))), as_json)


@cli.command()
def token(
    role: Annotated[Role, typer.Argument(help="What its bearer is.")],
    entity: Annotated[str, typer.Option(help="The entity's id; needed for all but admin and operator.")] = "",
    member: Annotated[str, typer.Option(help="The member's id; needed for a member.")] = "",
    hours: Annotated[int, typer.Option(help="For how many hours it is good.", min=1, max=24 * 366)] = 12,
) -> None:
    """Mint an access token for the API and the pages. It is printed once: keep it safe."""
    settings = _settings()
    try:
        access = Access(
            role=role,
            expires=program.now() + timedelta(hours=hours),
            entity=EntityId(entity) if entity else None,
            member=MemberId(member) if member else None,
        )
        typer.echo(mint(access, secret=credentials.token_secret(settings), now=program.now()))
    except ValueError as error:
        raise _Complaint(f"{error}. See `plenari token --help`.") from None


@account_cli.command("add")
def add_account(
    login: Annotated[str, typer.Argument(help="What the person types, or the provider says of them.")],
    role: Annotated[Role, typer.Argument(help="What they are.")],
    name: Annotated[str, typer.Option(help="Their name.")],
    entity: Annotated[str, typer.Option(help="The entity's id; needed for all but admin and operator.")] = "",
    member: Annotated[str, typer.Option(help="The member's id; needed for a member.")] = "",
) -> None:
    """Let a person come in by a password, which is printed once: the first administrator, or without a provider."""
    try:
        access = Access(
            role=role,
            expires=program.now(),
            entity=EntityId(entity) if entity else None,
            member=MemberId(member) if member else None,
            name=name,
        )
        typer.echo(_run(desk.add_account(_settings(), login, access)))
    except (ValueError, LookupError, LoginTaken) as error:
        raise _Complaint(f"{error}. See `plenari account add --help`.") from None


@cli.command("doctor")
def examine(as_json: AsJson = False) -> None:
    """Check every part that Plenari needs, say what is wrong and how to mend it. Status 1 if anything is."""
    findings = _run(doctor.examine(_settings()))
    if as_json:
        console.print_json(json.dumps([finding.as_dict() for finding in findings]))
    else:
        for finding in findings:
            words = f"[green]✓[/] {finding.part}" if finding.is_well else f"[red]✗[/] {finding.part}: {finding.problem}"
            console.print(words, highlight=False, soft_wrap=True)
            if not finding.is_well:
                console.print(f"    → {finding.remedy}", style="yellow", highlight=False, soft_wrap=True)
    raise typer.Exit(0 if all(finding.is_well for finding in findings) else 1)


@cli.command()
def version() -> None:
    """Which version this is."""
    typer.echo(VERSION)


def _suppose(session: SessionId, rule: str, as_json: bool) -> None:
    try:
        held_under, answer = _run(hypothesis.ask(_settings(), session, rule))
    except NoSuchRule:
        known = ", ".join(law.id for law in QUORUM_RULES)
        raise _Complaint(f"There is no rule {rule}. The law's are {known}; an entity may have its own.") from None
    if as_json:
        console.print_json(json.dumps(hypothesis.as_dict(session, held_under, answer), ensure_ascii=False))
        return
    console.print("[yellow]Hypothetical:[/] nothing of this is on the record.")
    if answer.differences:
        console.print(hypothesis.as_table(held_under, answer))
    console.print(f"{answer.examined} verdicts examined, {len(answer.differences)} would have differed.")


class _Complaint(typer.Exit):
    """Something the person at the keyboard can mend; said in a line, without a traceback."""

    def __init__(self, words: str) -> None:
        errors.print(f"[red]✗[/] {words}", highlight=False, soft_wrap=True)
        super().__init__(2)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"PLENARI_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise _Complaint(f"The settings are wrong. {wrong}") from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except NoSuchSession as unknown:
        raise _Complaint(f"There is no session {unknown}. `plenari session list` shows them.") from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _print(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(facts, ensure_ascii=False))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(f"[dim]{name}[/]", str(value))
    console.print(table)


def main() -> None:
    """The entry point of `plenari`."""
    logs.configure()
    cli()


if __name__ == "__main__":
    main()
