"""More innocent letters: ordinary ones with odd senders, web applications, delegates, forwards inside the state; and the hostile ones."""

import fwd_mail as m
from fwd_letters import CRLF, blob
from fwd_set import Set
from fwd_set_acts import meeting, report
from fwd_set_ok import ok
from fwd_set_out import author


def build(out: Set) -> None:
    inside_the_state(out)
    applications(out)
    ordinary(out)
    hostile(out)


def inside_the_state(out: Set) -> None:
    """A machine sends on, but to a mailbox that the state gave: the regulations allow it."""
    cases = (
        ("hungtv.stttt@daknong.gov.vn", "hungtv@soctrang.gov.vn", "sieve"),
        ("maint.snv@daknong.gov.vn", "mai.le@moha.gov.vn", "exchange"),
        ("tuanpq.ubnd@soctrang.gov.vn", "tuanpq@cantho.gov.vn", "zimbra"),
        ("vpub@daknong.gov.vn", "tonghop@lamdong.gov.vn", "virtual"),
        ("bts@daknong.gov.vn", "vanphong@lamdong.dcs.vn", "local"),
        ("hdnd@soctrang.gov.vn", "bandannguyen@quochoi.vn", "srs"),
        ("chaunm.vpub@daknong.gov.vn", "thongtin@chinhphu.vn", "sieve"),
        ("thanhtra@daknong.gov.vn", "vanthu@thanhtra.gov.vn", "rule"),
    )
    for n, (box, target, how) in enumerate(cases):
        mail = author(
            f"state-{n}", ("outlook", "gmail", "thunderbird", "web", "iphone", "roundcube", "zimbra", "outlook")[n], box, m.DOMAINS[n % 6], f"congdan{n}"
        )
        env = f"congdan{n}@{m.DOMAINS[n % 6]}"
        mail = {
            "sieve": lambda: m.pigeonhole(mail, box),
            "exchange": lambda: m.exchange_redirect(mail, box),
            "zimbra": lambda: m.zimbra_forward(mail, box),
            "virtual": lambda: m.zimbra_out(mail),
            "local": lambda: m.postfix_local(mail, box, "thu.daknong.gov.vn"),
            "srs": lambda: m.hop(mail, "mx.soctrang.gov.vn", "thu.soctrang.gov.vn", box, "ESMTP", "10.0.0.2"),
            "rule": lambda: m.exchange_mailbox_forward(mail, box),
        }[how]()
        env = {"exchange": box, "zimbra": box, "srs": m.srs0(env, "soctrang.gov.vn", mail.draw)}.get(how, env)
        ok(out, f"state-to-state-{n + 1}", mail, "forward to a state mailbox", "mailbox", env, target, profile="soc-trang" if "soctrang" in box else "dak-nong")
    # Aliases inside the organisation's own domains.
    for n, (box, target, profile) in enumerate(
        (
            ("lienhe@daknong.gov.vn", "hungtv.stttt@stttt.daknong.gov.vn", "dak-nong"),
            ("ubnd@cujut.daknong.gov.vn", "vanthu.cujut@daknong.gov.vn", "dak-nong"),
            ("gopy@soctrang.gov.vn", "phongqtm@soctrang.gov.vn", "soc-trang"),
            ("tuyendung@daknong.gov.vn", "maint.snv@daknong.gov.vn", "dak-nong"),
        )
    ):
        mail = author(f"alias-{n}", ("web", "gmail", "outlook", "iphone")[n], box, m.DOMAINS[n], f"nguoidan{n}")
        mail = m.pigeonhole(mail, box) if n == 3 else m.postfix_local(mail, box, "thu.daknong.gov.vn", box if n % 2 else "")
        ok(out, f"alias-inside-{n + 1}", mail, "alias inside", "mailbox", f"nguoidan{n}@{m.DOMAINS[n]}", target, direction="internal", profile=profile)
    # Inbound: a state mailbox of another province sends on to ours.
    for n, (source, target) in enumerate((("vanthu@lamdong.gov.vn", "vanthu.dakmil@daknong.gov.vn"), ("tiepnhan@moha.gov.vn", "phongqtm@soctrang.gov.vn"))):
        mail = m.sent(m.write(f"state-in-{n}", "outlook", f"dn{n}@example.com", source), "outlook")
        mail = m.pigeonhole(mail, source, f"mail.{source.rpartition('@')[2]}") if not n else m.zimbra_forward(mail, source, "mail.moha.gov.vn")
        mail.heads = [head.replace("mx.daknong.gov.vn", f"mx.{source.rpartition('@')[2]}") for head in mail.heads]
        ok(
            out,
            f"state-in-{n + 1}",
            mail,
            "forward from a state mailbox",
            "mx",
            f"dn{n}@example.com" if not n else source,
            target,
            profile=("dak-nong", "soc-trang")[n],
            client="203.0.113.140",
        )


def applications(out: Set) -> None:
    for n, (sender, env, to, subject, role) in enumerate(
        (
            (
                "dichvucong@daknong.gov.vn",
                "bounce+8812-nguoidan=gmail.com@dvc.daknong.gov.vn",
                "nguoidan@gmail.com",
                "Hồ sơ 000.14.H18-260915-0007 đã được tiếp nhận",
                "mailbox",
            ),
            ("no-reply@soctrang.gov.vn", "www-data@web.soctrang.gov.vn", "dn.st@example.com", "Mã xác thực đăng nhập", "local"),
            ("hoidap@daknong.gov.vn", "apache@hoidap.daknong.gov.vn", "bandoc@yahoo.com", "Trả lời câu hỏi của bạn", "local"),
            ("thue@daknong.gov.vn", "thue@daknong.gov.vn", "hokinhdoanh@gmail.com", "Thông báo nộp thuế", "mailbox"),
            ("khaosat@soctrang.gov.vn", "khaosat-bounces@soctrang.gov.vn", "sinhvien@example.org", "Mời tham gia khảo sát hài lòng", "mailbox"),
        )
    ):
        mail = m.write(f"web-{n}", "web", sender, to, name="Hệ thống tự động", subject=subject, more=("Auto-Submitted: auto-generated",) if n % 2 else ())
        ok(out, f"web-application-{n + 1}", mail, "web application", role, env, to, profile="soc-trang" if "soctrang" in sender else "dak-nong")
    for n, (who, to, rcpt) in enumerate(
        (("cong.dan@gmail.com", "hoidap@daknong.gov.vn", "hoidap@daknong.gov.vn"), ("doanh.nghiep@example.com", "gopy@soctrang.gov.vn", "gopy@soctrang.gov.vn"))
    ):
        mail = m.write(f"web-form-{n}", "web", who, to, name="Người gửi qua Cổng", subject="Câu hỏi từ Cổng thông tin")
        ok(
            out,
            f"web-form-{n + 1}",
            mail,
            "web application",
            "local",
            f"www-data@web.{to.rpartition('@')[2]}",
            rcpt,
            direction="internal",
            profile=("dak-nong", "soc-trang")[n],
            note="the form puts the citizen's address into From; the letter stays with us",
        )
    mail = m.write(
        "helpdesk",
        "web",
        "hotro@daknong.gov.vn",
        "khach.hang@gmail.com",
        name="Nguyễn Văn A qua Hỗ trợ",
        subject="[HOTRO #2231] Không đăng nhập được",
        more=("X-RT-Ticket: hotro #2231", "X-RT-Loop-Prevention: daknong.gov.vn", "Precedence: bulk"),
    )
    ok(out, "helpdesk-1", mail, "web application", "mailbox", "rt-bounce@daknong.gov.vn", "khach.hang@gmail.com")
    mail = m.write("scanner", "web", "may-quet@daknong.gov.vn", "ke.toan@example.com", name="-", subject="Scan 2026-09-15", more=("X-Mailer: Canon iR-ADV",))
    ok(out, "scanner-1", mail, "device", "mailbox", "may-quet@daknong.gov.vn", "ke.toan@example.com")
    mail = m.write(
        "zimbra-notify",
        "zimbra",
        "ngocdt.skhdt@daknong.gov.vn",
        "ngoc.dt.canhan@gmail.com",
        subject="Bạn có thư mới",
        text="Bạn có thư mới từ một người gửi. Đăng nhập để đọc.",
        more=("Auto-Submitted: auto-notified", "X-Zimbra-Forwarded: ngocdt.skhdt@daknong.gov.vn"),
    )
    out.add(
        "zimbra-notification-1",
        m.zimbra_out(mail),
        "border",
        "zimbra-notify",
        "mailbox",
        "ngocdt.skhdt@daknong.gov.vn",
        "ngoc.dt.canhan@gmail.com",
        "notification",
        "any",
        "documented",
        note="Zimbra's notification filter bears the field of a forward; nothing of the letter goes out. Either reading can be defended; reported",
    )


def ordinary(out: Set) -> None:
    for n, (sender, on_behalf, to, role) in enumerate(
        (
            ("ct.ubnd@daknong.gov.vn", "chaunm.vpub@daknong.gov.vn", "nhadautu@example.com", "mailbox"),
            ("gd.stttt@soctrang.gov.vn", "lenth.stttt@soctrang.gov.vn", "tapdoan@example.org", "mailbox"),
            ("gd.sct@daknong.gov.vn", "thinhdd.sct@daknong.gov.vn", "hiephoi@gmail.com", "submission"),
        )
    ):
        mail = m.write(f"delegate-{n}", ("zimbra", "outlook", "thunderbird")[n], sender, to, more=(f"Sender: {on_behalf}",))
        mail = m.exchange_hop(mail) if n == 1 else m.zimbra_out(mail) if not n else mail
        ok(
            out,
            f"delegate-{n + 1}",
            mail,
            "delegate",
            role,
            on_behalf,
            to,
            auth=on_behalf.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if n == 1 else "dak-nong",
        )
    for n, (sender, env, to, role) in enumerate(
        (
            ("hungtv.stttt@daknong.gov.vn", "prvs=0812a3f4c5=hungtv.stttt@daknong.gov.vn", "khach@gmail.com", "mailbox"),
            ("tuanpq.ubnd@soctrang.gov.vn", "prvs=1234AB12CD=tuanpq.ubnd@soctrang.gov.vn", "bao@example.net", "mailbox"),
        )
    ):
        ok(
            out,
            f"batv-out-{n + 1}",
            m.write(f"batv-{n}", "roundcube", sender, to),
            "batv",
            role,
            env,
            to,
            evidence="documented",
            profile=("dak-nong", "soc-trang")[n],
        )
    for n, (sender, env, rcpt) in enumerate(
        (
            ("vanphong@example.com", "prvs=7712e0aa31=vanphong@example.com", "vanthu.dakmil@daknong.gov.vn"),
            ("ke.toan@example.org", "msprvs1=18zXvT9Gq=bounces-77@example.org", "phongqtm@soctrang.gov.vn"),
        )
    ):
        ok(
            out,
            f"batv-in-{n + 1}",
            m.sent(m.write(f"batv-in-{n}", "outlook", sender, rcpt)),
            "batv",
            "mx",
            env,
            rcpt,
            evidence="documented",
            profile=("dak-nong", "soc-trang")[n],
        )
    for n, (sender, to, program, role) in enumerate(
        (
            ("khoadd.stc@daknong.gov.vn", "nganhang@example.com", "outlook", "mailbox"),
            ("ngocdt.skhdt@daknong.gov.vn", "nhadautu@gmail.com", "zimbra", "mailbox"),
            ("maint.snv@daknong.gov.vn", "ungvien@yahoo.com", "thunderbird", "submission"),
            ("havtt.vpub@soctrang.gov.vn", "phongvien@example.net", "iphone", "submission"),
            ("vanthu@daknong.gov.vn", "vanthu@soctrang.gov.vn", "roundcube", "mailbox"),
            ("thinhdd.sct@daknong.gov.vn", "xuctien@outlook.com", "web", "mailbox"),
            ("dungbt.krongno@daknong.gov.vn", "htx@gmail.com", "outlook", "submission"),
            ("lenth.stttt@soctrang.gov.vn", "doitac@example.org", "zimbra", "mailbox"),
        )
    ):
        mail = m.write(f"plain-{n}", program, sender, to, more=(f"In-Reply-To: <{n}@example.com>", f"References: <{n}@example.com>") if n % 2 else ())
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" and role == "mailbox" else mail
        ok(
            out,
            f"ordinary-out-{n + 1}",
            mail,
            "ordinary",
            role,
            sender,
            to,
            auth=sender.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if "soctrang" in sender else "dak-nong",
        )
    for n, (name, rcpt, program, client) in enumerate(
        (
            ("giaovien.ba@gmail.com", "thaodtn.sgd@daknong.gov.vn", "gmail", "209.85.208.47"),
            ("cafe.congtacvien@gmail.com", "bantin@daknong.gov.vn", "gmail", "209.85.208.48"),
            ("an+caf@gmail.com", "hungtv.stttt@daknong.gov.vn", "gmail", "209.85.208.49"),
            ("thuongmai@example.com", "thinhdd.sct@daknong.gov.vn", "outlook", ""),
            ("truong@example.org", "phongqtm@soctrang.gov.vn", "thunderbird", ""),
            ("chi.hoa@yandex.com", "giangnt.snv@daknong.gov.vn", "web", "178.154.239.91"),
            ("em.be@yahoo.com", "yenvk.sot@daknong.gov.vn", "iphone", "106.10.240.44"),
        )
    ):
        mail = m.sent(m.write(f"plain-in-{n}", program, name, rcpt), "gmail" if program == "gmail" else "postfix")
        if n in (0, 1):
            mail.top(f"X-Forwarded-Encrypted: i=1; AJvYcC{blob(name, 70).rstrip('=')}=@daknong.gov.vn")
        if n == 5:
            mail.heads += ["Return-Path: chi.hoa@yandex.com", f"X-Yandex-Forward: {m.token(mail.draw, 32, '0123456789abcdef')}"]
        ok(
            out,
            f"ordinary-in-{n + 1}",
            mail,
            "ordinary",
            "mx",
            name,
            rcpt,
            client=client,
            profile="soc-trang" if "soctrang" in rcpt else "dak-nong",
            note=(
                "Google writes X-Forwarded-Encrypted into ordinary letters too"
                if n in (0, 1)
                else "Yandex writes X-Yandex-Forward into ordinary letters too" if n == 5 else "-"
            ),
        )
    about = "Anh ơi, trong thư mẫu em thấy:\n\nX-Sieve-Redirected-From: a@daknong.gov.vn\nX-Forwarded-To: a@gmail.com\nResent-From: b@daknong.gov.vn\nDelivered-To: a@daknong.gov.vn\n\nTừ: khach@example.com\n\nVậy là hộp thư đang đặt chuyển tiếp phải không?"
    for n, (sender, to, role) in enumerate(
        (("phongqtm@soctrang.gov.vn", "hotro@example.com", "submission"), ("hungtv.stttt@daknong.gov.vn", "dien.dan@gmail.com", "mailbox"))
    ):
        ok(
            out,
            f"about-forwarding-{n + 1}",
            m.write(f"about-{n}", ("roundcube", "zimbra")[n], sender, to, subject="Hỏi về chế độ tự động chuyển thư", text=about),
            "ordinary",
            role,
            sender,
            to,
            auth="phongqtm" if not n else "-",
            profile=("soc-trang", "dak-nong")[n],
            note="the fields stand in the text",
        )
    # A user's copy to a public mailbox of his own (Cần Thơ Điều 10.4): noted and tagged, no automatic forward.
    for n, (sender, to, role) in enumerate(
        (
            ("hungtv.stttt@daknong.gov.vn", "hungtv.stttt@gmail.com", "submission"),
            ("khoadd.stc@daknong.gov.vn", "khoa.dd.stc@gmail.com", "mailbox"),
            ("havtt.vpub@soctrang.gov.vn", "havtt.vpub@yahoo.com", "submission"),
        )
    ):
        mail = m.write(
            f"own-copy-{n}",
            ("outlook", "zimbra", "iphone")[n],
            sender,
            to,
            name="Nguyễn Văn Hùng",
            subject="Tài liệu làm ở nhà",
            more=() if n != 1 else ("X-Note: luu",),
        )
        ok(
            out,
            f"own-copy-{n + 1}",
            mail,
            "own copy",
            role,
            sender,
            to,
            auth=sender.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if n == 2 else "dak-nong",
            note="written and sent by the person himself",
        )
    for n, role in enumerate(("gateway", "gateway")):
        rcpt = ("hungtv.stttt@daknong.gov.vn", "havtt.vpub@soctrang.gov.vn")[n]
        mail = m.hop(
            m.sent(m.write(f"gateway-{n}", "gmail", f"khach.le{n}@gmail.com", rcpt), "gmail"),
            "mail-ed1-f47.google.com",
            "loc-thu.daknong.gov.vn",
            rcpt,
            "ESMTPS",
            "209.85.208.47",
        )
        ok(out, f"gateway-in-{n + 1}", mail, "ordinary", role, f"khach.le{n}@gmail.com", rcpt, profile=("dak-nong", "soc-trang")[n])


# --- hostile ----------------------------------------------------------------------------------


def hostile(out: Set) -> None:
    """A machine forward that dresses as something that is let through, and shapes that only cost."""
    box, target = "quangnv.stttt@daknong.gov.vn", "quang.o.nha@gmail.com"
    env = "khach@example.com"

    def redirect(seed: str, program: str = "gmail", account: str = box) -> m.Mail:
        return m.pigeonhole(author(seed, program, account, "example.com", "khach"), account)

    def bad(file: str, mail, sender: str, expect: str, note: str, kind: str = "forward-out", role: str = "mailbox", rcpt: str = target) -> None:
        out.add(file, mail, "border" if expect == "any" else "hostile", "hostile", role, sender, rcpt, kind, expect, "made", note=note)

    mail = redirect("h-list")
    mail.heads += ["List-Id: <khong-co.daknong.gov.vn>", "Precedence: list"]
    bad("forged-list-id-1", mail, env, "refused", "List-Id, but the envelope sender is still the author")
    mail = m.zimbra_forward(author("h-list2", "outlook", box, "example.com", "khach"), box)
    mail.heads += ["List-Id: Ban tin <bantin.example.com>", "List-Unsubscribe: <https://example.com/u>", "Precedence: bulk"]
    bad("forged-list-id-2", mail, box, "refused", "List-Id, but the envelope sender is the user's own")
    for n, how in enumerate(("auto-replied", "auto-replied (vacation)")):
        mail = redirect(f"h-auto-{n}") if not n else m.exchange_redirect(author("h-auto-1", "outlook", box, "example.com", "khach"), box)
        mail.heads += [f"Auto-Submitted: {how}", "Precedence: bulk", "X-Auto-Response-Suppress: All"]
        bad(f"forged-auto-submitted-{n + 1}", mail, env if not n else box, "refused", "calls itself an out-of-office; From is foreign, a whole letter follows")
    mail = redirect("h-report")
    boundary = "bao-cao-gia"
    mail.heads = [head for head in mail.heads if not head.startswith("Content-Type")] + [
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"'
    ]
    mail.body = m.multi(boundary, m.part("text/plain", m.TEXTS[0]))
    bad("fake-report-1", mail, env, "refused", "multipart/report without a report, sender not null")
    bad(
        "fake-report-null",
        m.Mail(list(mail.heads), mail.body, mail.draw, mail.day).top("X-Original-To: " + box),
        "",
        "stopped",
        "multipart/report without a report, null sender",
    )
    for n, mail in enumerate(
        (
            redirect("h-null-1"),
            m.postfix_local(author("h-null-2", "outlook", box, "example.com", "khach"), box, "thu.daknong.gov.vn", box),
            m.exchange_redirect(author("h-null-3", "iphone", box, "example.com", "khach"), box),
        )
    ):
        bad(f"null-sender-{n + 1}", mail, "", "quarantined", "a redirect with the null sender is kept aside without a notice")
    mail = redirect("h-received")
    for n in range(200):
        m.hop(mail, f"chang{n}.example.net", f"chang{n + 1}.example.net", "", "ESMTP", "198.51.100.7", n % 50)
    bad("received-200", mail, env, "refused", "200 Received")
    mail = redirect("h-60k")
    mail.heads += [f"X-Dai-{n:03}: {blob(str(n), 900)}" for n in range(66)]
    bad("header-60k", mail, env, "refused", "a header of 60 KB around a redirect")
    mail = m.write("h-60k-ok", "roundcube", box, "khach@example.com", more=tuple(f"X-Dai-{n:03}: {blob(str(n), 900)}" for n in range(66)))
    out.add(
        "header-60k-innocent", mail, "innocent", "ordinary", "mailbox", box, "khach@example.com", "ordinary", "not-refused", "made", note="a header of 60 KB"
    )
    mail = m.write(
        "h-refs", "thunderbird", box, "khach@example.net", more=("References:" + "".join(f"{CRLF} <{n}.{'a' * 60}@example.net>" for n in range(600)),)
    )
    out.add(
        "references-600",
        mail,
        "innocent",
        "ordinary",
        "submission",
        box,
        "khach@example.net",
        "ordinary",
        "not-refused",
        "made",
        auth="quangnv.stttt",
        note="600 References",
    )
    mail = meeting(redirect("h-cal"), "REQUEST", env, box)
    bad("calendar-redirected", mail, env, "refused", "a foreign invitation that Sieve sends on is a machine forward, not a reply")
    mail = redirect("h-case")
    mail.heads = [head.replace("X-Sieve-Redirected-From:", "x-SIEVE-redirected-FROM :").replace("Delivered-To:", "DELIVERED-TO:") for head in mail.heads]
    bad("header-case", mail, env, "refused", "names of fields in other cases, a space before the colon")
    mail = redirect("h-two-from")
    mail.heads += [f"From: {box}"]
    bad("two-from", mail, env, "any", "two From fields, one foreign and one ours")
    mail = redirect("h-own-from")
    mail.heads = [head for head in mail.heads if not head.startswith("From:")] + [
        f'From: "khach qua {box}" <{box}>',
        f"X-Original-From: {env}",
        f"Reply-To: {env}",
    ]
    bad("from-rewritten", mail, box, "any", "the forwarder wrote itself into From; the fields of Sieve remain")
    mail = redirect("h-precedence")
    mail.heads += ["Precedence: list", "X-Loop: quangnv"]
    bad("precedence-only", mail, env, "refused", "Precedence: list without List-Id")
    for n in range(2):
        mail = m.sent(m.write(f"h-list-redirected-{n}", "thunderbird", "thanhvien@example.net", "vietlug@lists.example.org"))
        mail.heads += [
            "List-Id: <vietlug.lists.example.org>",
            "Precedence: list",
            "Sender: vietlug-bounces@lists.example.org",
            "List-Unsubscribe: <https://lists.example.org/u>",
        ]
        mail = m.pigeonhole(m.into(mail, box), box) if not n else m.zimbra_forward(m.into(mail, box), box)
        bad(
            f"list-post-redirected-{n + 1}",
            mail,
            "vietlug-bounces@lists.example.org" if not n else box,
            "refused",
            "a post of a foreign list that our user's filter sends on: the list is not the one that sends",
        )
    mail = m.pigeonhole(
        m.into(
            report(
                "h-dsn",
                "mailer-daemon@googlemail.com",
                box,
                "Delivery Status Notification (Failure)",
                "delivery-status",
                "Address not found",
                "Reporting-MTA: dns; googlemail.com\n\nFinal-Recipient: rfc822; a@gmail.com\nAction: failed\nStatus: 5.1.1\n",
                "Subject: x\r\n",
            ),
            box,
        ),
        box,
    )
    out.add(
        "report-redirected",
        mail,
        "border",
        "dsn",
        "mailbox",
        "",
        target,
        "dsn",
        "not-refused",
        "made",
        note="a real DSN that Sieve sends on: never refused (issue 6), may be kept aside",
    )
    mail = m.pigeonhole(
        m.into(
            m.sent(
                m.write("h-away", "gmail", env, box, subject="Vắng mặt", text="Tôi đi vắng.", more=("Auto-Submitted: auto-replied", "Precedence: bulk")),
                "gmail",
            ),
            box,
        ),
        box,
    )
    bad("away-redirected", mail, "", "quarantined", "a stranger's out-of-office that Sieve sends on: null sender, two signals")
    mail = redirect("h-many-to")
    mail.heads = [head for head in mail.heads if not head.startswith("To:")] + [
        "To: " + f",{CRLF} ".join(f"nguoi{n}@example.com" for n in range(800)) + f",{CRLF} {target}"
    ]
    bad("target-among-800", mail, env, "refused", "the target hides among 800 names in To")
    mail = redirect("h-target-to")
    mail.heads = [head for head in mail.heads if not head.startswith("To:")] + [f"To: {box}, {target}"]
    bad("target-in-to", mail, env, "refused", "the author addressed both; Sieve sends on to one of them")
