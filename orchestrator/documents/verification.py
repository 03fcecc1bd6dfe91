"""The code printed on a document by which anybody can ask whether it is ours: `ple-7k.184.5QFT-XN2A-…`.

It names the session, how many events of its record the document was made from, and the first 80 bits of the chain's
hash at that event: nobody can make one up, and a changed record no longer answers to the codes on its documents.
"""

import base64
import re
from dataclasses import dataclass

from orchestrator.council.members import SessionId

_BYTES = 10
_CODE = re.compile(r"(?P<session>[^.\s]{1,120})\.(?P<seq>[1-9][0-9]{0,8})\.(?P<check>[A-Z2-7]{4}(-[A-Z2-7]{4}){3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a code says: `check` must be what `check_of` makes of the hash of event `seq`."""

    session: SessionId
    seq: int
    check: str

    def __str__(self) -> str:
        return f"{self.session}.{self.seq}.{self.check}"


def code_of(session: SessionId, seq: int, chain_hash: bytes) -> Code:
    """The code of a document made from the first `seq` events, the last of which has that hash."""
    return Code(session=session, seq=seq, check=check_of(chain_hash))


def check_of(chain_hash: bytes) -> str:
    """The first 80 bits of a hash in base 32 (RFC 4648): no letter that is taken for a digit."""
    letters = base64.b32encode(chain_hash[:_BYTES]).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def parse_code(text: str) -> Code | None:
    """A code as somebody typed it; None for what is none."""
    session, _, rest = text.strip().partition(".")
    match = _CODE.fullmatch(f"{session}.{rest.upper()}")
    if match is None:
        return None
    return Code(session=SessionId(match["session"]), seq=int(match["seq"]), check=match["check"])
