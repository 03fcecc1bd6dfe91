-- What a docker-jitsi-meet's Prosody needs to know of Plenari: mounted at /config/conf.d, beside Jitsi's own file, which
-- stays as it is. Elsewhere: set PLENARI_CERTIFICATE and PLENARI_PASSWORD_FILE (a path each), and the domain below.

local domain = ENV_XMPP_DOMAIN or "meet.jitsi";
local certificate = ENV_PLENARI_CERTIFICATE or "/run/secrets/prosody_certificate";

-- The domain of the bot. Jitsi gives it no certificate; this one the bot knows.
VirtualHost("hidden." .. domain)
	modules_enabled = { "smacks", "plenari_account" }
	plenari_password_file = ENV_PLENARI_PASSWORD_FILE or "/run/secrets/plenari_xmpp_password"
	ssl = { certificate = certificate, key = certificate:gsub("certificate$", "key") }

Component("plenari." .. domain)("plenari")
	plenari_accounts = { "plenari@hidden." .. domain }
