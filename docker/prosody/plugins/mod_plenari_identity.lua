-- Stamps `<identity>` on the presence of everybody on this host from the verified token, and takes away whatever the
-- client wrote there itself, with a token or without one.
--
-- Stands in for Jitsi's mod_presence_identity: <identity><user><id/>… one child for each key of context.user …</user>
-- <group/></identity>, in the client's own namespace.

local st = require "util.stanza";

local function is_not_identity(tag)
	if tag.name ~= "identity" then return tag; end
	return nil;
end

local function identity_of(session)
	local user = session.jitsi_meet_context_user;
	if type(user) ~= "table" then return nil; end
	local identity = st.stanza("identity"):tag("user");
	for key, value in pairs(user) do
		-- The keys are the token issuer's; one that cannot be the name of an element would break the stream.
		if type(key) == "string" and key:find("^[%a_][%w_.-]*$") and type(value) ~= "table" then
			identity:text_tag(key, tostring(value));
		end
	end
	identity:up();
	if session.jitsi_meet_context_group ~= nil then
		identity:text_tag("group", tostring(session.jitsi_meet_context_group));
	end
	return identity:reset();
end

local function stamp(event)
	event.stanza:maptags(is_not_identity);
	local identity = identity_of(event.origin);
	if identity then event.stanza:add_child(identity); end
end

module:hook("pre-presence/bare", stamp);
module:hook("pre-presence/full", stamp);
