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

local function hand_over(event, from, to)
	local stanza = st.clone(event.stanza);
	stanza.attr.from, stanza.attr.to = from, to;
	module:send(stanza);
	return true;
end

-- Prosody calls every address without a local part `host`, with a resource or without.
module:hook("iq/host", function (event)
	local stanza = event.stanza;
	local client = jid.resource(stanza.attr.to);
	if client and jid.bare(stanza.attr.from) == target then
		return hand_over(event, module.host, client);
	end
	if stanza.attr.type ~= "get" and stanza.attr.type ~= "set" then return nil; end
	local address = any_address_of_target();
	if address then
		return hand_over(event, module.host .. "/" .. stanza.attr.from, address);
	end
	event.origin.send(st.error_reply(stanza, "cancel", "service-unavailable", "The focus is not connected"));
	return true;
end);
