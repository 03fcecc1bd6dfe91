"""The program, and the meeting it keeps the record of.

Follow a councillor's dropped line through the house, down only:

`bot/client.py` hears the stanza, `bot/room.py` says *OccupantLeft*, `orchestrator/chamber.py` says
*MemberDisconnected*, `conductor.py` takes it from its inbox, `council/decide.py` says *MemberDropped* (and, when the
grace is over, *MemberLeft* and *QuorumLost*), `store/ledger.py` writes it, `council/react.py` says *Announce*,
`chamber.py` words it, and the room reads "S'ha perdut el quòrum (4 de 5)".
"""
