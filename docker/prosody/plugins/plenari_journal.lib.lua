-- What happened in each room, in order, with the server's clock: kept until the bot has acknowledged it.
--
-- A room's journal has an `id` (a new one if it ever begins anew) and counts its entries from 1. Every entry is appended
-- to storage before anybody hears of it. A state (who was in the room after entry `base`) and the entries after it are
-- all that is kept; read together they give the room as it was, also after a kill -9.
--
-- Bounded: at most `size` entries a room, none older than `age` seconds. What goes first is what can be spared (hands,
-- chat, speakers); when anything else had to go unacknowledged, `lost` says up to where, and whoever asks from before it
-- is told of the gap.

local st = require "util.stanza";
local now = require "util.time".now;
local sha1 = require "util.hashes".sha1;
local uuid = require "util.uuid".generate;

local NS = "urn:plenari:1";
local SPARED = { hand = true, command = true, speaker = true };

local function milliseconds(seconds)
	return ("%d"):format(math.floor(seconds * 1000));
end

-- What an entry does to the picture of the room.
local function fold(room, entry)
	local kind, nick = entry.kind, entry.nick;
	if kind == "joined" then
		room.occupants[nick] = {
			jid = entry.jid, user = entry.user, moderator = entry.moderator, at = entry.at,
			role = entry.role, affiliation = entry.affiliation,
		};
	elseif kind == "left" then
		room.occupants[nick] = nil;
	elseif kind == "destroyed" then
		room.occupants = {};
	elseif kind == "changed" and room.occupants[nick] then
		room.occupants[nick].role, room.occupants[nick].affiliation = entry.role, entry.affiliation;
	elseif kind == "hand" and room.occupants[nick] then
		room.occupants[nick].hand = entry.raised == "true" or nil;
	elseif kind == "lobby" then
		room.lobby = entry.on == "true" or nil;
	end
end

local methods = {};
methods.__index = methods;

-- `bounds`: size (entries a room), age (seconds). `hear(room, entry)` is told of every new entry.
local function new(module, bounds, hear)
	return setmetatable({
		states = module:open_store("plenari_rooms", "keyval");
		log = module:open_store("plenari_entries", "archive");
		module = module; bounds = bounds; hear = hear; rooms = {};
	}, methods);
end

-- File names say nothing of what the rooms are called.
local function key_of(jid)
	return sha1(jid, true);
end

function methods:save(room)
	local ok, problem = self.states:set(key_of(room.jid), {
		jid = room.jid; id = room.id; base = room.seq; acked = room.acked; lost = room.lost; at = room.at;
		occupants = room.occupants; lobby = room.lobby;
	});
	if not ok then self.module:log("error", "the state of a room could not be kept: %s", problem); end
end

-- Writes the state anew, and only the entries that are still needed. In this order: whatever is read twice is skipped.
function methods:compact(room)
	self:save(room);
	self.log:delete(key_of(room.jid), {});
	room.stored = 0;
	for _, entry in ipairs(room.entries) do self:store(room, entry); end
end

function methods:store(room, entry)
	local ok, problem = self.log:append(key_of(room.jid), nil, st.stanza("entry", entry), os.time(), "entry");
	if not ok then self.module:log("error", "an entry could not be kept: %s", problem); end
	room.stored = room.stored + 1;
end

function methods:begin(jid)
	local room = {
		jid = jid, id = uuid(), seq = 0, acked = 0, lost = 0, at = now(), entries = {}, spared = 0, stored = 0, occupants = {},
	};
	self.rooms[jid] = room;
	self:save(room);
	return room;
end

function methods:open(jid)
	return self.rooms[jid] or self:begin(jid);
end

function methods:write(jid, kind, entry, at)
	local room = self:open(jid);
	-- A clock that is set back does not turn the order round.
	room.at = math.max(at or now(), room.at);
	room.seq = room.seq + 1;
	entry.kind, entry.seq, entry.at = kind, ("%d"):format(room.seq), milliseconds(room.at);
	fold(room, entry);
	room.entries[#room.entries + 1] = entry;
	if SPARED[kind] then room.spared = room.spared + 1; end
	self:store(room, entry);
	self:limit(room);
	self.hear(room, entry);
end

local function count_out(room, entry)
	if SPARED[entry.kind] then
		room.spared = room.spared - 1;
	elseif tonumber(entry.seq) > room.acked then
		room.lost = tonumber(entry.seq);
	end
end

local function drop(room, index)
	count_out(room, table.remove(room.entries, index));
end

-- All from the first on for which `is_over` holds; in one go, since there may be thousands.
local function drop_while(room, is_over)
	local kept, entries = {}, room.entries;
	local first = 1;
	while entries[first] and is_over(entries[first]) do
		count_out(room, entries[first]);
		first = first + 1;
	end
	if first == 1 then return; end
	for index = first, #entries do kept[#kept + 1] = entries[index]; end
	room.entries = kept;
end

function methods:limit(room)
	while #room.entries > self.bounds.size do
		local index = 1;
		if room.spared > 0 then
			while not SPARED[room.entries[index].kind] do index = index + 1; end
		end
		drop(room, index);
	end
	if room.stored >= 2 * self.bounds.size then self:compact(room); end
end

-- Nobody needs the entries up to `seq` any more.
function methods:acknowledge(jid, id, seq)
	local room = self.rooms[jid];
	if not room or room.id ~= id then return; end
	room.acked = math.max(room.acked, math.min(seq, room.seq));
	drop_while(room, function (entry) return tonumber(entry.seq) <= room.acked; end);
	if #room.entries == 0 and room.stored > 0 then self:compact(room); end
end

-- Whether all that followed `seq` of the journal `id` is still here, or was acknowledged.
local function is_complete(room, id, seq)
	return id == room.id and seq ~= nil and seq <= room.seq and room.lost <= math.max(seq, room.acked);
end

-- Forgets what is too old, and rooms in which nothing has happened for so long.
function methods:expire()
	local oldest = now() - self.bounds.age;
	for jid, room in pairs(self.rooms) do
		local before = #room.entries;
		drop_while(room, function (entry) return tonumber(entry.at) < oldest * 1000; end);
		if room.at < oldest and next(room.occupants) == nil then
			self.rooms[jid] = nil;
			self.states:set(key_of(jid), nil);
			self.log:delete(key_of(jid), {});
		elseif #room.entries < before then
			self:compact(room);
		end
	end
end

function methods:read(state)
	local room = {
		jid = state.jid; id = state.id; seq = state.base; acked = state.acked; lost = state.lost; at = state.at;
		occupants = state.occupants or {}; lobby = state.lobby; entries = {}, spared = 0, stored = 0;
	};
	for _, stanza in self.log:find(key_of(room.jid), {}) or function () end do
		local entry = stanza.attr;
		local seq = tonumber(entry.seq);
		room.stored = room.stored + 1;
		if seq > room.seq then
			room.seq, room.at = seq, math.max(room.at, tonumber(entry.at) / 1000);
			fold(room, entry);
		end
		if seq > room.acked and seq > room.lost then
			room.entries[#room.entries + 1] = entry;
			if SPARED[entry.kind] then room.spared = room.spared + 1; end
		end
	end
	self.rooms[room.jid] = room;
end

function methods:load()
	for key in self.states:users() do
		local state = self.states:get(key);
		if state and state.jid then self:read(state); end
	end
end

return { new = new, is_complete = is_complete, NS = NS };
