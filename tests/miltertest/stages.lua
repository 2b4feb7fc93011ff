-- Every stage in order, one ordinary message: nothing but "go on" until the end, then accepted.
local conn = connect()
greet(conn)
local stage, reply = send(conn, "nguoigui@example.com", { "a@daknong.gov.vn", "b@daknong.gov.vn" }, "plain-vi")
expect(conn, "plain-vi", stage, reply, "eom", PASS)
check(not mt.eom_check(conn, MT_HDRADD), "a header was added to a letter that no rule tags")
check(not mt.eom_check(conn, MT_BODYCHANGE), "the body was replaced")
for _, rcpt in ipairs({ "<a@daknong.gov.vn>", "<b@daknong.gov.vn>" }) do
  check(not mt.eom_check(conn, MT_RCPTDELETE, rcpt), "a recipient was deleted")
end
check(not mt.eom_check(conn, MT_QUARANTINE), "quarantined")
mt.disconnect(conn)
