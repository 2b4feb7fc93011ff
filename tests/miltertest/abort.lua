-- ABORT after each stage of a message that would be refused: nothing of it reaches the next one.
local conn = connect()
greet(conn)
for last = 1, 6 do
  must(mt.mailfrom(conn, "<xau@example.net>"), "mailfrom")
  if last > 1 then must(mt.rcptto(conn, "<vanthu@daknong.gov.vn>"), "rcptto") end
  if last > 2 then must(mt.data(conn), "data") end
  if last > 3 then
    for name, value in headers("exe-top") do must(mt.header(conn, name, value), "header") end
  end
  if last > 4 then must(mt.eoh(conn), "eoh") end
  if last > 5 then must(mt.bodyfile(conn, letters .. "/exe-top.body"), "body") end
  must(mt.abort(conn), "abort")
  local stage, reply = send(conn, "nguoigui@example.com", OUR, "plain-vi")
  expect(conn, "after ABORT " .. last, stage, reply, "eom", PASS)
end
mt.disconnect(conn)
