"""Why a command was not carried out."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable codes; the wording in each language is in the catalogues under `refused.<code>`."""

    NOT_CONVENED = "not_convened"
    ALREADY_CONVENED = "already_convened"
    NO_SUCH_RULE = "no_such_rule"
    NEEDS_OWN_RULE = "needs_own_rule"
    NOT_ALLOWED = "not_allowed"
    NO_QUORUM = "no_quorum"
    QUORUM_IS_MET = "quorum_is_met"
    STILL_WAITING = "still_waiting"
    NO_SECOND_CALL = "no_second_call"
    ALREADY_OPEN = "already_open"
    NOT_OPEN = "not_open"
    NOT_SUSPENDED = "not_suspended"
    ADJOURNED = "adjourned"
    NO_SUCH_ITEM = "no_such_item"
    NO_ITEM_CALLED = "no_item_called"
    NO_SUCH_MEMBER = "no_such_member"
    MEMBER_ABSENT = "member_absent"
    FLOOR_IS_FREE = "floor_is_free"
    NOT_REQUESTED = "not_requested"
    ALREADY_REQUESTED = "already_requested"
    VOTE_IS_OPEN = "vote_is_open"
    NO_VOTE_OPEN = "no_vote_open"
    NOT_ENTITLED = "not_entitled"
    ITEM_IS_OFF = "item_is_off"
    NOT_ORDINARY = "not_ordinary"
    URGENCY_FIRST = "urgency_first"
    ALREADY_IN_CONFLICT = "already_in_conflict"
    NOT_IN_CONFLICT = "not_in_conflict"
    ALREADY_SECRET = "already_secret"  # noqa: S105 - a code
    NOT_SECRET = "not_secret"  # noqa: S105 - a code
    NO_MAJORITY = "no_majority"
    ONLY_BY_NAME = "only_by_name"
    NOT_BY_NAME = "not_by_name"
    COUNT_NEEDED = "count_needed"
    COUNT_DOES_NOT_FIT = "count_does_not_fit"
    NO_TIE = "no_tie"
    BALLOT_IS_SECRET = "ballot_is_secret"  # noqa: S105 - a code
    TIME_USED_UP = "time_used_up"
    REASON_NEEDED = "reason_needed"
    BAD_INTERVAL = "bad_interval"
    NO_BROADCAST = "no_broadcast"
    NO_SUCH_CHANNEL = "no_such_channel"
    NOT_A_CARD = "not_a_card"
    CARD_IS_SHOWN = "card_is_shown"
    NO_CARD_SHOWN = "no_card_shown"
    NO_ENCODER = "no_encoder"


class Refused(Exception):
    """The rules do not allow this now. `reason` is the stable code, `detail` what it is about."""

    def __init__(self, reason: Reason, **detail: object) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
