"""What on a record is personal beyond the public office of the members, by why it is kept and for how long."""

from enum import StrEnum


class Personal(StrEnum):
    """Kinds of personal details; each can be pruned by itself.

    `device`: by which connection of theirs somebody was in the room. `remark`: what somebody wrote about a person, such
    as why a member is excused or an attendance corrected. `name`: how the members are called; their ids stay.
    """

    DEVICE = "device"
    REMARK = "remark"
    NAME = "name"
