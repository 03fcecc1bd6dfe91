-- Who may unmute: switches a room's audio, video or desktop to "only whom a moderator approves", and back.
--
-- Stands in for Jitsi's mod_av_moderation_component, which Debian does not package, with the same messages on the wire:
-- <av_moderation enable|jidToWhitelist|jidToBlacklist mediaType/> from a moderator whose session names the room, and
-- json-messages to the occupants. It enforces nothing by itself: Jicofo does, at the bridge, on hearing these messages.
--
-- Option: plenari_muc, the host of the rooms.

local array = require "util.array";
local jid = require "util.jid";
local json = require "util.json";
local st = require "util.stanza";

local rooms_host = assert(module:get_option_string("plenari_muc"), "plenari_muc is not set");

local function send(occupant, news)
	news.type = "av_moderation";
	module:send(st.message({ from = module.host, to = occupant.jid })
		:tag("json-message", { xmlns = "http://jitsi.org/jitmeet" }):text(json.encode(news)):up());
end

local function as_list(approved)
	local list = {};
	for nick in pairs(approved) do list[#list + 1] = nick; end
	table.sort(list);
	return array(list);
end

local function lists_of(room)
	local lists = {};
	for media, state in pairs(room.plenari_moderation) do lists[media] = as_list(state.approved); end
	return lists;
end

local function tell_toggle(occupant, room, media, is_on, actor)
	send(occupant, { room = room.jid, enabled = is_on, actor = actor, mediaType = media });
end

local function tell_lists(room, media, is_removed)
	for _, occupant in room:each_occupant() do
		if occupant.role == "moderator" then
			send(occupant, { room = room.jid, whitelists = lists_of(room), mediaType = media, removed = is_removed });
		end
	end
end

local function toggle(room, actor, media, is_on)
	local is_so = room.plenari_moderation[media] ~= nil;
	if is_on == is_so then return; end
	room.plenari_moderation[media] = is_on and { actor = actor.nick, approved = {} } or nil;
	for _, occupant in room:each_occupant() do tell_toggle(occupant, room, media, is_on, actor.nick); end
end

local function approve(room, actor, media, nick)
	local occupant, state = room:get_occupant_by_nick(nick), room.plenari_moderation[media];
	if not occupant then return; end
	if state then
		state.approved[nick] = true;
		tell_lists(room, media, nil);
	end
	send(occupant, { room = room.jid, approved = true, mediaType = media, from = not state and actor.nick or nil });
end

local function revoke(room, media, nick)
	local occupant, state = room:get_occupant_by_nick(nick), room.plenari_moderation[media];
	if not occupant or not state or not state.approved[nick] then return; end
	state.approved[nick] = nil;
	tell_lists(room, media, true);
	send(occupant, { room = room.jid, removed = true, mediaType = media });
end

local function room_of(session)
	local name = session.jitsi_web_query_room;
	local muc = prosody.hosts[rooms_host];
	return name and muc and muc.modules.muc.get_room_from_jid(jid.join(name, rooms_host));
end

module:hook("message/host", function (event)
	local asked = event.stanza:get_child("av_moderation");
	local room = asked and room_of(event.origin);
	local actor = room and room:get_occupant_by_real_jid(event.stanza.attr.from);
	local media = asked and asked.attr.mediaType;
	if not actor or actor.role ~= "moderator" or not (media == "audio" or media == "video" or media == "desktop") then
		return true;
	end
	room.plenari_moderation = room.plenari_moderation or {};
	if asked.attr.enable then
		toggle(room, actor, media, asked.attr.enable == "true");
	elseif asked.attr.jidToWhitelist then
		approve(room, actor, media, asked.attr.jidToWhitelist);
	elseif asked.attr.jidToBlacklist then
		revoke(room, media, asked.attr.jidToBlacklist);
	end
	return true;
end);

local function tell_newcomer(event)
	local room = event.room;
	for media, state in pairs(room.plenari_moderation or {}) do
		tell_toggle(event.occupant, room, media, true, state.actor);
	end
end

if prosody.hosts[rooms_host] then module:context(rooms_host):hook("muc-occupant-joined", tell_newcomer, -2); end
module:hook_global("host-activated", function (host)
	if host == rooms_host then module:context(host):hook("muc-occupant-joined", tell_newcomer, -2); end
end);
