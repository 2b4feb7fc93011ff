-- The MTA goes away, politely or not, after each stage; the next connection is served as if nothing was.
local steps = {
  function(conn) must(mt.negotiate(conn, 6, 0x1fffff, 0x1ff), "negotiate") end,
  function(conn) must(mt.conninfo(conn, "client.example.net", "203.0.113.5"), "conninfo") end,
  function(conn) must(mt.helo(conn, "client.example.net"), "helo") end,
  function(conn) must(mt.mailfrom(conn, "<nguoigui@example.com>"), "mailfrom") end,
  function(conn) must(mt.rcptto(conn, "<vanthu@daknong.gov.vn>"), "rcptto") end,
  function(conn) must(mt.data(conn), "data") end,
  function(conn) must(mt.header(conn, "Subject", " thu"), "header") end,
  function(conn) must(mt.eoh(conn), "eoh") end,
  function(conn) must(mt.bodystring(conn, "xin chao\r\n"), "body") end,
}
for _, polite in ipairs({ true, false }) do
  for last = 1, #steps do
    local conn = plug()
    for step = 1, last do steps[step](conn) end
    mt.disconnect(conn, polite)
  end
end
local conn = connect()
greet(conn)
local stage, reply = send(conn, "nguoigui@example.com", OUR, "exe-top")
expect(conn, "after many that went away", stage, reply, "eom", REFUSE)
mt.disconnect(conn)
