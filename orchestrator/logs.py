"""Logging: to a terminal for people, elsewhere one JSON object a line.

Event names are static snake_case; data are keys. Personal data are never in an event's name; tokens, passwords and
stream keys are never logged at all.
"""

import logging
import sys

import structlog


def configure(level: str = "info") -> None:
    """Set up structlog for the whole process; libraries' own loggers are let through from WARNING on."""
    is_terminal = sys.stderr.isatty()
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if not is_terminal else structlog.processors.StackInfoRenderer(),
            structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
