-- luacheck --config docker/prosody/.luacheckrc docker/prosody
std = "lua54"
max_line_length = 140
codes = true
-- A module may give itself save and restore.
files["**/plugins/**/*.lua"] = { read_globals = { "prosody" }, globals = { "module" } }
-- The configuration is Lua in which every assignment to a global is an option.
files["**/*.cfg.lua"] = {
	allow_defined_top = true,
	read_globals = {
		"VirtualHost", "Component", "ENV_PLENARI_PLUGINS", "ENV_PROSODY_CERTIFICATE", "ENV_PROSODY_C2S_LIMIT",
		"ENV_PROSODY_C2S_PORT", "ENV_PROSODY_FOLDER", "ENV_PROSODY_HTTP_PORT", "ENV_PROSODY_INTERFACE",
		"ENV_PROSODY_RUN_AS_ROOT", "ENV_SMACKS_HIBERNATION", "ENV_XMPP_DOMAIN", "ENV_JWT_APP_ID", "ENV_JWT_APP_SECRET",
		"ENV_PLENARI_ACCOUNT", "ENV_PLENARI_CERTIFICATE", "ENV_PLENARI_PASSWORD_FILE", "ENV_PLENARI_JOURNAL", "ENV_PLENARI_JOURNAL_SIZE",
	},
	ignore = { "111", "131" },
}
