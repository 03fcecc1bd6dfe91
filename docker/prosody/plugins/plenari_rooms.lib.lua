-- Listens to the rooms, and writes into the journal what happens in them.
--
-- Everything hangs on one event of mod_muc, `muc-broadcast-presence`: the room as it is afterwards is compared with the
-- journal's picture of it, so that nothing is written twice and nothing is missed. Who somebody is comes from the
-- session (`jitsi_meet_context_user`, set from the verified token), never from a stanza.

local jid = require "util.jid";

local JITMEET = "http://jitsi.org/jitmeet";
local LONGEST_COMMAND = 500;
local HEALTH_CHECK = "__jicofo-health-check";
-- XEP-0045, 15.6.2; the first that applies.
local REASONS = {
	{ "301", "banned" }, { "303", "renamed" }, { "333", "error" }, { "332", "shutdown" }, { "307", "kicked" },
	{ "321", "removed" }, { "322", "removed" },
};

local function has_status(x, code)
	for status in x:childtags("status") do
		if status.attr.code == code then return true; end
	end
	return false;
end

local function is_raised(presence)
	local value = presence and presence:get_child_text("jitsi_participant_raisedHand");
	return value ~= nil and value ~= "" and value ~= "0" and value ~= "false";
end

local function identity_of(real_jid)
	local session = prosody.full_sessions[real_jid];
	local user = session and session.jitsi_meet_context_user;
	if type(user) ~= "table" or (type(user.id) ~= "string" and type(user.id) ~= "number") then return nil, nil; end
	return tostring(user.id), (user.moderator == true or user.moderator == "true") and "true" or nil;
end

return function (module, journal, hosts, is_bot)
	local is_stopping = false;
	local ended = {}; -- how the sessions ended that are just being taken down: full JID to reason

	local function is_ignored(room)
		return jid.node(room.jid):sub(1, #HEALTH_CHECK) == HEALTH_CHECK;
	end

	-- Every entry of an occupant says who it is, so that it can be read by itself.
	local function write(room, kind, nick, entry)
		local occupant = journal.rooms[room.jid].occupants[nick];
		entry.nick, entry.jid, entry.user = nick, occupant.jid, occupant.user;
		journal:write(room.jid, kind, entry);
	end

	local function known(room, nick)
		local kept = journal.rooms[room.jid];
		return kept and kept.occupants[nick];
	end

	local function write_left(room, nick, reason, at)
		local occupant = known(room, nick);
		journal:write(room.jid, "left", { nick = nick, jid = occupant.jid, user = occupant.user, reason = reason }, at);
	end

	local function write_joined(room, nick, occupant)
		local user, moderator = identity_of(occupant.jid);
		journal:write(room.jid, "joined", {
			nick = nick, jid = occupant.jid, user = user, moderator = moderator,
			role = occupant.role, affiliation = room:get_affiliation(occupant.bare_jid) or "none",
		});
	end

	-- The occupant is in the room: whatever the journal does not know of that yet is written.
	local function see(room, occupant, presence)
		local nick = jid.resource(occupant.nick);
		local before = known(room, nick);
		if before and before.jid ~= occupant.jid then
			write_left(room, nick, "left");
			before = nil;
		end
		local affiliation = room:get_affiliation(occupant.bare_jid) or "none";
		if not before then
			write_joined(room, nick, occupant);
		elseif before.role ~= occupant.role or before.affiliation ~= affiliation then
			write(room, "changed", nick, { role = occupant.role, affiliation = affiliation });
		end
		if is_raised(presence) ~= (known(room, nick).hand == true) then
			write(room, "hand", nick, { raised = tostring(is_raised(presence)) });
		end
	end

	local function reason_of(event)
		if is_stopping then return "shutdown"; end
		if event.x:get_child("destroy") then return "destroyed"; end
		for _, reason in ipairs(REASONS) do
			if has_status(event.x, reason[1]) then return reason[2]; end
		end
		return ended[event.occupant.jid] or "left";
	end

	local function on_presence(event)
		local room, occupant = event.room, event.occupant;
		if is_ignored(room) then return; end
		local presence = occupant:get_presence();
		local is_there = occupant.role ~= nil and presence and presence.attr.type == nil;
		if is_there then
			see(room, occupant, presence);
		elseif known(room, jid.resource(occupant.nick)) then
			write_left(room, jid.resource(occupant.nick), reason_of(event));
		end
	end

	local function write_command(room, nick, stanza, is_private)
		local text = stanza:get_child_text("body");
		if text and text:sub(1, 1) == "!" and #text <= LONGEST_COMMAND and known(room, nick) then
			write(room, "command", nick, { text = text, private = is_private and "true" or nil });
		end
	end

	local function on_line(event)
		if event.occupant and not is_ignored(event.room) then
			write_command(event.room, jid.resource(event.occupant.nick), event.stanza, false);
		end
	end

	local function on_whisper(event)
		local target = event.room:get_occupant_by_nick(event.stanza.attr.to);
		if target and is_bot(target.bare_jid) and event.stanza.attr.type == "chat" then
			write_command(event.room, jid.resource(event.stanza.attr.from), event.stanza, true);
		end
	end

	local function on_config(event)
		local is_on = event.room:get_members_only() == true;
		local kept = journal.rooms[event.room.jid];
		if kept and is_on ~= (kept.lobby == true) then
			journal:write(event.room.jid, "lobby", { on = tostring(is_on) });
		end
	end

	-- Whatever goes wrong with the journal, the meeting goes on.
	local function watched(listen)
		return function (event)
			local ok, problem = pcall(listen, event);
			if not ok then module:log("error", "the journal missed something: %s", problem); end
			return nil;
		end;
	end

	local function attend_rooms(muc)
		-- First of all who listen: others may alter or stop what is sent, but it has happened.
		muc:hook("muc-broadcast-presence", watched(on_presence), 1000);
		-- Last of all: a line that another module refused was never said.
		muc:hook("muc-occupant-groupchat", watched(on_line), -1000);
		muc:hook("muc-private-message", watched(on_whisper), -1000);
		muc:hook("muc-config-submitted", watched(on_config), -1000);
		muc:hook("muc-room-created", watched(function (event)
			if not is_ignored(event.room) then journal:write(event.room.jid, "created", {}); end
		end));
		muc:hook("muc-room-destroyed", watched(function (event)
			if not is_ignored(event.room) then journal:write(event.room.jid, "destroyed", { reason = event.reason }); end
		end));
	end

	-- Who waits in the lobby stands in the journal of the room they wait for.
	local function attend_lobby(lobby)
		local function main_of(room)
			return jid.join(jid.node(room.jid), hosts.rooms);
		end
		lobby:hook("muc-occupant-joined", watched(function (event)
			if is_ignored(event.room) or not journal.rooms[main_of(event.room)] then return; end
			local user = identity_of(event.occupant.jid);
			local nick = jid.resource(event.nick);
			journal:write(main_of(event.room), "knocked", { nick = nick, jid = event.occupant.jid, user = user });
		end));
		lobby:hook("muc-occupant-left", watched(function (event)
			if is_ignored(event.room) or not journal.rooms[main_of(event.room)] then return; end
			journal:write(main_of(event.room), "unknocked", { nick = jid.resource(event.nick), jid = event.occupant.jid });
		end));
	end

	-- Only a client that has just become the dominant speaker reports, for itself; its session says which it is.
	local function attend_speakers(component)
		component:hook("message/host", watched(function (event)
			local report = event.stanza:get_child("speakerstats", JITMEET);
			local muc = prosody.hosts[hosts.rooms];
			local room = report and report.attr.room and muc and muc.modules.muc.get_room_from_jid(report.attr.room);
			local occupant = room and room:get_occupant_by_real_jid(event.stanza.attr.from);
			local nick = occupant and jid.resource(occupant.nick);
			if not nick or not known(room, nick) then return; end
			write(room, "speaker", nick, { silent = tostring(report.attr.silence == "true") });
		end), 100);
	end

	local function attend_people(host)
		host:hook("resource-unbind", function (event)
			local problem = event.error;
			if not problem then return; end
			ended[event.session.full_jid] = problem:find("^Hibernating") and "timeout" or "lost";
		end, 100);
		host:hook("resource-unbind", function (event)
			ended[event.session.full_jid] = nil;
		end, -100);
	end

	local function with_host(name, attend)
		if prosody.hosts[name] then attend(module:context(name)); end
		module:hook_global("host-activated", function (activated)
			if activated == name then attend(module:context(name)); end
		end);
	end

	with_host(hosts.rooms, attend_rooms);
	with_host(hosts.lobby, attend_lobby);
	with_host(hosts.speakers, attend_speakers);
	for _, host in ipairs(hosts.people) do with_host(host, attend_people); end
	module:hook_global("server-stopping", function () is_stopping = true; end, 1000);

	-- After a restart nobody is where the journal left them; after a reload everybody is. `at`: the last sign of life.
	return function (at)
		local muc = prosody.hosts[hosts.rooms];
		muc = muc and muc.modules.muc;
		for room_jid, kept in pairs(journal.rooms) do
			local room = muc and muc.get_room_from_jid(room_jid);
			for nick in pairs(kept.occupants) do
				if not (room and room:get_occupant_by_nick(room_jid .. "/" .. nick)) then
					write_left({ jid = room_jid }, nick, "crash", at);
				end
			end
		end
		for room in muc and muc.each_room(true) or function () end do
			if not is_ignored(room) then
				for _, occupant in room:each_occupant() do see(room, occupant, occupant:get_presence()); end
			end
		end
	end;
end;
