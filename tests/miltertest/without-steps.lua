-- An MTA that offers no protocol steps (an old one): every stage is answered, and the verdicts are the same.
for _, version in ipairs({ 2, 6 }) do
  for letter, wanted in pairs({ ["plain-vi"] = PASS, ["exe-top"] = REFUSE }) do
    local conn = plug()
    must(mt.negotiate(conn, version, 0, nil), "negotiate")
    greet(conn)
    local stage, reply = send(conn, "nguoigui@example.com", OUR, letter)
    expect(conn, letter .. ", version " .. version, stage, reply, "eom", wanted)
    mt.disconnect(conn)
  end
end
