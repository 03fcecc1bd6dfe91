"""Schemathesis against the served application on a real Postgres: what the description promises is kept, for requests
that fit it and for such as do not. One seed, so that it is the same each time."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from requests import Request
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig as Config
from schemathesis.schemas import APIOperation

from orchestrator.council.commands import Role
from orchestrator.web.app import API
from tests.scenarios.play import MAYOR, PAU, QUORATE
from tests.stage import SESSION
from tests.web.town import HERE, Town, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EXAMPLES = 8
"""Requests to each operation, in each mode: some thousand in all."""

THERE = {"id": SESSION, "entity": HERE, "body": "ple", "member": PAU, "name": "index.txt"}
"""What there is, for the parameters of a path; anything else is tried as well."""

CONFIG = Config.from_dict(
    {
        "checks": {
            # What fits the schema may still make no sense: an hour that the clocks skip, a body with two presidents.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "404", "406", "409", "412", "413", "415", "422", "428"]
            },
        }
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the application is served, and a token for each role."""

    base: str
    tokens: dict[Role, str]


@pytest.fixture
def place(dsn: str) -> Iterator[Place]:
    """The town in a thread of its own: schemathesis waits for its answers."""
    found: list[Place | BaseException] = []
    is_ready = threading.Event()
    loop = asyncio.new_event_loop()
    is_over = asyncio.Event()

    async def serve() -> None:
        async with served(dsn) as town:
            await _furnish(town)
            tokens = {role: town.token(role, hours=24) for role in Role}
            found.append(Place(str(town.client.make_url("/")).rstrip("/"), tokens))
            is_ready.set()
            await is_over.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            found.append(error)
            is_ready.set()
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="town", daemon=True)
    thread.start()
    assert is_ready.wait(60)
    if isinstance(found[0], BaseException):
        raise found[0]
    yield found[0]
    loop.call_soon_threadsafe(is_over.set)
    thread.join(30)
    assert not thread.is_alive()


async def _furnish(town: Town) -> None:
    await town.gathered(*QUORATE)
    await town.client.post(
        f"/api/v1/sessions/{SESSION}/commands",
        json={"name": "request_floor", "member": MAYOR},
        headers=town.bearer(Role.PRESIDENT),
    )


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_description_is_true(place: Place, mode: GenerationMode) -> None:
    load_all_checks()
    schema = schemathesis.openapi.from_url(f"{place.base}/api/v1/openapi.json", config=CONFIG)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == len(API)
    done = {operation.label for operation in operations if _is_done_in_some_case(operation, place, mode)}
    # Were everything refused, nothing would have been tried.
    assert mode is GenerationMode.NEGATIVE or len(done) > len(operations) / 2


def _is_done_in_some_case(operation: APIOperation, place: Place, mode: GenerationMode) -> bool:
    """Try one operation. Fails with what was found, and how to ask it again."""
    statuses = set()
    headers = {"Authorization": f"Bearer {place.tokens[Role.ADMIN]}"}

    @seed(20261125)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    def keeps(case: schemathesis.Case, is_there: bool) -> None:
        if is_there:
            case.path_parameters = {name: THERE.get(name, said) for name, said in case.path_parameters.items()}
        assume(_says_all_on_the_wire(case, place))
        statuses.add(case.call_and_validate(base_url=place.base, headers=headers).status_code)

    try:
        keeps()
    except Unsatisfiable:
        # What takes nothing cannot be asked wrongly.
        assert mode is GenerationMode.NEGATIVE, operation.label
    return any(status < 300 for status in statuses)


def _says_all_on_the_wire(case: schemathesis.Case, place: Place) -> bool:
    """A parameter whose value is an empty list is meant to be wrong, and is not sent at all."""
    url = Request(**case.as_transport_kwargs(base_url=place.base)).prepare().url or ""
    return set(case.query or ()) <= {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
