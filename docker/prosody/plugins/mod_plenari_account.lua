-- The bot's account on the hidden domain: its password is what stands in a file, so that nobody has to type it, and it
-- stands in no list of processes. Another password in the file is taken at the next start or reload.
--
-- Options: plenari_password_file (a path), plenari_user (plenari).

local users = require "core.usermanager";

local user = module:get_option_string("plenari_user", "plenari");
local path = module:get_option_string("plenari_password_file");

local function read_password()
	local file, problem = io.open(path or "");
	if not file then
		return nil, problem;
	end
	local password = file:read("*l");
	file:close();
	if not password or password == "" then
		return nil, path .. " is empty";
	end
	return password;
end

local function keep_account()
	local password, problem = read_password();
	if not password then
		module:log("error", "The bot has no account: plenari_password_file: %s", problem);
		return;
	end
	local done, refused = true, nil;
	if not users.user_exists(user, module.host) then
		done, refused = users.create_user(user, password, module.host);
	elseif not users.test_password(user, module.host, password) then
		done, refused = users.set_password(user, password, module.host);
	end
	if not done then
		module:log("error", "The account %s@%s cannot be kept: %s", user, module.host, refused);
	end
end

if prosody.start_time then
	keep_account();
else
	module:hook_global("server-started", keep_account);
end
