-- Lets nobody into a room for which the session's token is not good. Stands in for Jitsi's mod_token_verification.
--
-- Option: plenari_room_check_exempt, the hosts whose accounts need no token (the focus, the bot, Jibri). Everybody else
-- does, so a host that is forgotten here locks out rather than in.

local jid = require "util.jid";
local st = require "util.stanza";
local nodeprep = require "util.encodings".stringprep.nodeprep;

local exempt = module:get_option_set("plenari_room_check_exempt", {});

local function is_good_for(session, room_name)
	if exempt:contains(session.host) then return true; end
	local claimed = session.jitsi_meet_room;
	return claimed == "*" or (claimed ~= nil and nodeprep(claimed) == room_name);
end

local function check(event)
	local room_name = jid.node(event.room.jid);
	if is_good_for(event.origin, room_name) then return nil; end
	module:log("info", "a session of %s has no token for this room", event.origin.host);
	event.origin.send(st.error_reply(event.stanza, "cancel", "not-allowed", "Room and token mismatched"));
	return true;
end

-- Priority 99: before anything else looks at the newcomer, as in Jitsi.
module:hook("muc-room-pre-create", check, 99);
module:hook("muc-occupant-pre-join", check, 99);
