-- Clients and envelopes of every kind: IPv4, IPv6, unknown family, null sender, quoted and UTF-8 addresses.
for _, ip in ipairs({ "203.0.113.5", "2001:db8::5", "127.0.0.1", "unspec" }) do
  local conn = connect()
  greet(conn, "client.example.net", ip)
  for _, sender in ipairs({ "", "nguoigui@example.com", '"a b"@example.com', "nguyễn@ví-dụ.example.com", "@", "a@[192.0.2.1]" }) do
    local stage, reply = send(conn, sender, { "vanthu@daknong.gov.vn", '"c d"@daknong.gov.vn', "postmaster" }, "plain-vi")
    expect(conn, "from <" .. sender .. "> at " .. ip, stage, reply, "eom", PASS)
  end
  mt.disconnect(conn)
end
