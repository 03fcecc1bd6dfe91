-- What a plain client connection cannot do in a Jitsi room, done for the bot. Each takes (room, element, from) and returns
-- nil when it is done, or an error type and condition.

local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";

local JITMEET = "http://jitsi.org/jitmeet";
local MUC_USER = "http://jabber.org/protocol/muc#user";
local MEDIA = { audio = true, video = true, desktop = true };

return function (module, hosts)
	local commands = {};

	local function occupant_named(room, element)
		return element.attr.nick and room:get_occupant_by_nick(room.jid .. "/" .. element.attr.nick);
	end

	-- Jitsi's component obeys a moderator whose session names the room in its address (a browser's websocket). The bot's
	-- has none, so it is lent one. mod_plenari_av_moderation obeys the same.
	local function moderate(room, attributes, from)
		local component = prosody.hosts[hosts.moderation];
		if not component or component.type ~= "component" then return "cancel", "feature-not-implemented"; end
		local seat = room:get_occupant_by_real_jid(from);
		if not seat or seat.role ~= "moderator" then return "auth", "not-allowed"; end
		local prefix, name = jid.node(room.jid):match("^%[([^%]]+)%](.+)$");
		local lent = { jitsi_web_query_room = name or jid.node(room.jid), jitsi_web_query_prefix = prefix };
		local session = setmetatable(lent, { __index = prosody.full_sessions[from] });
		local message = st.message({ from = from, to = hosts.moderation }):tag("av_moderation", attributes):up();
		component.events.fire_event("message/host", { origin = session, stanza = message });
		return nil;
	end

	local function with_media(change)
		return function (room, element, from)
			local media = element.attr.media or "audio";
			if not MEDIA[media] then return "modify", "bad-request"; end
			return change(room, element, from, media);
		end;
	end

	commands.moderation = with_media(function (room, element, from, media)
		return moderate(room, { enable = element.attr.on == "true" and "true" or "false", mediaType = media }, from);
	end);

	-- Where nothing is moderated an approval would only be a demand to unmute.
	local function is_moderated(room, media)
		local state = room.av_moderation or room.plenari_moderation;
		return state and state[media];
	end

	commands.approve = with_media(function (room, element, from, media)
		local occupant = occupant_named(room, element);
		if not occupant then return "cancel", "item-not-found"; end
		if not is_moderated(room, media) then return "cancel", "unexpected-request"; end
		return moderate(room, { jidToWhitelist = occupant.nick, mediaType = media }, from);
	end);

	commands.revoke = with_media(function (room, element, from, media)
		local occupant = occupant_named(room, element);
		if not occupant then return "cancel", "item-not-found"; end
		if not is_moderated(room, media) then return "cancel", "unexpected-request"; end
		return moderate(room, { jidToBlacklist = occupant.nick, mediaType = media }, from);
	end);

	-- Jitsi's lobby follows these events; where it is not loaded the room is simply for members only.
	function commands.lobby(room, element)
		local is_on = element.attr.on == "true";
		if is_on then
			-- Whoever is inside stays inside.
			for _, occupant in room:each_occupant() do
				local affiliation = room:get_affiliation(occupant.bare_jid);
				if not affiliation or affiliation == "none" then room:set_affiliation(true, occupant.bare_jid, "member"); end
			end
		end
		room:set_members_only(is_on);
		prosody.events.fire_event(is_on and "create-lobby-room" or "destroy-lobby-room", { room = room, newjid = room.jid });
		module:context(hosts.rooms):fire_event("muc-config-submitted", {
			room = room, actor = module.host, fields = { ["muc#roomconfig_membersonly"] = is_on }, status_codes = {},
		});
		return nil;
	end

	-- Lets somebody in who waits in the lobby.
	function commands.admit(room, element)
		local waiting = jid.prep(element.attr.jid or "");
		if not waiting or not jid.resource(waiting) then return "modify", "bad-request"; end
		room:set_affiliation(true, jid.bare(waiting), "member");
		room:route_stanza(st.message({ from = room.jid, to = waiting })
			:tag("x", { xmlns = MUC_USER }):tag("invite", { from = room.jid }):up():up());
		return nil;
	end

	-- A line that only one occupant sees, said by the room itself, which nobody else can.
	function commands.notice(room, element)
		local occupant = occupant_named(room, element);
		if not occupant then return "cancel", "item-not-found"; end
		local notice = { type = "system_chat_message", message = element:get_text(), displayName = element.attr.name };
		room:route_to_occupant(occupant, st.message({ from = room.jid })
			:tag("json-message", { xmlns = JITMEET }):text(json.encode(notice)):up());
		return nil;
	end

	return commands;
end;
