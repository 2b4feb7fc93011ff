-- Each verdict, and at which stage and how it is spoken (the idea of Postfix's src/milter/test-list):
-- all on one connection, so that a message's verdict must not stick to the next.
local conn = connect(site)
greet(conn)

local function try(case, sender, letter)
  local stage, reply = send(conn, sender, OUR, letter)
  return case .. " (" .. letter .. ")", stage, reply
end

for round = 1, 2 do
  local case, stage, reply = try("accept", "nguoigui@example.com", "plain-vi")
  expect(conn, case, stage, reply, "eom", PASS)
  check(not mt.eom_check(conn, MT_HDRINSERT) and not mt.eom_check(conn, MT_HDRADD), case .. ": a header was added")

  case, stage, reply = try("note", "ghi-chu@example.net", "plain-vi")
  expect(conn, case, stage, reply, "eom", PASS)
  check(not mt.eom_check(conn, MT_HDRINSERT) and not mt.eom_check(conn, MT_HDRADD), case .. ": a header was added")

  case, stage, reply = try("tag", "ghi-the@example.net", "plain-vi")
  expect(conn, case, stage, reply, "eom", PASS)
  check(mt.eom_check(conn, MT_HDRINSERT, "X-Gacthu-Tag") or mt.eom_check(conn, MT_HDRADD, "X-Gacthu-Tag"),
        case .. ": no X-Gacthu-Tag")

  case, stage, reply = try("quarantine", "giu-lai@example.net", "plain-vi")
  expect(conn, case, stage, reply, "eom", PASS)
  check(mt.eom_check(conn, MT_QUARANTINE), case .. ": not quarantined")

  -- Envelope facts only: may be answered at RCPT, or later.
  case, stage, reply = try("defer", "hoan-lai@example.net", "plain-vi")
  check((stage == "rcpt" or stage == "eom") and (reply == "TEMPFAIL" or reply == "REPLYCODE"),
        case .. ": got " .. reply .. " at " .. stage)
  must(mt.abort(conn), "abort")

  case, stage, reply = try("reject by envelope", "khong-nhan@example.net", "plain-vi")
  check((stage == "rcpt" or stage == "eom") and REFUSE[reply], case .. ": got " .. reply .. " at " .. stage)
  must(mt.abort(conn), "abort")

  case, stage, reply = try("reject by content", "nguoigui@example.com", "exe-top")
  expect(conn, case, stage, reply, "eom", REFUSE)
  check(reply == "REPLYCODE", case .. ": no reply text of its own")

  case, stage, reply = try("reject wins over quarantine", "giu-lai@example.net", "exe-top")
  expect(conn, case, stage, reply, "eom", REFUSE)
  check(not mt.eom_check(conn, MT_QUARANTINE), case .. ": quarantined too")
end
mt.disconnect(conn)
