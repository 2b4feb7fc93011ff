"""Innocent letters that are acts: calendars, reports of servers, what persons send on themselves."""

import fwd_mail as m
from fwd_letters import CRLF
from fwd_set import Set
from fwd_set_ok import ok


def build(out: Set) -> None:
    calendars(out)
    reports(out)
    persons(out)


# --- calendars --------------------------------------------------------------------------------


def meeting(mail: m.Mail, method: str, organizer: str, attendee: str) -> m.Mail:
    text = (
        f"BEGIN:VCALENDAR\nPRODID:-//Zimbra//VN\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{m.token(mail.draw, 16)}\nDTSTART;TZID=Asia/Ho_Chi_Minh:20260925T080000\nDTEND;TZID=Asia/Ho_Chi_Minh:20260925T093000\n"
        f"SUMMARY:Họp giao ban quý III\nORGANIZER:mailto:{organizer}\nATTENDEE;PARTSTAT={'ACCEPTED' if method == 'REPLY' else 'NEEDS-ACTION'}:mailto:{attendee}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    boundary = "_=_lich_" + m.token(mail.draw, 12)
    mail.heads = [head for head in mail.heads if not head.lower().startswith("content-type")] + [f'Content-Type: multipart/alternative; boundary="{boundary}"']
    mail.body = m.multi(
        boundary, m.part("text/plain", "Lịch họp giao ban quý III, 8 giờ ngày 25/9/2026."), m.part(f"text/calendar; method={method}; name=meeting.ics", text)
    )
    return mail


def calendars(out: Set) -> None:
    cases = (
        ("zimbra", "hungtv.stttt@daknong.gov.vn", "doitac@gmail.com", "REQUEST", "mailbox"),
        ("outlook", "khoadd.stc@daknong.gov.vn", "nganhang@example.com", "REQUEST", "mailbox"),
        ("zimbra", "maint.snv@daknong.gov.vn", "toasoan@gmail.com", "REPLY", "mailbox"),
        ("outlook", "tuanpq.ubnd@soctrang.gov.vn", "vien@example.org", "REPLY", "mailbox"),
        ("thunderbird", "ngocdt.skhdt@daknong.gov.vn", "nhadautu@example.net", "CANCEL", "submission"),
    )
    for n, (program, sender, to, method, role) in enumerate(cases):
        mail = meeting(
            m.write(
                f"meeting-{n}",
                program,
                sender,
                to,
                subject=("Mời họp: ", "Chấp nhận: ", "Hủy: ")[("REQUEST", "REPLY", "CANCEL").index(method)] + "Họp giao ban quý III",
            ),
            method,
            sender if method != "REPLY" else to,
            to if method != "REPLY" else sender,
        )
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if role == "mailbox" else mail
        ok(
            out,
            f"calendar-out-{n + 1}",
            mail,
            "calendar",
            role,
            sender,
            to,
            auth=sender.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if "soctrang" in sender else "dak-nong",
        )
    for n, (organizer, forwarder) in enumerate((("vien@example.org", "hanhlt.sxd@daknong.gov.vn"), ("hiephoi@example.com", "loanvt.snv@daknong.gov.vn"))):
        mail = meeting(
            m.write(f"meeting-fwd-{n}", "outlook", organizer, "moi.them@gmail.com", subject="FW: Họp tổng kết dự án"),
            "REQUEST",
            organizer,
            "moi.them@gmail.com",
        )
        mail.heads += [f"Sender: {forwarder}", "X-MS-Exchange-CalendarOriginatorId: C=VN"]
        ok(
            out,
            f"calendar-forwarded-{n + 1}",
            m.exchange_hop(mail),
            "calendar",
            "mailbox",
            forwarder,
            "moi.them@gmail.com",
            note="a person invites one more: Outlook keeps the organiser in From and puts the person into Sender",
        )
    for n, rcpt in enumerate(("doantc.skhcn@daknong.gov.vn", "chaunm.vpub@daknong.gov.vn")):
        mail = meeting(
            m.write(f"meeting-in-{n}", "gmail", f"to.chuc{n}@gmail.com", rcpt, subject="Lời mời: Hội thảo chuyển đổi số"),
            "REQUEST",
            f"to.chuc{n}@gmail.com",
            rcpt,
        )
        mail.heads += ["Sender: Google Calendar <calendar-notification@google.com>", "Reply-To: to.chuc@gmail.com", "Auto-Submitted: auto-generated"]
        ok(
            out,
            f"calendar-in-{n + 1}",
            m.sent(mail, "gmail"),
            "calendar",
            "mx",
            "3Kj7xZBYKBKk-calendar-notification@google.com" if n else f"to.chuc{n}@gmail.com",
            rcpt,
            client="209.85.208.90",
        )


# --- reports ----------------------------------------------------------------------------------


def report(seed: str, sender: str, to: str, subject: str, kind: str, human: str, machine: str, original: str, *heads: str) -> m.Mail:
    mail = m.write(seed, "web", sender, to, name="Mail Delivery System", subject=subject, text=human)
    boundary = f"{m.token(mail.draw, 11)}.1789{mail.draw.randrange(10**6)}/mx"
    mail.heads = [head for head in mail.heads if not head.startswith(("Content-Type", "X-Mailer"))] + [
        *heads,
        f'Content-Type: multipart/report; report-type={kind};{CRLF}\tboundary="{boundary}"',
    ]
    name = "delivery-status" if kind == "delivery-status" else "disposition-notification"
    mail.body = m.multi(
        boundary,
        m.part("text/plain", human, "8bit"),
        f"Content-Type: message/{name}{CRLF}{CRLF}{machine.replace(chr(10), CRLF)}{CRLF}",
        f"Content-Type: message/rfc822{CRLF}{CRLF}{original}{CRLF}",
    )
    return mail


def reports(out: Set) -> None:
    status = "Reporting-MTA: dns; box.daknong.gov.vn\nArrival-Date: Tue, 15 Sep 2026 08:31:00 +0700\n\nFinal-Recipient: rfc822; {rcpt}\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n"
    for n, (to, server, rcpt) in enumerate(
        (
            ("khach@gmail.com", "Postfix", "yenvk.sot@daknong.gov.vn"),
            ("ketoan@example.com", "Exchange", "kietcv.sot@daknong.gov.vn"),
            ("lienhe@example.net", "Exim", "giangnt.snv@daknong.gov.vn"),
            ("phongvien@yahoo.com", "Zimbra", "havtt.vpub@soctrang.gov.vn"),
            ("nhathau@outlook.com", "Dovecot", "minhht.gialai@daknong.gov.vn"),
            ("shop@example.org", "Sendmail", "trangph.dakglong@daknong.gov.vn"),
        )
    ):
        original = m.into(m.sent(m.write(f"dsn-o-{n}", "gmail", to, rcpt), "gmail"), rcpt).bytes().decode()
        subject = {
            "Postfix": "Undelivered Mail Returned to Sender",
            "Exchange": "Không gửi được: " + m.TOPICS[n],
            "Exim": "Mail delivery failed: returning message to sender",
            "Zimbra": "Undelivered Mail Returned to Sender",
            "Dovecot": "Rejected: " + m.TOPICS[n],
            "Sendmail": "Returned mail: see transcript for details",
        }[server]
        domain = rcpt.rpartition("@")[2]
        mail = report(
            f"dsn-{n}",
            f"MAILER-DAEMON@box.{domain}" if server != "Exchange" else f"postmaster@{domain}",
            to,
            subject,
            "delivery-status",
            f"This is the mail system at host box.{domain}.\n\n<{rcpt}>: mailbox full",
            status.format(rcpt=rcpt),
            original,
            "Auto-Submitted: auto-replied",
            *(
                [f"X-MS-Exchange-Message-Is-Ndr:", "X-MS-Exchange-Inbox-Rules-Loop: kietcv.sot@daknong.gov.vn"]
                if server == "Exchange"
                else [f"X-Failed-Recipients: {rcpt}"] if server == "Exim" else []
            ),
        )
        mail = m.exchange_hop(mail) if server == "Exchange" else m.zimbra_out(mail) if server == "Zimbra" else mail
        ok(out, f"dsn-out-{n + 1}", mail, "dsn", "mailbox", "", to, profile="soc-trang" if "soctrang" in rcpt else "dak-nong")
    read = "Reporting-UA: hop-thu.daknong.gov.vn; Zimbra\nFinal-Recipient: rfc822;{rcpt}\nOriginal-Message-ID: <1@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    for n, (sender, to, program) in enumerate(
        (
            ("ngocdt.skhdt@daknong.gov.vn", "nhadautu@gmail.com", "zimbra"),
            ("khoadd.stc@daknong.gov.vn", "kiemtoan@example.com", "outlook"),
            ("phongqtm@soctrang.gov.vn", "hotro@example.org", "thunderbird"),
        )
    ):
        mail = report(
            f"mdn-{n}",
            sender,
            to,
            ("Đã đọc: ", "Read: ", "Return Receipt (displayed): ")[n] + m.TOPICS[n],
            "disposition-notification",
            "Thư đã được mở trên máy của người nhận.",
            read.format(rcpt=sender),
            "Subject: =?utf-8?q?Th=C6=B0?=\r\n",
        )
        ok(
            out,
            f"mdn-out-{n + 1}",
            m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail,
            "mdn",
            "mailbox" if n < 2 else "submission",
            "" if n != 1 else sender,
            to,
            auth="phongqtm" if n == 2 else "-",
            profile="soc-trang" if n == 2 else "dak-nong",
        )
    for n, (rcpt, client) in enumerate(
        (("hungtv.stttt@daknong.gov.vn", "209.85.208.95"), ("maint.snv@daknong.gov.vn", ""), ("havtt.vpub@soctrang.gov.vn", ""))
    ):
        mail = report(
            f"dsn-in-{n}",
            ("mailer-daemon@googlemail.com", "MAILER-DAEMON@mx.example.com", "postmaster@example.net")[n],
            rcpt,
            ("Delivery Status Notification (Failure)", "failure notice", "Delayed Mail (still being retried)")[n],
            "delivery-status",
            "Address not found",
            status.format(rcpt="khong.co@gmail.com"),
            "Subject: x\r\n",
            "Auto-Submitted: auto-replied",
            *(["X-Failed-Recipients: khong.co@gmail.com"] if not n else []),
        )
        ok(out, f"dsn-in-{n + 1}", mail, "dsn", "mx", "", rcpt, client=client, profile="soc-trang" if n == 2 else "dak-nong")
    mail = m.write(
        "qmail-bounce",
        "web",
        "MAILER-DAEMON@daknong.gov.vn",
        "khach@example.com",
        name="-",
        subject="failure notice",
        text="Hi. This is the qmail-send program at daknong.gov.vn.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<x@daknong.gov.vn>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <khach@example.com>\nDelivered-To: x@daknong.gov.vn\nFrom: khach@example.com\nTo: x@daknong.gov.vn\n",
    )
    ok(out, "qmail-bounce-1", mail, "dsn", "mailbox", "", "khach@example.com", note="no multipart/report: an old server")


# --- what persons do --------------------------------------------------------------------------


def persons(out: Set) -> None:
    quoted = "\n\n---------- Forwarded message ---------\nFrom: Công ty An Phát <anphat@example.com>\nDate: Tue, 15 Sep 2026 at 08:30\nSubject: Báo giá\nTo: <{to}>\n\nKính gửi quý cơ quan báo giá như đã trao đổi.\n"
    for n, (program, sender, to, subject, role, more) in enumerate(
        (
            ("zimbra", "hungtv.stttt@daknong.gov.vn", "vo.hung@gmail.com", "Fwd: Báo giá", "mailbox", ()),
            ("outlook", "khoadd.stc@daknong.gov.vn", "khoa.dd.stc@gmail.com", "FW: Báo giá", "mailbox", ()),
            ("thunderbird", "maint.snv@daknong.gov.vn", "con.gai@yahoo.com", "Fwd: Báo giá", "submission", ("X-Forwarded-Message-Id: <bg@example.com>",)),
            ("iphone", "tuanpq.ubnd@soctrang.gov.vn", "baoduong@example.net", "Chuyển tiếp: Báo giá", "submission", ()),
            ("roundcube", "ngocdt.skhdt@daknong.gov.vn", "tuvan@example.org", "CT: Báo giá", "mailbox", ("X-Forwarded-Message-Id: <bg@example.com>",)),
            ("outlook", "hanhlt.sxd@daknong.gov.vn", "nhathau@gmail.com", "TR: Báo giá", "mailbox", ("References: <bg@example.com>",)),
        )
    ):
        mail = m.write(f"fwd-{n}", program, sender, to, subject=subject, text="Anh xem giúp." + quoted.format(to=sender), more=more)
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail
        ok(
            out,
            f"person-forward-inline-{n + 1}",
            mail,
            "person-forward",
            role,
            sender,
            to,
            auth=sender.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if "soctrang" in sender else "dak-nong",
        )
    for n, (program, sender, to, inner) in enumerate(
        (
            ("thunderbird", "loanvt.snv@daknong.gov.vn", "loan.o.nha@gmail.com", "sieve"),
            ("zimbra", "truongbx.stp@daknong.gov.vn", "luatsu@example.com", "gmail"),
            ("outlook", "duongcb.stnmt@daknong.gov.vn", "moitruong@example.org", "exchange"),
            ("roundcube", "phongqtm@soctrang.gov.vn", "hotro@example.net", "srs"),
        )
    ):
        original = m.into(m.sent(m.write(f"fwd-a-o-{n}", "gmail", "anphat@gmail.com", sender), "gmail"), sender)
        original = {
            "sieve": lambda: m.pigeonhole(original, sender),
            "gmail": lambda: m.gmail_forward(original, "truong.stp@gmail.com", sender),
            "exchange": lambda: m.exchange_redirect(original, sender),
            "srs": lambda: m.postfix_local(original, sender, "thu.soctrang.gov.vn"),
        }[inner]()
        mail = m.write(f"fwd-a-{n}", program, sender, to, subject="Fwd: Hồ sơ", text="Chuyển anh bản gốc, xem phần đầu thư để biết đường đi.")
        boundary = "----=_kem_" + m.token(mail.draw, 16)
        mail.heads = [head for head in mail.heads if not head.startswith("Content-Type")] + [f'Content-Type: multipart/mixed; boundary="{boundary}"']
        mail.body = m.multi(
            boundary,
            m.part("text/plain", "Chuyển anh bản gốc."),
            f'Content-Type: message/rfc822; name="ho-so.eml"{CRLF}Content-Disposition: attachment; filename="ho-so.eml"{CRLF}{CRLF}{original.bytes().decode()}{CRLF}',
        )
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail
        ok(
            out,
            f"person-forward-attached-{n + 1}",
            mail,
            "person-forward",
            "submission" if n in (0, 3) else "mailbox",
            sender,
            to,
            auth=sender.partition("@")[0] if n in (0, 3) else "-",
            profile="soc-trang" if n == 3 else "dak-nong",
            note="the marks of a machine forward stand in the attached letter only",
        )
    for n, (rcpt, program) in enumerate((("vanthu.dakmil@daknong.gov.vn", "gmail"), ("vanthu@soctrang.gov.vn", "outlook"))):
        mail = m.sent(
            m.write(
                f"fwd-in-{n}",
                program,
                f"to.truong{n}@gmail.com",
                rcpt,
                subject="Fwd: Đơn kiến nghị",
                text="Kính chuyển văn thư." + quoted.format(to="to.truong@gmail.com"),
            ),
            "gmail",
        )
        ok(
            out,
            f"person-forward-in-{n + 1}",
            mail,
            "person-forward",
            "mx",
            f"to.truong{n}@gmail.com",
            rcpt,
            client="209.85.208.99",
            profile=("dak-nong", "soc-trang")[n],
        )
    # Resent-*: a person bounces a letter with mutt. The regulations speak of a setting ("chế độ … tự động"); this is an act.
    for n, (sender, to) in enumerate(
        (
            ("doantc.skhcn@daknong.gov.vn", "dongnghiep@gmail.com"),
            ("phuocnh.sgtvt@daknong.gov.vn", "khoahoc@example.org"),
            ("lenth.stttt@soctrang.gov.vn", "len.o.nha@gmail.com"),
        )
    ):
        mail = m.into(m.sent(m.write(f"resent-{n}", "thunderbird", f"nghiencuu{n}@example.com", sender)), sender)
        mail.top(
            f"Resent-From: {sender}",
            f"Resent-Date: {mail.clock(95)}",
            f"Resent-Message-ID: <{m.token(mail.draw, 14)}@{sender.rpartition('@')[2]}>",
            f"Resent-To: {to}",
            "Resent-User-Agent: Mutt/2.2.12 (2023-09-09)",
        )
        ok(
            out,
            f"person-resent-{n + 1}",
            mail,
            "person-resent",
            "submission",
            sender,
            to,
            auth=sender.partition("@")[0],
            evidence="documented",
            profile="soc-trang" if n == 2 else "dak-nong",
            note="by a logged-in user's own program: an act of a person, not a setting (Điều 13.5, Điều 9.3)",
        )
    for n, (box, to) in enumerate((("ngocdt.skhdt@daknong.gov.vn", "ngoc.kh@gmail.com"), ("havtt.vpub@soctrang.gov.vn", "baochi@example.net"))):
        mail = m.into(m.sent(m.write(f"zimbra-bounce-{n}", "outlook", f"khachhang{n}@example.org", box), "outlook"), box)
        mail.top(
            f"Resent-Date: {mail.clock(96)}",
            f"Resent-From: {box}",
            f"Resent-To: {to}",
            f"Resent-Message-ID: <{mail.draw.randrange(10**9)}.17.JavaMail.zimbra@{box.rpartition('@')[2]}>",
        )
        out.add(
            f"zimbra-redirect-by-hand-{n + 1}",
            m.zimbra_out(mail),
            "border",
            "zimbra-resent",
            "mailbox",
            box,
            to,
            "person-resent",
            "not-refused",
            "documented",
            profile=("dak-nong", "soc-trang")[n],
            note="Zimbra's web client, `Redirect`: a person's act, though nothing but the absence of a rule's field shows it; reported apart",
        )
