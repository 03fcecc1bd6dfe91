"""axe-core over a page: what of it keeps people with disabilities out (WCAG 2.1 A and AA).

Every page of the route table is looked at by `test_accessibility.py`, without being named here. What is to be seen of a
page as somebody else sees it, or in another state, is added to `ALSO`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from orchestrator.council.commands import Role
from tests.stage import SESSION

AXE: Final = Path(__file__).parents[1] / "e2e/node_modules/axe-core/axe.min.js"
_RUN: Final = """async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
  });
  return found.violations.map(({id, impact, help, nodes}) => ({
    id, impact, help, nodes: nodes.map(({target, failureSummary}) => `${target}: ${failureSummary}`),
  }));
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page as somebody sees it; None: somebody who has not said who they are."""

    path: str
    role: Role | None


ALSO: Final = (
    Visit(path=f"/sessions/{SESSION}", role=Role.PRESIDENT),
    Visit(path=f"/sessions/{SESSION}", role=Role.MEMBER),
    Visit(path="/", role=Role.OPERATOR),
    Visit(path="/there-is-nothing-here", role=Role.SECRETARY),
)


async def serious(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it is now, each with its place and why."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(_RUN)
    return [
        f"{one['id']} ({one['impact']}): {node}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
