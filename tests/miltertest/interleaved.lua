-- Two sessions in turn, stage by stage: neither sees anything of the other.
local good, bad = connect(), connect()
greet(good)
greet(bad)
for _, conn in ipairs({ good, bad }) do must(mt.mailfrom(conn, "<nguoigui@example.com>"), "mailfrom") end
for _, conn in ipairs({ good, bad }) do must(mt.rcptto(conn, "<vanthu@daknong.gov.vn>"), "rcptto") end
for _, conn in ipairs({ good, bad }) do must(mt.data(conn), "data") end
for name, value in headers("exe-top") do must(mt.header(bad, name, value), "header") end
for name, value in headers("plain-vi") do must(mt.header(good, name, value), "header") end
for _, conn in ipairs({ good, bad }) do must(mt.eoh(conn), "eoh") end
must(mt.bodyfile(bad, letters .. "/exe-top.body"), "body")
must(mt.bodyfile(good, letters .. "/plain-vi.body"), "body")
must(mt.eom(good), "eom")
check(PASS[answer(good, "eom")], "the good session got " .. answer(good, "eom"))
must(mt.eom(bad), "eom")
check(REFUSE[answer(bad, "eom")], "the bad session got " .. answer(bad, "eom"))
mt.disconnect(good)
mt.disconnect(bad)
