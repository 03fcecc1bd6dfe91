-- Admits whoever brings a signed Jitsi token for the room in the address of the websocket (`?room=`).
--
-- Stands in for Jitsi's mod_auth_token and mod_jitsi_session, which Debian does not package. It leaves the same marks on
-- the session: auth_token, jitsi_web_query_room, jitsi_meet_room, jitsi_meet_domain, jitsi_meet_context_user,
-- jitsi_meet_context_group, jitsi_meet_context_features. The login is SASL ANONYMOUS under a random name, as there: who
-- somebody is stands in those fields only.
--
-- Options: plenari_token_app_id (issuer), plenari_token_app_secret (HS256 key), plenari_token_audiences (default: the
-- issuer), plenari_token_from_query (also take the token from `?token=`; addresses end up in logs, so default false).

local formdecode = require "util.http".formdecode;
local generate_uuid = require "util.uuid".generate;
local jwt = require "util.jwt";
local nodeprep = require "util.encodings".stringprep.nodeprep;

local app_id = assert(module:get_option_string("plenari_token_app_id"), "plenari_token_app_id is not set");
local app_secret = assert(module:get_option_string("plenari_token_app_secret"), "plenari_token_app_secret is not set");
local audiences = module:get_option_set("plenari_token_audiences", { app_id });
local takes_token_from_query = module:get_option_boolean("plenari_token_from_query", false);

local function audience_fits(claim)
	if type(claim) ~= "table" then return audiences:contains(claim); end
	for _, audience in ipairs(claim) do
		if audiences:contains(audience) then return true; end
	end
	return false;
end

-- Everything that can be wrong with claims whose signature is right; nil when nothing is.
local function fault_in(claims, asked_room, now)
	if type(claims) ~= "table" then return "claims are not an object"; end
	if claims.iss ~= app_id then return "'iss' is not ours"; end
	if not audience_fits(claims.aud) then return "'aud' is not ours"; end
	if type(claims.exp) ~= "number" or claims.exp <= now then return "token has expired"; end
	if claims.nbf ~= nil and (type(claims.nbf) ~= "number" or claims.nbf > now) then return "token is not valid yet"; end
	if type(claims.room) ~= "string" then return "'room' is missing"; end
	if claims.room ~= "*" and nodeprep(claims.room) ~= asked_room then return "token is for another room"; end
	return nil;
end

local function request_of(session)
	local request = session.websocket_request;
	if not request then return nil, nil; end
	local query = request.url.query and formdecode(request.url.query) or {};
	if type(query) ~= "table" then query = {}; end
	local token = (request.headers.authorization or ""):match("^[Bb]earer%s+(%S+)$");
	if not token and takes_token_from_query then token = query.token; end
	return token, query.room and nodeprep(query.room);
end

local function admit(session)
	local token, room = request_of(session);
	if not token then return "token is missing"; end
	if not room then return "room is missing"; end
	-- util.jwt throws on some kinds of broken base64.
	local called, is_valid, claims = pcall(jwt.verify, app_secret, token);
	if not called or not is_valid then return "token is not signed by us"; end
	local fault = fault_in(claims, room, os.time());
	if fault then return fault; end

	local context = type(claims.context) == "table" and claims.context or {};
	session.auth_token = token;
	session.jitsi_web_query_room = room;
	session.jitsi_meet_room = claims.room;
	session.jitsi_meet_domain = claims.sub;
	session.jitsi_meet_context_user = context.user;
	session.jitsi_meet_context_group = context.group;
	session.jitsi_meet_context_features = context.features;
	return nil;
end

local login = {};
login.__index = login;

local function new_login(session)
	return setmetatable({ session = session }, login);
end

function login:mechanisms() -- luacheck: ignore 212/self
	return { ANONYMOUS = true };
end

function login:select(mechanism)
	if mechanism ~= "ANONYMOUS" then return nil; end
	self.selected = mechanism;
	return true;
end

function login:process()
	local fault = admit(self.session);
	if fault then
		module:log("info", "login refused: %s", fault);
		return "failure", "not-allowed", fault;
	end
	self.username = generate_uuid();
	return "success";
end

function login:clean_clone()
	return new_login(self.session);
end

local provider = {};

function provider.get_sasl_handler(session)
	return new_login(session);
end

local function no_accounts()
	return nil, "There are no accounts here: every login brings a token.";
end

provider.test_password = no_accounts;
provider.get_password = no_accounts;
provider.set_password = no_accounts;
provider.user_exists = no_accounts;
provider.create_user = no_accounts;
provider.delete_user = no_accounts;

module:provides("auth", provider);
