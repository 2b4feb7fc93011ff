-- The answer to negotiation is a subset of what is offered, for every version that MTAs speak.
local ACTIONS = { SMFIF_ADDHDRS, SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT, SMFIF_CHGHDRS, SMFIF_QUARANTINE }
local ALL = 0
for _, action in ipairs(ACTIONS) do ALL = ALL + action end
local STEPS = {}
for _, name in ipairs({ "SMFIP_NOCONNECT", "SMFIP_NOHELO", "SMFIP_NOMAIL", "SMFIP_NORCPT", "SMFIP_NOBODY", "SMFIP_NOHDRS",
                        "SMFIP_NOEOH", "SMFIP_NR_HDR", "SMFIP_NOUNKNOWN", "SMFIP_NODATA", "SMFIP_SKIP", "SMFIP_RCPT_REJ",
                        "SMFIP_NR_CONN", "SMFIP_NR_HELO", "SMFIP_NR_MAIL", "SMFIP_NR_RCPT", "SMFIP_NR_DATA",
                        "SMFIP_NR_UNKN", "SMFIP_NR_EOH", "SMFIP_NR_BODY", "SMFIP_HDR_LEADSPC" }) do
  if _G[name] then STEPS[name] = _G[name] end
end
local POSTFIX_STEPS = 0x1fffff

local function subset(what, version, actions, steps)
  local conn = plug()
  local problem = mt.negotiate(conn, version, steps, actions)
  if problem ~= nil then
    mt.disconnect(conn, false)
    return false                         -- it may refuse an MTA that offers too little, if it says so
  end
  for _, action in ipairs(ACTIONS) do
    if actions & action == 0 then
      check(not mt.test_action(conn, action), what .. ": asks for action " .. action .. ", which was not offered")
    end
  end
  for name, step in pairs(STEPS) do
    if steps & step == 0 then check(not mt.test_option(conn, step), what .. ": asks for " .. name .. ", not offered") end
  end
  mt.disconnect(conn)
  return true
end

for _, version in ipairs({ 2, 3, 4, 5, 6 }) do
  local steps = version == 2 and 0x7f or version == 3 and 0x1ff or version < 6 and 0x3ff or POSTFIX_STEPS
  check(subset("version " .. version, version, ALL, steps), "version " .. version .. " was refused")
end
check(subset("no protocol steps", 6, ALL, 0), "an MTA without any step was refused")
subset("no actions", 6, 0, POSTFIX_STEPS)
subset("nothing", 6, 0, 0)
for _, action in ipairs(ACTIONS) do subset("without action " .. action, 6, ALL & ~action, POSTFIX_STEPS) end
for name, step in pairs(STEPS) do
  check(subset("without " .. name, 6, ALL, POSTFIX_STEPS & ~step), "an MTA without " .. name .. " was refused")
end

-- A version above ours must be answered with one that we both speak, and the session must work.
local conn = connect()
greet(conn)
check(not mt.test_option(conn, SMFIP_NR_BODY) or not mt.test_option(conn, SMFIP_SKIP),
      "NR_BODY and SKIP were both asked for: SKIP is a reply")
check(not mt.test_option(conn, SMFIP_NOBODY), "the body was declined")
check(not mt.test_option(conn, SMFIP_NOHDRS), "the headers were declined")
mt.disconnect(conn)
