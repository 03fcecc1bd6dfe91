"""What a machine does of all that Plenari does. One machine may do everything; several share it over one Postgres."""

from enum import StrEnum


class Duty(StrEnum):
    """`plenari serve --only DUTY` takes one of them; without it a machine has them all.

    A session's conductor and its broadcast may be on two machines: all they share is the ledger.
    """

    WEB = "web"
    """Pages and API for people and programs."""
    CONDUCTOR = "conductor"
    """Conducts sessions, with the bot that sits in their rooms."""
    RECORDER = "recorder"
    """Carries broadcasts, keeps their recordings, and seals what is over."""


EVERYTHING = frozenset(Duty)
