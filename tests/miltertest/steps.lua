-- What the scripts here share. The runner (scripts/lib/miltertest.py) defines the globals
--   sock, site    where a gacthu with the policy of Đắk Nông, and one with a site's own rules, listen
--   letters       a folder with NAME.head and NAME.body for each message that is sent
-- A failed check ends the script with an error, and miltertest with a status that is not 0.

STAGES = { "connect", "helo", "mail", "rcpt", "data", "header", "eoh", "body", "eom" }
NO_REPLY = {
  connect = SMFIP_NR_CONN, helo = SMFIP_NR_HELO, mail = SMFIP_NR_MAIL, rcpt = SMFIP_NR_RCPT,
  data = SMFIP_NR_DATA, header = SMFIP_NR_HDR, eoh = SMFIP_NR_EOH, body = SMFIP_NR_BODY,
}

NAMES = {}
for name, value in pairs({ CONTINUE = SMFIR_CONTINUE, ACCEPT = SMFIR_ACCEPT, REJECT = SMFIR_REJECT,
                           TEMPFAIL = SMFIR_TEMPFAIL, REPLYCODE = SMFIR_REPLYCODE, DISCARD = SMFIR_DISCARD }) do
  NAMES[value] = name
end

function must(problem, what)
  if problem ~= nil then error(what .. ": " .. tostring(problem), 2) end
end

function check(condition, what)
  if not condition then error(what, 2) end
end

-- A connection that is not negotiated yet.
function plug(where)
  local conn = mt.connect(where or sock, 20, 0.1)
  check(conn ~= nil, "no connection to " .. (where or sock))
  return conn
end

-- A connection negotiated as Postfix 3 does it. (mt.negotiate takes version, steps, actions: its manual page has the
-- last two the other way round.)
function connect(where)
  local conn = plug(where)
  must(mt.negotiate(conn, 6, 0x1fffff, 0x1ff), "negotiate")
  return conn
end

-- The reply at a stage that answers; "-" where the filter said that it does not.
function answer(conn, stage)
  local bit = NO_REPLY[stage]
  if bit ~= nil and mt.test_option(conn, bit) then return "-" end
  local reply = mt.getreply(conn)
  return NAMES[reply] or ("reply " .. tostring(reply))
end

function continues(conn, stage)
  local got = answer(conn, stage)
  check(got == "-" or got == "CONTINUE", stage .. ": expected to continue, got " .. got)
end

function greet(conn, host, ip)
  must(mt.conninfo(conn, host or "client.example.net", ip or "203.0.113.5"), "conninfo")
  continues(conn, "connect")
  must(mt.helo(conn, "client.example.net"), "helo")
  continues(conn, "helo")
end

-- Sends one message as far as the filter lets it; answers the stage that ended it and the reply there.
function send(conn, sender, rcpts, letter)
  must(mt.macro(conn, SMFIC_MAIL, "i", "4MXq1z0Fzz", "{mail_addr}", sender), "macro")
  must(mt.mailfrom(conn, "<" .. sender .. ">", "BODY=8BITMIME"), "mailfrom")
  local got = answer(conn, "mail")
  if got ~= "-" and got ~= "CONTINUE" then return "mail", got end
  local accepted = 0
  for _, rcpt in ipairs(rcpts) do
    must(mt.rcptto(conn, "<" .. rcpt .. ">"), "rcptto")
    got = answer(conn, "rcpt")
    if got == "-" or got == "CONTINUE" then accepted = accepted + 1 end
  end
  if accepted == 0 then return "rcpt", got end
  must(mt.data(conn), "data")
  continues(conn, "data")
  for name, value in headers(letter) do
    must(mt.header(conn, name, value), "header " .. name)
    continues(conn, "header")
  end
  must(mt.eoh(conn), "eoh")
  continues(conn, "eoh")
  must(mt.bodyfile(conn, letters .. "/" .. letter .. ".body"), "bodyfile")
  continues(conn, "body")
  must(mt.eom(conn), "eom")
  return "eom", answer(conn, "eom")
end

-- Name and value of each header field; folded lines are joined with LF, as Postfix does.
function headers(letter)
  local fields, file = {}, assert(io.open(letters .. "/" .. letter .. ".head", "rb"))
  for line in file:lines() do
    line = line:gsub("\r$", "")
    local name, value = line:match("^([^%s:]+):(.*)$")
    if line:match("^[ \t]") and #fields > 0 then
      fields[#fields][2] = fields[#fields][2] .. "\n" .. line
    elseif name then
      fields[#fields + 1] = { name, value }
    end
  end
  file:close()
  local at = 0
  return function()
    at = at + 1
    if fields[at] then return fields[at][1], fields[at][2] end
  end
end

function expect(conn, case, stage, reply, wanted_stage, wanted)
  check(stage == wanted_stage and wanted[reply],
        case .. ": got " .. reply .. " at " .. stage .. ", not what is wanted at " .. wanted_stage)
end

PASS = { CONTINUE = true, ACCEPT = true }
REFUSE = { REPLYCODE = true, REJECT = true }
OUR = { "vanthu@daknong.gov.vn" }
