-- A component that hands IQs to the focus account and its answers back, so that clients can ask `focus.DOMAIN` without
-- knowing where the focus is logged in. Stands in for Jitsi's mod_client_proxy: same option, same addresses on the wire
-- (the focus sees `focus.DOMAIN/<real full JID>`, the client hears from `focus.DOMAIN`).
--
-- Option: target_address, the bare JID of the focus.

local jid = require "util.jid";
local st = require "util.stanza";

local target = assert(module:get_option_string("target_address"), "target_address is not set");

local function any_address_of_target()
	local account = prosody.bare_sessions[target];
	local resource = account and next(account.sessions);
	return resource and (target .. "/" .. resource);
end

module:hook("iq/host", function (event)
	local stanza = event.stanza;
	if stanza.attr.type ~= "get" and stanza.attr.type ~= "set" then return nil; end
	local address = any_address_of_target();
	if not address then
		event.origin.send(st.error_reply(stanza, "cancel", "service-unavailable", "The focus is not connected"));
		return true;
	end
	local request = st.clone(stanza);
	request.attr.from = module.host .. "/" .. stanza.attr.from;
	request.attr.to = address;
	module:send(request);
	return true;
end);

module:hook("iq/full", function (event)
	local stanza = event.stanza;
	if jid.bare(stanza.attr.from) ~= target then return nil; end
	local answer = st.clone(stanza);
	answer.attr.from = module.host;
	answer.attr.to = jid.resource(stanza.attr.to);
	module:send(answer);
	return true;
end);
