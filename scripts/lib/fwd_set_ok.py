"""Innocent letters: nothing here may be refused as a forward. Lists, out-of-office, calendars, reports, what persons do themselves."""

import fwd_mail as m
from fwd_letters import CRLF, blob
from fwd_set import Set

OURS = "daknong.gov.vn"


def build(out: Set) -> None:
    lists_in(out)
    lists_out(out)
    away(out)
    calendars(out)
    reports(out)
    persons(out)


def ok(out: Set, file: str, mail, kind: str, role: str, sender: str, rcpts: str, expect: str = "not-refused", **more) -> None:
    out.add(file, mail, "innocent", kind, role, sender, rcpts, kind, expect, more.pop("evidence", "made"), **more)


# --- lists ------------------------------------------------------------------------------------


def post(seed: str, program: str, to: str, domain: str, name: str = "thanhvien", **more) -> m.Mail:
    return m.sent(m.write(seed, program, f"{name}@{domain}", to, **more), program if program in ("gmail", "outlook") else "postfix")


def lists_in(out: Set) -> None:
    for n, (rcpt, profile) in enumerate((("hungtv.stttt@daknong.gov.vn", "dak-nong"), ("maint.snv@daknong.gov.vn", "dak-nong"), ("phongqtm@soctrang.gov.vn", "soc-trang"))):
        host = ("lists.example.org", "mailman.example.net", "lists.example.com")[n]
        address = f"{('vietlug', 'an-toan-thong-tin', 'quan-tri-mang')[n]}@{host}"
        mail = post(f"mailman-{n}", ("thunderbird", "gmail", "outlook")[n], address, m.DOMAINS[n], text=m.TEXTS[n] + "\n_______________________________________________\n" + address)
        local = address.partition("@")[0]
        mail.heads += [f"X-BeenThere: {address}", "X-Mailman-Version: 2.1.39", "Precedence: list", f"List-Id: <{local}.{host}>", f"List-Unsubscribe: <https://{host}/options/{local}>", f"List-Post: <mailto:{address}>",
                       f'Errors-To: {local}-bounces@{host}', f'Sender: "{local}" <{local}-bounces@{host}>']
        m.hop(mail, "localhost", host, "", "ESMTP", "127.0.0.1", 7)
        ok(out, f"mailman2-in-{n + 1}", mail, "list", "mx", f"{local}-bounces@{host}", rcpt, profile=profile)
    for n, rcpt in enumerate(("tuanpq.ubnd@daknong.gov.vn", "ngocdt.skhdt@daknong.gov.vn")):
        host = "listes.example.org"
        mail = post(f"sympa-{n}", ("roundcube", "zimbra")[n], f"khoahoc@{host}", m.DOMAINS[n + 1])
        mail.heads += [f"X-Loop: khoahoc@{host}", "X-Sequence: 218", f"Errors-to: khoahoc-owner@{host}", "Precedence: list", "Precedence: bulk", f"Sender: khoahoc-request@{host}", "X-no-archive: yes", f"List-Id: <khoahoc.{host}>"]
        ok(out, f"sympa-in-{n + 1}", mail, "list", "mx", f"khoahoc-owner@{host}", rcpt)
    for n, rcpt in enumerate(("hanhlt.sxd@daknong.gov.vn", "khoadd.stc@daknong.gov.vn", "loanvt.snv@daknong.gov.vn")):
        group = ("chuyen-doi-so", "kien-truc-vn", "phu-huynh-12a1")[n]
        mail = post(f"ggroups-{n}", ("gmail", "outlook", "iphone")[n], f"{group}@googlegroups.com", m.DOMAINS[n])
        author = mail.value("From").rpartition("<")[2].rstrip(">")
        mail.top("X-Google-Group-Id: 719388471021", f"List-Post: <https://groups.google.com/group/{group}/post>, <mailto:{group}@googlegroups.com>", f"List-Help: <https://support.google.com/groups/>, <mailto:{group}+help@googlegroups.com>",
                 f"List-ID: <{group}.googlegroups.com>", f"Mailing-list: list {group}@googlegroups.com; contact {group}+owners@googlegroups.com", "Precedence: list", "X-Original-Authentication-Results: gmr-mx.google.com;       dkim=pass",
                 f"X-Original-Sender: {author}", f"X-Forwarded-Encrypted: i=2; AJvYcC{blob(group, 70).rstrip('=')}=@{OURS}", f"X-BeenThere: {group}@googlegroups.com", f"Sender: {group}@googlegroups.com")
        ok(out, f"google-groups-in-{n + 1}", mail, "list", "mx", f"{group}+bncBDQ{m.token(mail.draw, 20)}@googlegroups.com", rcpt, client=f"209.85.208.{56 + n}")
    for n, rcpt in enumerate(("thaodtn.sgd@daknong.gov.vn", "sonnv.snn@daknong.gov.vn")):
        mail = post(f"majordomo-{n}", ("web", "thunderbird")[n], "nongnghiep@majordomo.example.net", m.DOMAINS[n + 3])
        mail.top("Sender: owner-nongnghiep@majordomo.example.net", "Precedence: bulk", *(["X-Loop: nongnghiep@majordomo.example.net"] if n else []),
                 f"Received: (from majordom@localhost)\r\n\tby majordomo.example.net (8.14.4/8.14.4/Submit) id 08E{m.token(mail.draw, 8)}\r\n\tfor nongnghiep-outgoing; {mail.clock(64)}")
        ok(out, f"majordomo-in-{n + 1}", mail, "list", "mx", "owner-nongnghiep@majordomo.example.net", rcpt, note="Majordomo writes no List-Id")
    for n, rcpt in enumerate(("doantc.skhcn@daknong.gov.vn", "phuocnh.sgtvt@daknong.gov.vn")):
        mail = post(f"debian-{n}", ("thunderbird", "gmail")[n], "debian-user@lists.example.org", m.DOMAINS[n], text="Xin hỏi cách đặt milter trước rspamd?\n\nCảm ơn.")
        mail.top("Resent-Message-ID: <Y7xqKhF2MBB.A.3gG.kPwBqB@bendel>", "Resent-From: debian-user@lists.example.org", f"X-Mailing-List: <debian-user@lists.example.org> archive/latest/79{n}",
                 "X-Loop: debian-user@lists.example.org", "List-Id: <debian-user.lists.example.org>", "Precedence: list", "Resent-Sender: debian-user-request@lists.example.org", f"Resent-Date: {mail.clock(66, '+0000')} (UTC)")
        ok(out, f"resent-list-in-{n + 1}", mail, "list", "mx", f"bounce-debian-user={rcpt.replace('@', '=')}@lists.example.org", rcpt)
    mail = post("listserv", "outlook", "GIAODUC-L@LISTSERV.EXAMPLE.NET", "truong.example.org")
    mail.heads += ["Reply-To: GIAODUC <GIAODUC-L@LISTSERV.EXAMPLE.NET>", "Sender: GIAODUC <GIAODUC-L@LISTSERV.EXAMPLE.NET>", "Precedence: list", "List-Owner: <mailto:GIAODUC-L-request@LISTSERV.EXAMPLE.NET>"]
    ok(out, "listserv-in-1", mail, "list", "mx", "owner-GIAODUC-L@LISTSERV.EXAMPLE.NET", "thaodtn.sgd@daknong.gov.vn")
    for n, rcpt in enumerate(("vanthu.dakmil@daknong.gov.vn", "thuyntb.cdoan@soctrang.gov.vn")):
        mail = m.write(f"newsletter-{n}", "web", "bantin@example.com", rcpt, name="Bản tin Doanh nghiệp", subject="Bản tin tuần 38", more=("List-Unsubscribe: <https://example.com/huy>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                       "List-Id: 9c1b mc list <9c1b.list-id.mcsv.example.net>", "Precedence: bulk", "X-Campaign: mailchimp9c1b.7719"))
        ok(out, f"newsletter-in-{n + 1}", m.sent(mail), "newsletter", "mx", f"bounce-mc.us8_{m.token(mail.draw, 8)}-{rcpt.replace('@', '=')}@mail8.mcsv.example.net", rcpt, profile=("dak-nong", "soc-trang")[n])
    for n, rcpt in enumerate(("chaunm.vpub@daknong.gov.vn", "hoindt@soctrang.gov.vn")):
        mail = m.write(f"chinhphu-{n}", "web", "bantin@chinhphu.vn", "vanban-moi@chinhphu.vn", name="Cổng Thông tin điện tử Chính phủ", subject="Văn bản chỉ đạo, điều hành mới trong ngày", more=("List-Id: <vanban-moi.chinhphu.vn>", "Precedence: bulk"))
        ok(out, f"state-newsletter-in-{n + 1}", m.sent(mail), "newsletter", "mx", "vanban-moi-bounces@chinhphu.vn", rcpt, profile=("dak-nong", "soc-trang")[n])


def lists_out(out: Set) -> None:
    for n, (author, program) in enumerate((("gv.toan@example.org", "gmail"), ("cuonglv.sct@daknong.gov.vn", "zimbra"), ("biendich@congty.example.com", "outlook"))):
        address = ("giaovien@lists.daknong.gov.vn", "hiephoi-dn@lists.daknong.gov.vn", "nguoidungdvc@lists.daknong.gov.vn")[n]
        local = address.partition("@")[0]
        mail = m.into(m.sent(m.write(f"own-list-{n}", program, author, address), program if program in ("gmail", "outlook") else "postfix"), address)
        mail.heads += [f"Message-ID-Hash: {m.token(mail.draw, 32)}", f"X-MailFrom: {author}", "X-Mailman-Rule-Hits: member-moderation", "X-Mailman-Version: 3.3.8", "Precedence: list", f"List-Id: <{local}.lists.daknong.gov.vn>",
                       f"List-Post: <mailto:{address}>", f"List-Unsubscribe: <mailto:{local}-leave@lists.daknong.gov.vn>"]
        ok(out, f"mailman3-out-{n + 1}", mail, "list", "mailbox", f"{local}-bounces@lists.daknong.gov.vn", ("bui.gv@gmail.com,thay.ba@yahoo.com", "sieuthi.dn@gmail.com", "dan.cujut@gmail.com")[n])
    for n in range(2):
        mail = m.into(m.sent(m.write(f"own-sympa-{n}", "thunderbird", ("hoivien@example.net", "tapchi@example.com")[n], "vanhoc@lists.daknong.gov.vn")), "vanhoc@lists.daknong.gov.vn")
        mail.heads += ["X-Loop: vanhoc@lists.daknong.gov.vn", "X-Sequence: 41", "Errors-To: vanhoc-owner@lists.daknong.gov.vn", "Precedence: list", "Sender: vanhoc-request@lists.daknong.gov.vn", "List-Id: <vanhoc.lists.daknong.gov.vn>"]
        ok(out, f"sympa-out-{n + 1}", mail, "list", "mailbox", "vanhoc-owner@lists.daknong.gov.vn", ("nhatho.tn@gmail.com", "nhavan.dn@outlook.com")[n])
    for n, profile in enumerate(("dak-nong", "soc-trang", "dak-nong")):
        domain = ("daknong.gov.vn", "soctrang.gov.vn", "daknong.gov.vn")[n]
        mail = m.write(f"own-news-{n}", "web", f"bantin@{domain}", f"bantin@{domain}", name="Cổng thông tin điện tử tỉnh", subject=("Bản tin điều hành số 37", "Tin tức nổi bật trong tuần", "Giá nông sản ngày 18/9/2026")[n],
                       more=(f"List-Id: <bantin.{domain}>", f"List-Unsubscribe: <https://{domain}/huy-dang-ky>", "Precedence: bulk", "Auto-Submitted: auto-generated"))
        ok(out, f"own-newsletter-out-{n + 1}", mail, "newsletter", "mailbox", f"bantin-bounces@{domain}", ("nguoi.dan@gmail.com", "bao.st@yahoo.com", "@300:gmail.com")[n], profile=profile)
    # 600 recipients, and blind copies.
    for n, (sender, role) in enumerate((("thongbao@daknong.gov.vn", "mailbox"), ("vanthu.vpub@daknong.gov.vn", "submission"))):
        mail = m.write(f"many-{n}", ("zimbra", "outlook")[n], sender, "undisclosed-recipients:;" if n else sender, subject="Thông báo thay đổi số điện thoại đường dây nóng")
        ok(out, f"six-hundred-{n + 1}", mail, "bulk", role, sender, "@600:example.com" if n else "@600:gmail.com", auth="vanthu.vpub" if n else "-")
    for n, (sender, to, rcpts, role) in enumerate((
            ("hungtv.stttt@daknong.gov.vn", "undisclosed-recipients:;", "khach1@gmail.com,khach2@yahoo.com", "submission"), ("maint.snv@daknong.gov.vn", "maint.snv@daknong.gov.vn", "ungvien7@gmail.com", "mailbox"),
            ("tuanpq.ubnd@daknong.gov.vn", "lienhe@example.com", "lienhe@example.com,luu.ban.sao@gmail.com", "submission"), ("ngocdt.skhdt@daknong.gov.vn", "nhadautu@example.net", "tu.van@gmail.com", "mailbox"))):
        mail = m.write(f"bcc-{n}", ("thunderbird", "zimbra", "outlook", "iphone")[n], sender, to)
        ok(out, f"bcc-{n + 1}", m.zimbra_out(mail) if role == "mailbox" else mail, "bcc", role, sender, rcpts, auth=sender.partition("@")[0] if role == "submission" else "-")
    # A blind copy alone: the Received of our server names the recipient himself.
    for n, (sender, to) in enumerate((("hanhlt.sxd@daknong.gov.vn", "giamsat@gmail.com"), ("phongqtm@soctrang.gov.vn", "hotro.rieng@yahoo.com"))):
        mail = m.write(f"bcc-alone-{n}", ("thunderbird", "roundcube")[n], sender, "undisclosed-recipients:;" if n else sender)
        m.hop(mail, "pc", f"thu.{sender.rpartition('@')[2]}", to, "ESMTPSA", "10.20.30.40")
        ok(out, f"bcc-alone-{n + 1}", mail, "bcc", "mailbox", sender, to, profile=("dak-nong", "soc-trang")[n])


# --- out-of-office ----------------------------------------------------------------------------

AWAY = ("Tôi đi công tác từ ngày 14/9 đến 19/9/2026. Việc gấp xin liên hệ anh Hùng, số 0261 000 0001.", "Hiện tôi nghỉ phép, không đọc thư. Thư của anh/chị sẽ được trả lời khi tôi trở lại cơ quan.",
        "Cảm ơn anh/chị đã liên hệ. Tôi đã chuyển công tác; xin gửi về vanthu@daknong.gov.vn.", "Xin chào, tôi đang tham gia lớp bồi dưỡng và trả lời thư chậm.")


def away(out: Set) -> None:
    def reply(seed: str, program: str, sender: str, to: str, subject: str, text: str, *heads: str) -> m.Mail:
        mail = m.write(seed, program, sender, to, subject=subject, text=text)
        mail.heads += [f"In-Reply-To: <{m.token(mail.draw, 20)}@example.com>", f"References: <{m.token(mail.draw, 20)}@example.com>", *heads]
        return mail

    for n, (sender, to, env) in enumerate((("hungtv.stttt@daknong.gov.vn", "khach@gmail.com", ""), ("havtt.vpub@soctrang.gov.vn", "phongvien@example.com", ""), ("truongbx.stp@daknong.gov.vn", "luatsu@yahoo.com", "truongbx.stp@daknong.gov.vn"))):
        ok(out, f"away-zimbra-{n + 1}", m.zimbra_out(reply(f"away-z-{n}", "zimbra", sender, to, "Re: " + m.TOPICS[n], AWAY[n], "Auto-Submitted: auto-replied (zimbra; vacation)", "Precedence: bulk")), "out-of-office", "mailbox", env, to,
           profile="soc-trang" if n == 1 else "dak-nong")
    for n, (sender, to, env) in enumerate((("loanvt.snv@daknong.gov.vn", "hoidoan@gmail.com", ""), ("khoadd.stc@daknong.gov.vn", "nganhang@example.net", ""), ("hanhlt.sxd@daknong.gov.vn", "nhathau@outlook.com", "hanhlt.sxd@daknong.gov.vn"))):
        mail = reply(f"away-x-{n}", "outlook", sender, to, "Trả lời tự động: " + m.TOPICS[n + 3], AWAY[n], "X-Auto-Response-Suppress: All", f"X-MS-Exchange-Inbox-Rules-Loop: {sender}", "auto-submitted: auto-generated",
                     "x-ms-exchange-generated-message-source: Mailbox Rules Agent", f"x-ms-exchange-parent-message-id: <{m.token(m.random.Random(n), 16)}@example.com>")
        ok(out, f"away-exchange-{n + 1}", m.exchange_hop(mail), "out-of-office", "mailbox", env, to, note="bears the fields of Exchange's rules as a forward does")
    for n, (sender, to) in enumerate((("dungbt.krongno@daknong.gov.vn", "ban.be@gmail.com"), ("lenth.stttt@soctrang.gov.vn", "congdan@gmail.com"))):
        mail = reply(f"away-d-{n}", "web", sender, to, "Auto: " + m.TOPICS[n + 5], AWAY[3], "Auto-Submitted: auto-replied (vacation)", "Precedence: bulk", "X-Auto-Response-Suppress: All")
        mail.heads = [head for head in mail.heads if not head.startswith("X-Mailer")]
        ok(out, f"away-dovecot-{n + 1}", mail.top("X-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)"), "out-of-office", "mailbox" if n else "local", "", to, profile=("dak-nong", "soc-trang")[n])
    mail = reply("away-vacation1", "thunderbird", "thukho@daknong.gov.vn", "thuongmai@example.org", "away from my mail", AWAY[1], "Precedence: bulk", "Auto-Submitted: auto-replied")
    ok(out, "away-vacation1-1", mail, "out-of-office", "local", "", "thuongmai@example.org")
    for n, (sender, rcpt, client) in enumerate((("ban.cu@gmail.com", "hungtv.stttt@daknong.gov.vn", "209.85.208.61"), ("doi.tac@outlook.com", "maint.snv@daknong.gov.vn", "40.107.215.60"), ("giamdoc@example.com", "tuanpq.ubnd@soctrang.gov.vn", ""))):
        mail = reply(f"away-in-{n}", ("gmail", "outlook", "iphone")[n], sender, rcpt, ("Trả lời tự động: " , "Automatic reply: ", "Vắng mặt: ")[n] + m.TOPICS[n], AWAY[n],
                     *(("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"), ("Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", f"X-MS-Exchange-Inbox-Rules-Loop: {sender}"), ("Auto-Submitted: auto-replied",))[n])
        ok(out, f"away-in-{n + 1}", m.sent(mail, ("gmail", "outlook", "postfix")[n]), "out-of-office", "mx", "" if n != 1 else sender, rcpt, client=client, profile="soc-trang" if n == 2 else "dak-nong")


# --- calendars --------------------------------------------------------------------------------


def meeting(mail: m.Mail, method: str, organizer: str, attendee: str) -> m.Mail:
    text = (f"BEGIN:VCALENDAR\nPRODID:-//Zimbra//VN\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{m.token(mail.draw, 16)}\nDTSTART;TZID=Asia/Ho_Chi_Minh:20260925T080000\nDTEND;TZID=Asia/Ho_Chi_Minh:20260925T093000\n"
            f"SUMMARY:Họp giao ban quý III\nORGANIZER:mailto:{organizer}\nATTENDEE;PARTSTAT={'ACCEPTED' if method == 'REPLY' else 'NEEDS-ACTION'}:mailto:{attendee}\nEND:VEVENT\nEND:VCALENDAR\n")
    boundary = "_=_lich_" + m.token(mail.draw, 12)
    mail.heads = [head for head in mail.heads if not head.lower().startswith("content-type")] + [f'Content-Type: multipart/alternative; boundary="{boundary}"']
    mail.body = m.multi(boundary, m.part("text/plain", "Lịch họp giao ban quý III, 8 giờ ngày 25/9/2026."), m.part(f"text/calendar; method={method}; name=meeting.ics", text))
    return mail


def calendars(out: Set) -> None:
    cases = (("zimbra", "hungtv.stttt@daknong.gov.vn", "doitac@gmail.com", "REQUEST", "mailbox"), ("outlook", "khoadd.stc@daknong.gov.vn", "nganhang@example.com", "REQUEST", "mailbox"), ("zimbra", "maint.snv@daknong.gov.vn", "toasoan@gmail.com", "REPLY", "mailbox"),
             ("outlook", "tuanpq.ubnd@soctrang.gov.vn", "vien@example.org", "REPLY", "mailbox"), ("thunderbird", "ngocdt.skhdt@daknong.gov.vn", "nhadautu@example.net", "CANCEL", "submission"))
    for n, (program, sender, to, method, role) in enumerate(cases):
        mail = meeting(m.write(f"meeting-{n}", program, sender, to, subject=("Mời họp: ", "Chấp nhận: ", "Hủy: ")[("REQUEST", "REPLY", "CANCEL").index(method)] + "Họp giao ban quý III"), method, sender if method != "REPLY" else to, to if method != "REPLY" else sender)
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if role == "mailbox" else mail
        ok(out, f"calendar-out-{n + 1}", mail, "calendar", role, sender, to, auth=sender.partition("@")[0] if role == "submission" else "-", profile="soc-trang" if "soctrang" in sender else "dak-nong")
    for n, (organizer, forwarder) in enumerate((("vien@example.org", "hanhlt.sxd@daknong.gov.vn"), ("hiephoi@example.com", "loanvt.snv@daknong.gov.vn"))):
        mail = meeting(m.write(f"meeting-fwd-{n}", "outlook", organizer, "moi.them@gmail.com", subject="FW: Họp tổng kết dự án"), "REQUEST", organizer, "moi.them@gmail.com")
        mail.heads += [f"Sender: {forwarder}", "X-MS-Exchange-CalendarOriginatorId: C=VN"]
        ok(out, f"calendar-forwarded-{n + 1}", m.exchange_hop(mail), "calendar", "mailbox", forwarder, "moi.them@gmail.com", note="a person invites one more: Outlook keeps the organiser in From and puts the person into Sender")
    for n, rcpt in enumerate(("doantc.skhcn@daknong.gov.vn", "chaunm.vpub@daknong.gov.vn")):
        mail = meeting(m.write(f"meeting-in-{n}", "gmail", f"to.chuc{n}@gmail.com", rcpt, subject="Lời mời: Hội thảo chuyển đổi số"), "REQUEST", f"to.chuc{n}@gmail.com", rcpt)
        mail.heads += ["Sender: Google Calendar <calendar-notification@google.com>", "Reply-To: to.chuc@gmail.com", "Auto-Submitted: auto-generated"]
        ok(out, f"calendar-in-{n + 1}", m.sent(mail, "gmail"), "calendar", "mx", "3Kj7xZBYKBKk-calendar-notification@google.com" if n else f"to.chuc{n}@gmail.com", rcpt, client="209.85.208.90")


# --- reports ----------------------------------------------------------------------------------


def report(seed: str, sender: str, to: str, subject: str, kind: str, human: str, machine: str, original: str, *heads: str) -> m.Mail:
    mail = m.write(seed, "web", sender, to, name="Mail Delivery System", subject=subject, text=human)
    boundary = f"{m.token(mail.draw, 11)}.1789{mail.draw.randrange(10**6)}/mx"
    mail.heads = [head for head in mail.heads if not head.startswith(("Content-Type", "X-Mailer"))] + [*heads, f"Content-Type: multipart/report; report-type={kind};{CRLF}\tboundary=\"{boundary}\""]
    name = "delivery-status" if kind == "delivery-status" else "disposition-notification"
    mail.body = m.multi(boundary, m.part("text/plain", human, "8bit"), f"Content-Type: message/{name}{CRLF}{CRLF}{machine.replace(chr(10), CRLF)}{CRLF}",
                        f"Content-Type: message/rfc822{CRLF}{CRLF}{original}{CRLF}")
    return mail


def reports(out: Set) -> None:
    status = "Reporting-MTA: dns; box.daknong.gov.vn\nArrival-Date: Tue, 15 Sep 2026 08:31:00 +0700\n\nFinal-Recipient: rfc822; {rcpt}\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n"
    for n, (to, server, rcpt) in enumerate((("khach@gmail.com", "Postfix", "yenvk.sot@daknong.gov.vn"), ("ketoan@example.com", "Exchange", "kietcv.sot@daknong.gov.vn"), ("lienhe@example.net", "Exim", "giangnt.snv@daknong.gov.vn"), ("phongvien@yahoo.com", "Zimbra", "havtt.vpub@soctrang.gov.vn"),
                                            ("nhathau@outlook.com", "Dovecot", "minhht.gialai@daknong.gov.vn"), ("shop@example.org", "Sendmail", "trangph.dakglong@daknong.gov.vn"))):
        original = m.into(m.sent(m.write(f"dsn-o-{n}", "gmail", to, rcpt), "gmail"), rcpt).bytes().decode()
        subject = {"Postfix": "Undelivered Mail Returned to Sender", "Exchange": "Không gửi được: " + m.TOPICS[n], "Exim": "Mail delivery failed: returning message to sender", "Zimbra": "Undelivered Mail Returned to Sender",
                   "Dovecot": "Rejected: " + m.TOPICS[n], "Sendmail": "Returned mail: see transcript for details"}[server]
        domain = rcpt.rpartition("@")[2]
        mail = report(f"dsn-{n}", f"MAILER-DAEMON@box.{domain}" if server != "Exchange" else f"postmaster@{domain}", to, subject, "delivery-status", f"This is the mail system at host box.{domain}.\n\n<{rcpt}>: mailbox full", status.format(rcpt=rcpt), original,
                      "Auto-Submitted: auto-replied", *([f"X-MS-Exchange-Message-Is-Ndr:", "X-MS-Exchange-Inbox-Rules-Loop: kietcv.sot@daknong.gov.vn"] if server == "Exchange" else [f"X-Failed-Recipients: {rcpt}"] if server == "Exim" else []))
        mail = m.exchange_hop(mail) if server == "Exchange" else m.zimbra_out(mail) if server == "Zimbra" else mail
        ok(out, f"dsn-out-{n + 1}", mail, "dsn", "mailbox", "", to, profile="soc-trang" if "soctrang" in rcpt else "dak-nong")
    read = "Reporting-UA: hop-thu.daknong.gov.vn; Zimbra\nFinal-Recipient: rfc822;{rcpt}\nOriginal-Message-ID: <1@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    for n, (sender, to, program) in enumerate((("ngocdt.skhdt@daknong.gov.vn", "nhadautu@gmail.com", "zimbra"), ("khoadd.stc@daknong.gov.vn", "kiemtoan@example.com", "outlook"), ("phongqtm@soctrang.gov.vn", "hotro@example.org", "thunderbird"))):
        mail = report(f"mdn-{n}", sender, to, ("Đã đọc: ", "Read: ", "Return Receipt (displayed): ")[n] + m.TOPICS[n], "disposition-notification", "Thư đã được mở trên máy của người nhận.", read.format(rcpt=sender), "Subject: =?utf-8?q?Th=C6=B0?=\r\n")
        ok(out, f"mdn-out-{n + 1}", m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail, "mdn", "mailbox" if n < 2 else "submission", "" if n != 1 else sender, to,
           auth="phongqtm" if n == 2 else "-", profile="soc-trang" if n == 2 else "dak-nong")
    for n, (rcpt, client) in enumerate((("hungtv.stttt@daknong.gov.vn", "209.85.208.95"), ("maint.snv@daknong.gov.vn", ""), ("havtt.vpub@soctrang.gov.vn", ""))):
        mail = report(f"dsn-in-{n}", ("mailer-daemon@googlemail.com", "MAILER-DAEMON@mx.example.com", "postmaster@example.net")[n], rcpt, ("Delivery Status Notification (Failure)", "failure notice", "Delayed Mail (still being retried)")[n], "delivery-status",
                      "Address not found", status.format(rcpt="khong.co@gmail.com"), "Subject: x\r\n", "Auto-Submitted: auto-replied", *(["X-Failed-Recipients: khong.co@gmail.com"] if not n else []))
        ok(out, f"dsn-in-{n + 1}", mail, "dsn", "mx", "", rcpt, client=client, profile="soc-trang" if n == 2 else "dak-nong")
    mail = m.write("qmail-bounce", "web", "MAILER-DAEMON@daknong.gov.vn", "khach@example.com", name="-", subject="failure notice",
                   text="Hi. This is the qmail-send program at daknong.gov.vn.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<x@daknong.gov.vn>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <khach@example.com>\nDelivered-To: x@daknong.gov.vn\nFrom: khach@example.com\nTo: x@daknong.gov.vn\n")
    ok(out, "qmail-bounce-1", mail, "dsn", "mailbox", "", "khach@example.com", note="no multipart/report: an old server")


# --- what persons do --------------------------------------------------------------------------


def persons(out: Set) -> None:
    quoted = "\n\n---------- Forwarded message ---------\nFrom: Công ty An Phát <anphat@example.com>\nDate: Tue, 15 Sep 2026 at 08:30\nSubject: Báo giá\nTo: <{to}>\n\nKính gửi quý cơ quan báo giá như đã trao đổi.\n"
    for n, (program, sender, to, subject, role, more) in enumerate((
            ("zimbra", "hungtv.stttt@daknong.gov.vn", "vo.hung@gmail.com", "Fwd: Báo giá", "mailbox", ()), ("outlook", "khoadd.stc@daknong.gov.vn", "khoa.dd.stc@gmail.com", "FW: Báo giá", "mailbox", ()),
            ("thunderbird", "maint.snv@daknong.gov.vn", "con.gai@yahoo.com", "Fwd: Báo giá", "submission", ("X-Forwarded-Message-Id: <bg@example.com>",)), ("iphone", "tuanpq.ubnd@soctrang.gov.vn", "baoduong@example.net", "Chuyển tiếp: Báo giá", "submission", ()),
            ("roundcube", "ngocdt.skhdt@daknong.gov.vn", "tuvan@example.org", "CT: Báo giá", "mailbox", ("X-Forwarded-Message-Id: <bg@example.com>",)), ("outlook", "hanhlt.sxd@daknong.gov.vn", "nhathau@gmail.com", "TR: Báo giá", "mailbox", ("References: <bg@example.com>",)))):
        mail = m.write(f"fwd-{n}", program, sender, to, subject=subject, text="Anh xem giúp." + quoted.format(to=sender), more=more)
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail
        ok(out, f"person-forward-inline-{n + 1}", mail, "person-forward", role, sender, to, auth=sender.partition("@")[0] if role == "submission" else "-", profile="soc-trang" if "soctrang" in sender else "dak-nong")
    for n, (program, sender, to, inner) in enumerate((("thunderbird", "loanvt.snv@daknong.gov.vn", "loan.o.nha@gmail.com", "sieve"), ("zimbra", "truongbx.stp@daknong.gov.vn", "luatsu@example.com", "gmail"), ("outlook", "duongcb.stnmt@daknong.gov.vn", "moitruong@example.org", "exchange"),
                                                       ("roundcube", "phongqtm@soctrang.gov.vn", "hotro@example.net", "srs"))):
        original = m.into(m.sent(m.write(f"fwd-a-o-{n}", "gmail", "anphat@gmail.com", sender), "gmail"), sender)
        original = {"sieve": lambda: m.pigeonhole(original, sender), "gmail": lambda: m.gmail_forward(original, "truong.stp@gmail.com", sender), "exchange": lambda: m.exchange_redirect(original, sender), "srs": lambda: m.postfix_local(original, sender, "thu.soctrang.gov.vn")}[inner]()
        mail = m.write(f"fwd-a-{n}", program, sender, to, subject="Fwd: Hồ sơ", text="Chuyển anh bản gốc, xem phần đầu thư để biết đường đi.")
        boundary = "----=_kem_" + m.token(mail.draw, 16)
        mail.heads = [head for head in mail.heads if not head.startswith("Content-Type")] + [f'Content-Type: multipart/mixed; boundary="{boundary}"']
        mail.body = m.multi(boundary, m.part("text/plain", "Chuyển anh bản gốc."), f"Content-Type: message/rfc822; name=\"ho-so.eml\"{CRLF}Content-Disposition: attachment; filename=\"ho-so.eml\"{CRLF}{CRLF}{original.bytes().decode()}{CRLF}")
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail
        ok(out, f"person-forward-attached-{n + 1}", mail, "person-forward", "submission" if n in (0, 3) else "mailbox", sender, to, auth=sender.partition("@")[0] if n in (0, 3) else "-", profile="soc-trang" if n == 3 else "dak-nong",
           note="the marks of a machine forward stand in the attached letter only")
    for n, (rcpt, program) in enumerate((("vanthu.dakmil@daknong.gov.vn", "gmail"), ("vanthu@soctrang.gov.vn", "outlook"))):
        mail = m.sent(m.write(f"fwd-in-{n}", program, f"to.truong{n}@gmail.com", rcpt, subject="Fwd: Đơn kiến nghị", text="Kính chuyển văn thư." + quoted.format(to="to.truong@gmail.com")), "gmail")
        ok(out, f"person-forward-in-{n + 1}", mail, "person-forward", "mx", f"to.truong{n}@gmail.com", rcpt, client="209.85.208.99", profile=("dak-nong", "soc-trang")[n])
    # Resent-*: a person bounces a letter with mutt. The regulations speak of a setting ("chế độ … tự động"); this is an act.
    for n, (sender, to) in enumerate((("doantc.skhcn@daknong.gov.vn", "dongnghiep@gmail.com"), ("phuocnh.sgtvt@daknong.gov.vn", "khoahoc@example.org"), ("lenth.stttt@soctrang.gov.vn", "len.o.nha@gmail.com"))):
        mail = m.into(m.sent(m.write(f"resent-{n}", "thunderbird", f"nghiencuu{n}@example.com", sender)), sender)
        mail.top(f"Resent-From: {sender}", f"Resent-Date: {mail.clock(95)}", f"Resent-Message-ID: <{m.token(mail.draw, 14)}@{sender.rpartition('@')[2]}>", f"Resent-To: {to}", "Resent-User-Agent: Mutt/2.2.12 (2023-09-09)")
        ok(out, f"person-resent-{n + 1}", mail, "person-resent", "submission", sender, to, auth=sender.partition("@")[0], evidence="documented", profile="soc-trang" if n == 2 else "dak-nong",
           note="by a logged-in user's own program: an act of a person, not a setting (Điều 13.5, Điều 9.3)")
    for n, (box, to) in enumerate((("ngocdt.skhdt@daknong.gov.vn", "ngoc.kh@gmail.com"), ("havtt.vpub@soctrang.gov.vn", "baochi@example.net"))):
        mail = m.into(m.sent(m.write(f"zimbra-bounce-{n}", "outlook", f"khachhang{n}@example.org", box), "outlook"), box)
        mail.top(f"Resent-Date: {mail.clock(96)}", f"Resent-From: {box}", f"Resent-To: {to}", f"Resent-Message-ID: <{mail.draw.randrange(10**9)}.17.JavaMail.zimbra@{box.rpartition('@')[2]}>")
        out.add(f"zimbra-redirect-by-hand-{n + 1}", m.zimbra_out(mail), "border", "zimbra-resent", "mailbox", box, to, "person-resent", "not-refused", "documented", profile=("dak-nong", "soc-trang")[n],
                note="Zimbra's web client, `Redirect`: a person's act, though nothing but the absence of a rule's field shows it; reported apart")
