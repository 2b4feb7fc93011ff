-- An unknown SMTP command: declined at negotiation, or answered so that the session goes on.
local conn = connect()
greet(conn)
if not mt.test_option(conn, SMFIP_NOUNKNOWN) then
  must(mt.unknown(conn, "XYZZY"), "unknown")
  check(NAMES[mt.getreply(conn)] == "CONTINUE" or mt.test_option(conn, SMFIP_NR_UNKN), "unknown: did not go on")
end
local stage, reply = send(conn, "nguoigui@example.com", OUR, "plain-vi")
expect(conn, "after an unknown command", stage, reply, "eom", PASS)
mt.disconnect(conn)

-- The same to an MTA that cannot leave the command out.
conn = plug()
must(mt.negotiate(conn, 6, 0, nil), "negotiate")
greet(conn)
must(mt.unknown(conn, "XYZZY"), "unknown")
check(NAMES[mt.getreply(conn)] == "CONTINUE", "unknown: did not go on")
stage, reply = send(conn, "nguoigui@example.com", OUR, "exe-top")
expect(conn, "after an unknown command that was answered", stage, reply, "eom", REFUSE)
mt.disconnect(conn)
