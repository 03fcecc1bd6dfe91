"""What Prosody sends a bot, as bytes: presences as browsers' clients write them, and the journal's entries."""

from bot.journal import Mark


def presence(room: str, seat: int, *, hand: int = 0) -> bytes:
    """Somebody is there; `hand` is when they raised it (milliseconds), 0 if they did not."""
    nick = f"{seat:08x}"
    return (
        f"<presence to='bot@hidden.meet.plenari/x' from='{room}/{nick}' xml:lang='en'><stats-id>Ana-x1y</stats-id>"
        "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://jitsi.org/jitsi-meet' ver='x1y2z3='/>"
        f'<SourceInfo>{{"{nick}-a0":{{"muted":true}},"{nick}-v0":{{"muted":true}}}}</SourceInfo>'
        f"<jitsi_participant_raisedHand>{hand}</jitsi_participant_raisedHand><jitsi_participant_region>eu"
        "</jitsi_participant_region><jitsi_participant_codecList>av1,vp9,vp8,h264</jitsi_participant_codecList>"
        f"<nick xmlns='http://jabber.org/protocol/nick'>Regidora {nick}</nick>"
        f"<identity><user><id>m-{nick}</id><name>Regidora {nick}</name><moderator>false</moderator></user>"
        "<group>A</group></identity><x xmlns='http://jabber.org/protocol/muc#user'>"
        f"<item affiliation='none' role='participant' jid='{nick}-1@meet.plenari/r'/></x></presence>"
    ).encode()


def entry(room: str, at: Mark, seat: int) -> bytes:
    """The journal tells that somebody came, at that place."""
    nick = f"{seat:08x}"
    return (
        "<message to='bot@hidden.meet.plenari/x' from='plenari.meet.plenari'>"
        f"<journal xmlns='urn:plenari:1' room='{room}' id='{at.journal}'><entry nick='{nick}' kind='joined' "
        f"seq='{at.seq}' at='1767225600123' jid='{nick}-1@meet.plenari/r' user='m-{nick}' role='participant' "
        "affiliation='none'/></journal></message>"
    ).encode()
