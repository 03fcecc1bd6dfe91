-- Plenari's own eyes and hands in a Jitsi: a journal of every room that survives everything, and commands for the bot.
--
--     Component "plenari.meet.example" "plenari"
--         plenari_accounts = { "plenari@hidden.meet.example" }
--
-- Nothing of Jitsi's is touched. Only these accounts, logged in on this server, may ask for anything (`urn:plenari:1`):
--
--   <subscribe room='R' journal='ID' since='N'/>   answer <journal room id last complete till><occupant …/>…</journal>,
--       then messages <journal room id><entry seq at kind …/>…</journal>: every entry after N, in order, once (`till` is
--       the last of these, if there are any), and every new one. When what followed N is no longer here
--       (complete='false'), or without N, only new ones.
--   <unsubscribe room='R'/>
--   <ack room='R' journal='ID' seq='N'/>           in a message, unanswered: up to N nothing need be kept
--   <moderation|approve|revoke|lobby|admit|notice room='R' …/>   see plenari_commands.lib.lua
--
-- Options, with the names that a docker-jitsi-meet gives its domains as defaults (BASE is this host without its first
-- label): plenari_accounts (plenari@hidden.BASE), plenari_muc (muc.BASE), plenari_lobby (lobby.BASE), plenari_speakers
-- (speakerstats.BASE), plenari_moderation (avmoderation.BASE), plenari_people (BASE, guest.BASE),
-- plenari_journal_size (5000 entries a room; for more raise storage_archive_item_limit to twice as many),
-- plenari_journal_age (seconds, three days).
--
-- The bot's account is let in everywhere: as a moderator of every room (affiliation admin), past lobby, password, limit
-- of occupants, token check, and the limit of bytes a second.

local jid = require "util.jid";
local now = require "util.time".now;
local st = require "util.stanza";

local library = module:require "plenari_journal";
local NS = library.NS;
local MUC = "http://jabber.org/protocol/muc";
local BATCH = 50;
-- How exact the end of an attendance is when the server was killed.
local HEARTBEAT = 0.5;

local base = module.host:gsub("^[^.]+%.", "");
local accounts = module:get_option_set("plenari_accounts", { "plenari@hidden." .. base });
local people = module:get_option_array("plenari_people", { base, "guest." .. base });
local hosts = {
	rooms = module:get_option_string("plenari_muc", "muc." .. base);
	lobby = module:get_option_string("plenari_lobby", "lobby." .. base);
	speakers = module:get_option_string("plenari_speakers", "speakerstats." .. base);
	moderation = module:get_option_string("plenari_moderation", "avmoderation." .. base);
	people = people;
};
-- Up to twice as many lie in storage, which has a bound of its own (mod_storage_internal).
local storable = math.floor(module:get_option_number("storage_archive_item_limit", 10000) / 2);
local bounds = {
	size = math.min(module:get_option_number("plenari_journal_size", 5000), storable);
	age = module:get_option_number("plenari_journal_age", 3 * 24 * 3600);
};

module:depends("disco");
module:add_identity("component", "plenari", "Plenari");
module:add_feature(NS);

-- Who listens: full JID, and in it the JIDs of rooms.
local subscriptions = {};

local function is_bot(bare)
	return accounts:contains(bare);
end

local function send(to, room, entries, from, till)
	local message = st.message({ from = module.host, to = to }):tag("journal", { xmlns = NS, room = room.jid, id = room.id });
	for index = from, till do message:tag("entry", entries[index]):up(); end
	module:send(message:up());
end

local function tell(room, entry)
	for full_jid, rooms in pairs(subscriptions) do
		if not prosody.full_sessions[full_jid] then
			subscriptions[full_jid] = nil;
		elseif rooms[room.jid] then
			send(full_jid, room, { entry }, 1, 1);
		end
	end
end

local journal = library.new(module, bounds, tell);
journal:load();
local reconcile = module:require "plenari_rooms"(module, journal, hosts, is_bot);
local commands = module:require "plenari_commands"(module, hosts);

-- The last sign of life: what a kill -9 leaves behind says no more than until when everything was as written.
local lives = module:open_store("plenari_life", "keyval");
local last = lives:get("server");
reconcile(last and last.at or nil);
module:add_timer(HEARTBEAT, function ()
	lives:set("server", { at = now() });
	return HEARTBEAT;
end);
module:add_timer(3600, function ()
	journal:expire();
	return 3600;
end);

-- Asking -------------------------------------------------------------------------------------------------------------

local function may_ask(event)
	return event.origin.type == "c2s" and is_bot(jid.bare(event.stanza.attr.from));
end

local function for_the_bot(answer)
	return function (event)
		local stanza = event.stanza;
		if not may_ask(event) then
			event.origin.send(st.error_reply(stanza, "auth", "forbidden"));
		elseif not stanza.tags[1].attr.room then
			event.origin.send(st.error_reply(stanza, "modify", "bad-request"));
		else
			answer(event, stanza.tags[1], stanza.tags[1].attr.room);
		end
		return true;
	end;
end

local function snapshot(reply, room)
	for nick, occupant in pairs(room.occupants) do
		reply:tag("occupant", {
			nick = nick, jid = occupant.jid, user = occupant.user, moderator = occupant.moderator, at = occupant.at,
			role = occupant.role, affiliation = occupant.affiliation, raised = occupant.hand and "true" or nil,
		}):up();
	end
end

module:hook("iq-set/host/" .. NS .. ":subscribe", for_the_bot(function (event, asked, room_jid)
	local from = event.stanza.attr.from;
	local room = journal:open(room_jid);
	local since = tonumber(asked.attr.since);
	local is_complete = library.is_complete(room, asked.attr.journal, since);
	local first = is_complete and 1 or #room.entries + 1;
	while room.entries[first] and tonumber(room.entries[first].seq) <= since do first = first + 1; end
	local reply = st.reply(event.stanza):tag("journal", {
		xmlns = NS, room = room.jid, id = room.id, last = ("%d"):format(room.seq), complete = tostring(is_complete),
		till = room.entries[first] and room.entries[#room.entries].seq or nil,
	});
	snapshot(reply, room);
	event.origin.send(reply);
	subscriptions[from] = subscriptions[from] or {};
	subscriptions[from][room.jid] = true;
	for from_index = first, #room.entries, BATCH do
		send(from, room, room.entries, from_index, math.min(from_index + BATCH - 1, #room.entries));
	end
end));

module:hook("iq-set/host/" .. NS .. ":unsubscribe", for_the_bot(function (event, _, room_jid)
	local rooms = subscriptions[event.stanza.attr.from];
	if rooms then rooms[room_jid] = nil; end
	event.origin.send(st.reply(event.stanza));
end));

module:hook("message/host", function (event)
	local ack = event.stanza:get_child("ack", NS);
	local seq = ack and tonumber(ack.attr.seq);
	if event.stanza.attr.type ~= "error" and seq and may_ask(event) then
		journal:acknowledge(ack.attr.room, ack.attr.journal, seq);
	end
	return true;
end);

for name, command in pairs(commands) do
	module:hook("iq-set/host/" .. NS .. ":" .. name, for_the_bot(function (event, asked, room_jid)
		local muc = prosody.hosts[hosts.rooms];
		local room = muc and muc.modules.muc.get_room_from_jid(room_jid);
		local kind, condition = "cancel", "item-not-found";
		if room then kind, condition = command(room, asked, event.stanza.attr.from); end
		event.origin.send(kind and st.error_reply(event.stanza, kind, condition) or st.reply(event.stanza));
	end));
end

-- Letting the bot in -------------------------------------------------------------------------------------------------

local function is_bots(event)
	return event.origin.type == "c2s" and is_bot(jid.bare(event.stanza.attr.from));
end

local function admit(event)
	if not is_bots(event) then return; end
	local room, origin, stanza = event.room, event.origin, event.stanza;
	-- mod_token_verification reads these two.
	origin.jitsi_meet_room, origin.jitsi_meet_domain = "*", "*";
	room:set_affiliation(true, jid.bare(stanza.attr.from), "admin");
	if event.occupant then event.occupant.role = room:get_default_role("admin"); end
	local entry, password = stanza:get_child("x", MUC), room:get_password();
	if entry and password and not entry:get_child("password", MUC) then
		entry:text_tag("password", password, { xmlns = MUC });
	end
end

-- mod_muc_max_occupants looks at priority 10; there is always a place for the bot.
local function make_room(event)
	if is_bots(event) then
		event.room.plenari_limit = event.room._data.max_occupants or false;
		event.room._data.max_occupants = math.huge;
	end
end

local function restore_limit(event)
	if event.room.plenari_limit ~= nil then
		event.room._data.max_occupants = event.room.plenari_limit or nil;
		event.room.plenari_limit = nil;
	end
end

local function let_in(muc)
	muc:hook("muc-occupant-pre-join", admit, 101);
	muc:hook("muc-occupant-pre-join", make_room, 10.5);
	muc:hook("muc-occupant-pre-join", restore_limit, 9.5);
end

-- Two hundred rooms are entered at once after a restart.
local function unlimited(event)
	local session = event.session;
	if not is_bot(jid.join(session.username, session.host)) then return; end
	session.throttle = nil;
	if session.conn and session.conn.setlimit then session.conn:setlimit(0); end
end

local function watch_accounts()
	local watched = {};
	for account in accounts do
		local host = jid.host(account);
		if prosody.hosts[host] and not watched[host] then
			watched[host] = true;
			module:context(host):hook("resource-bind", unlimited);
		end
	end
end

if prosody.hosts[hosts.rooms] then let_in(module:context(hosts.rooms)); end
watch_accounts();
module:hook_global("host-activated", function (host)
	if host == hosts.rooms then let_in(module:context(host)); end
	for account in accounts do
		if jid.host(account) == host then module:context(host):hook("resource-bind", unlimited); return; end
	end
end);

-- A reload is not a restart: nobody has to subscribe again.
function module.save()
	return { subscriptions = subscriptions };
end

function module.restore(kept)
	subscriptions = kept.subscriptions;
end
