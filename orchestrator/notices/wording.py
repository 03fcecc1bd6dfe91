"""An alert as a message: to a telephone, a mailbox or a chat, in one language, with the way to its page."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from orchestrator.facts import alert_text
from orchestrator.store.deliveries import Claimed
from orchestrator.wording import Language, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A title that fits a telephone's lock screen, and the rest."""

    title: str
    body: str


def message(claimed: Claimed, *, language: Language, zone: ZoneInfo, public_url: str) -> Message:
    """What is told. No token is in it: who opens the page must be let in."""
    alert = claimed.alert
    what = alert_text(language, alert.link, alert.cause)
    where = claimed.entity_name or alert.entity or word(language, "wall.house")
    title = word(language, f"notice.{claimed.occasion}", where=where, what=what)
    lines = [f"{where} · {claimed.title}" if claimed.title else where, what]
    severity = word(language, f"severity.{alert.severity}")
    since = alert.raised_at.astimezone(zone)
    lines.append(word(language, "notice.since", time=f"{since:%d/%m/%Y %H:%M}", severity=severity))
    if public_url:
        lines.append(public_url.rstrip("/") + (f"/sessions/{alert.session}/timeline" if alert.session else "/alerts"))
    return Message(title=title, body="\n".join(lines))
