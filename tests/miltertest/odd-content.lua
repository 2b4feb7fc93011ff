-- Messages that no program writes but that reach a filter: no header, no body, 8 bits, long lines, much at once.
local conn = connect()
greet(conn)

local function begin()
  must(mt.mailfrom(conn, "<nguoigui@example.com>"), "mailfrom")
  must(mt.rcptto(conn, "<vanthu@daknong.gov.vn>"), "rcptto")
  must(mt.data(conn), "data")
end

local function finish(case)
  must(mt.eom(conn), "eom")
  check(PASS[answer(conn, "eom")], case .. ": got " .. answer(conn, "eom"))
end

begin(); must(mt.eoh(conn), "eoh"); finish("neither header nor body")
begin(); must(mt.header(conn, "Subject", " chi co tieu de"), "header"); must(mt.eoh(conn), "eoh"); finish("no body")
begin(); must(mt.eoh(conn), "eoh"); must(mt.bodystring(conn, "chi co than\r\n"), "body"); finish("no header")
begin(); must(mt.header(conn, "Subject", " \200\201\255"), "header"); must(mt.eoh(conn), "eoh")
must(mt.bodystring(conn, "\128\129\255\r\n"), "body"); finish("raw 8 bits")
begin(); must(mt.header(conn, "X-Dai", " " .. string.rep("a", 900)), "header"); must(mt.eoh(conn), "eoh"); finish("long header line")
begin()
for n = 1, 500 do must(mt.header(conn, "X-N", " " .. n), "header") end
must(mt.eoh(conn), "eoh"); finish("500 headers")
begin(); must(mt.eoh(conn), "eoh"); must(mt.bodyrandom(conn, 2000000), "bodyrandom"); finish("2 MB of lines")
begin(); must(mt.eoh(conn), "eoh")
for n = 1, 3000 do must(mt.bodystring(conn, "x"), "body") end
finish("3,000 body packets of one byte")
mt.disconnect(conn)
