-- Takes the clients' reports of who became the dominant speaker, so that they do not bounce; mod_plenari listens.
-- Stands in for Jitsi's mod_speakerstats_component, which Debian does not package.

module:hook("message/host", function ()
	return true;
end);
