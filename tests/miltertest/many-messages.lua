-- Forty messages on one connection, refused and accepted in turn, some given up in the middle.
local conn = connect()
greet(conn)
for round = 1, 40 do
  if round % 4 == 0 then
    must(mt.mailfrom(conn, "<bo-do@example.com>"), "mailfrom")
    must(mt.rcptto(conn, "<vanthu@daknong.gov.vn>"), "rcptto")
    must(mt.header(conn, "Subject", " bo do"), "header")
    must(mt.abort(conn), "abort")
  end
  local letter = round % 2 == 0 and "exe-top" or "plain-vi"
  local stage, reply = send(conn, "nguoigui@example.com", OUR, letter)
  expect(conn, letter .. " in round " .. round, stage, reply, "eom", round % 2 == 0 and REFUSE or PASS)
end
mt.disconnect(conn)
