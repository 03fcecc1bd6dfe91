-- Prosody for one machine: the domains of a docker-jitsi-meet, on Debian's own packages (Prosody 0.12).
--
-- Nothing is written into this file: what differs between machines comes from the environment.
--   PROSODY_FOLDER          data and pid file                         (required)
--   PLENARI_PLUGINS         the folder plugins/ beside this file      (required)
--   JWT_APP_ID, JWT_APP_SECRET   who signs the tokens, and with what  (required)
--   XMPP_DOMAIN             default meet.plenari
--   PROSODY_INTERFACE       default 127.0.0.1
--   PROSODY_C2S_PORT        default 5222      PROSODY_HTTP_PORT   default 5280
--   PROSODY_C2S_LIMIT       what a client may send in a second, default 100kb/s. Jitsi's 10kb/s holds a browser's first
--                           stanzas back for some 50 ms, and a bot of 200 rooms for some 10 s
--   PROSODY_CERTIFICATE     a PEM file with certificate and key: switches STARTTLS on and demands it.
--                           Without it nothing is encrypted, which is for the loopback interface only
--   PROSODY_RUN_AS_ROOT     "yes" where there is no other user (a container, a demo)
--   SMACKS_HIBERNATION      seconds that a vanished browser stays in the room, default 60 as in Jitsi
--
--   PLENARI_ACCOUNT         the bot's account on the hidden domain, default bot
--   PLENARI_JOURNAL         "no" leaves mod_plenari out: a Jitsi as it comes
--   PLENARI_JOURNAL_SIZE    how many entries of a room are kept at most, default 5000
--
-- In place of Jitsi's own modules stand small ones of ours (plugins/); Jitsi's do as well:
--   plenari_token (token), plenari_identity (presence_identity), plenari_room_check (token_verification),
--   plenari_focus_proxy (client_proxy), plenari_av_moderation (av_moderation_component), plenari_speakers
--   (speakerstats_component).
-- mod_plenari itself stands for nothing of Jitsi's: journal and commands for the bot.

local domain = ENV_XMPP_DOMAIN or "meet.plenari";
local interface = ENV_PROSODY_INTERFACE or "127.0.0.1";

data_path = ENV_PROSODY_FOLDER;
certificates = ENV_PROSODY_FOLDER;
run_as_root = ENV_PROSODY_RUN_AS_ROOT == "yes";
pidfile = ENV_PROSODY_FOLDER .. "/prosody.pid";
plugin_paths = { ENV_PLENARI_PLUGINS };
log = { { levels = { min = "info" }, to = "console" } };

interfaces = { interface };
c2s_ports = { tonumber(ENV_PROSODY_C2S_PORT or 5222) };
http_interfaces = { interface };
http_ports = { tonumber(ENV_PROSODY_HTTP_PORT or 5280) };
https_ports = { };
http_default_host = domain;

modules_enabled = { "saslauth", "disco", "ping", "limits", "posix", "admin_shell", ENV_PROSODY_CERTIFICATE and "tls" };
modules_disabled = { "s2s", "offline", "register" };

c2s_require_encryption = ENV_PROSODY_CERTIFICATE ~= nil;
if ENV_PROSODY_CERTIFICATE then
	ssl = { certificate = ENV_PROSODY_CERTIFICATE, key = ENV_PROSODY_CERTIFICATE };
end
-- The proxy in front ends TLS for the websocket.
consider_websocket_secure = true;

-- The garbage collector as Jitsi runs it in its own service. Prosody's default begins the next round as soon as one ends:
-- measured here, rooms that fill then spend three quarters of their time in it.
gc = { mode = "incremental", threshold = 400, speed = 250, step_size = _VERSION == "Lua 5.4" and 13 or nil };

-- Small stanzas must not wait for the acknowledgement of the one before (40 ms each on Linux).
network_settings = { nagle = false };

limits = { c2s = { rate = ENV_PROSODY_C2S_LIMIT or "100kb/s" } };

smacks_max_unacked_stanzas = 5;
smacks_max_old_sessions = 1;
smacks_hibernation_time = tonumber(ENV_SMACKS_HIBERNATION or 60);

-- The focus makes the rooms and owns them.
admins = { "focus@auth." .. domain };

-- People, with a token in the address of the websocket's request.
VirtualHost(domain)
	modules_enabled = { "websocket", "smacks", "plenari_identity" };
	authentication = "plenari_token";
	plenari_token_app_id = ENV_JWT_APP_ID;
	plenari_token_app_secret = ENV_JWT_APP_SECRET;
	plenari_token_audiences = { "jitsi", ENV_JWT_APP_ID };

-- Jicofo and Jibri's control connection.
VirtualHost("auth." .. domain)
	authentication = "internal_hashed";

-- Whoever sits in the rooms unseen: our bot, Jibri's browser.
VirtualHost("hidden." .. domain)
	modules_enabled = { "smacks" };
	authentication = "internal_hashed";

Component("muc." .. domain)("muc")
	modules_enabled = { "plenari_room_check" };
	storage = "memory";
	restrict_room_creation = true;
	muc_room_locking = false;
	muc_room_default_public_jids = true;
	muc_tombstones = false;
	muc_room_allow_persistent = false;
	plenari_room_check_exempt = { "auth." .. domain, "hidden." .. domain };

Component("focus." .. domain)("plenari_focus_proxy")
	target_address = "focus@auth." .. domain;

Component("avmoderation." .. domain)("plenari_av_moderation")
	plenari_muc = "muc." .. domain;

Component("speakerstats." .. domain)("plenari_speakers")

if ENV_PLENARI_JOURNAL ~= "no" then
	Component("plenari." .. domain)("plenari")
		plenari_accounts = { (ENV_PLENARI_ACCOUNT or "bot") .. "@hidden." .. domain };
		plenari_journal_size = tonumber(ENV_PLENARI_JOURNAL_SIZE or 5000);
end
