"""The second part of the frozen letters: other wordings, versions, orders and mixtures. Opened once, at the end."""

import fwd_mail as m
from fwd_letters import CRLF, blob
from fwd_set import Set
from fwd_set_in import author as outside
from fwd_set_acts import meeting, report
from fwd_set_out import author

BOXES = (
    "phucnv.nnmt@daknong.gov.vn",
    "diemtt.ldtbxh@daknong.gov.vn",
    "nghialq.tnmt@soctrang.gov.vn",
    "oanhpt.vhttdl@daknong.gov.vn",
    "tamhv.congan@daknong.gov.vn",
    "uyendt.noivu@soctrang.gov.vn",
)
TARGETS = ("phuc.nv.90@gmail.com", "diemtran1985@yahoo.com.vn", "nghia.le.st@hotmail.com", "oanh_pt@icloud.com", "hv.tam@gmail.com", "uyen.dt@outlook.com.vn")
WHO = (
    "tapdoan.xanh@example.net",
    "chi.nhanh@congty.example.com",
    "hs.nguyen@truong.example.org",
    "vpls@luatsu.example.net",
    "to.dan.pho@example.org",
    "nha.may@example.com",
)
PROGRAMS = ("zimbra", "outlook", "gmail", "roundcube", "thunderbird", "iphone")


def build(out: Set) -> None:
    forwards_out(out)
    forwards_in(out)
    innocent(out)
    hostile(out)


def profile_of(address: str) -> str:
    return "soc-trang" if "soctrang" in address else "dak-nong"


def arrived(n: int, seed: str = "") -> tuple[m.Mail, str, str, str]:
    """A stranger's letter in box number n: letter, box, target, author."""
    box, target, who = BOXES[n % 6], TARGETS[(n * 5 + 1) % 6], WHO[(n * 3) % 6]
    mail = author(
        f"second-{seed}-{n}",
        PROGRAMS[(n + 2) % 6],
        box,
        who.rpartition("@")[2],
        who.partition("@")[0],
        subject=("Hỏi về thủ tục đất đai", "Thông báo bảo trì", "Đơn xin việc", "Biên bản cuộc họp", "Đề cương đề tài", "Kiến nghị cử tri")[n % 6],
        text=(
            "Tôi ở xã Nhân Cơ, xin hỏi thủ tục tách thửa.\n\nNguyễn Văn B",
            "Hệ thống bảo trì từ 22 giờ đến 2 giờ sáng.",
            "Kính gửi, tôi xin nộp hồ sơ dự tuyển.",
            "Cuộc họp kết luận ba việc.\n1. …\n2. …\n3. …",
        )[n % 4],
    )
    return mail, box, target, who


def forwards_out(out: Set) -> None:
    def add(
        file: str,
        mail,
        shape: str,
        sender: str,
        target: str,
        box: str,
        expect: str = "refused",
        evidence: str = "documented",
        role: str = "mailbox",
        note: str = "-",
    ) -> None:
        out.add(file, mail, "out", shape, role, sender, target, "forward-out", expect, evidence, profile=profile_of(box), note=note)

    for n in range(3):
        mail, box, target, who = arrived(n, "ex")
        mail.heads += [
            f"X-MS-Exchange-Inbox-Rules-Loop: cu.{box}",
            f"X-MS-Exchange-Inbox-Rules-Loop: {box}",
            f"resent-from: {box}",
            "X-OriginatorOrg: daknong.gov.vn",
        ]
        add(f"s-exchange-redirect-{n + 1}", m.exchange_hop(mail, "MBX2.tinh.local"), "exchange-redirect-header", box, target, box)
    for n, value in enumerate(
        ("{box};{CRLF} 9f6b0c1e-0000-4a10-8f0e-5f1f3a1b7c11", "{CRLF} {box};9f6b0c1e-0000-4a10-8f0e-5f1f3a1b7c11", "ForwardingHandled;2109ce83")
    ):
        mail, box, target, who = arrived(n + 3, "exl")
        mail.heads += ["X-MS-Exchange-ForwardingLoop: " + value.format(box=box, CRLF=CRLF)]
        add(
            f"s-exchange-loop-{n + 1}",
            m.exchange_hop(mail),
            "exchange-forwarding-loop",
            "bounces+SRS=aZ3kQ=X5@tinh.onmicrosoft.com" if not n else who,
            target,
            box,
        )
    for n in range(3):
        mail, box, target, who = arrived(n + 1, "z")
        mail.top(f"Return-Path: {box}", f"X-Zimbra-Forwarded: {box}")
        add(f"s-zimbra-{n + 1}", m.zimbra_out(mail, "mail1.tinh.gov.vn"), "zimbra-forwarded", box, target, box)
    for n in range(4):
        mail, box, target, who = arrived(n, "p")
        detail = box.replace("@", "+baocao@")
        m.pigeonhole(
            mail,
            detail if n == 1 else box,
            "dovecot2.tinh.gov.vn",
            ("2.4.1-4 (0a86619f)", "0.5.20 (149edcf2)", "0.4.16 (fed8554)", "2.4.0 (d7a1e2b)")[n],
            "111" if n == 2 else "",
        )
        add(f"s-pigeonhole-{n + 1}", mail, "pigeonhole-header", who if n != 3 else box, target, box, note="fields as a program run here writes them")
    for n in range(3):
        mail, box, target, who = arrived(n + 2, "l")
        if n == 0:
            mail.top(
                f"Received: (from {box.partition('@')[0]}@localhost)\r\n\tby thu.tinh.gov.vn (8.17.1/8.17.1/Submit) id 48F{m.token(mail.draw, 8)}\r\n\tfor {target}; {mail.clock(75)}"
            )
        elif n == 1:
            mail.top(
                f"X-Loop: {box}",
                f"Resent-From: {box}",
                f"Resent-Date: {mail.clock(75)}",
                f"Resent-To: {target}",
                f"Delivered-To: {box}",
                f"X-Original-To: lienhe.{box}",
                f"Received: by thu.tinh.gov.vn (Postfix, from userid 1009)\r\n\tid {m.token(mail.draw, 10)}; {mail.clock(75)}",
            )
        else:
            m.postfix_local(m.postfix_local(mail, box, "thu1.tinh.gov.vn", "phong@daknong.gov.vn"), "ban.sao@daknong.gov.vn", "thu2.tinh.gov.vn")
        add(f"s-local-{n + 1}", mail, "postfix-local", box if n == 1 else who, target, box)
    for n in range(3):
        mail, box, target, who = arrived(n + 4, "s")
        m.hop(mail, "mx.tinh.gov.vn", "thu.tinh.gov.vn", box, "ESMTP", "10.0.0.2", 8)
        domain = box.rpartition("@")[2]
        add(
            f"s-srs-{n + 1}",
            mail,
            "srs",
            (
                m.srs0(who, domain, mail.draw, "+"),
                m.srs0(who, f"srs.{domain}", mail.draw).replace("SRS0", "srs0"),
                m.srs1(who, "chuyen.example.org", domain, mail.draw),
            )[n],
            target,
            box,
        )
    for n in range(2):
        box, target = BOXES[n + 3], TARGETS[n]
        mail = m.hop(
            m.into(m.write(f"second-own-{n}", PROGRAMS[n], "lanhdao@daknong.gov.vn", box), box),
            "mx.daknong.gov.vn",
            "thu.daknong.gov.vn",
            box,
            "ESMTP",
            "10.0.0.2",
            8,
        )
        add(
            f"s-colleague-{n + 1}",
            m.postfix_local(mail, box, "thu.daknong.gov.vn") if n else m.pigeonhole(mail, box),
            "postfix-local" if n else "pigeonhole-header",
            "lanhdao@daknong.gov.vn",
            target,
            box,
            note="a colleague's letter",
        )
    mail, box, target, who = arrived(5, "q")
    mail.top(f"Received: (qmail 22019 invoked by uid 89); {mail.clock(72, '-0000')}", f"Delivered-To: {box}")
    add("s-qmail-1", mail, "qmail-alias", who, target, box)
    mail, box, target, who = arrived(1, "cy")
    mail.top(
        "X-Sieve: CMU Sieve 3.0",
        f"Received: from imap.tinh.gov.vn ([unix socket])\r\n\tby imap.tinh.gov.vn (Cyrus 3.6.1-Debian) with LMTPA;\r\n\t{mail.clock(71)}",
        f"Resent-From: {box}",
    )
    add("s-cyrus-1", mail, "cyrus-sieve", box, target, box, evidence="supposed")
    mail, box, target, who = arrived(0, "null")
    add("s-null-1", m.pigeonhole(mail, box), "pigeonhole-header", "", target, box, "quarantined", note="null sender")


def forwards_in(out: Set) -> None:
    def add(file: str, mail, shape: str, sender: str, target: str, account: str, provider: str, client: str, evidence: str = "documented") -> None:
        out.add(
            file,
            mail,
            "in",
            shape,
            "mx",
            sender,
            target,
            "forward-in",
            "tagged" if profile_of(target) == "dak-nong" else "not-refused",
            evidence,
            profile_of(target),
            client=client,
            provider=provider,
            mailbox=account,
        )

    for n, account in enumerate(("phuc.nv.90@gmail.com", "tam.hv@googlemail.com", "oanh.pt.van@gmail.com", "vp@truong.example.org")):
        target, who = BOXES[(n + 3) % 6 if n != 2 else 3], WHO[n]
        mail = m.gmail_forward(
            outside(f"second-g-{n}", PROGRAMS[n + 1], account, who.rpartition("@")[2], who.partition("@")[0]), account, target, n % 2 == 1, n != 1
        )
        add(f"s-gmail-{n + 1}", mail, "gmail-caf", m.caf(account, target), target, account, "gmail|google", f"209.85.167.{30 + n}")
    for n, account in enumerate(("nghia.le.st@hotmail.com", "diem@live.com", "uyen.dt@outlook.com.vn")):
        target, who = BOXES[(0, 1, 3)[n]], WHO[n + 2]
        mail = m.arc(outside(f"second-o-{n}", PROGRAMS[n], account, who.rpartition("@")[2], who.partition("@")[0]), "microsoft.com", "arcselector10001")
        mail.heads += [
            f"X-MS-Exchange-Inbox-Rules-Loop:{CRLF} {account}" if n else f"x-ms-exchange-inbox-rules-loop: {account}",
            f"Resent-From: <{account}>",
            "X-MS-Exchange-Transport-CrossTenantHeadersStamped: PH8PR12MB6698",
        ]
        add(
            f"s-outlook-{n + 1}",
            mail,
            "exchange-redirect-header",
            account if n else f"bounces+SRS=W1zQm=X4@hotmail.com",
            target,
            account,
            "outlook|microsoft|hotmail|live",
            f"52.103.64.{11 + n}",
        )
    for n, (account, provider, heads, ip) in enumerate(
        (
            ("phuc@bk.ru", "mail.ru|mailru", ("X-Mailru-Forward: 1", "X-ResentFrom: phuc@bk.ru"), "94.100.177.97"),
            (
                "diem.tt@yandex.by",
                "yandex",
                ("X-Yandex-Forward: 0857c52d081fdf2e3183d7ccdf48b137", "X-Yandex-Forward: f531c0e9771039f750d294a362bc131e"),
                "178.154.239.85",
            ),
            ("oanh@pm.me", "proton", ("X-Pm-Forwarded-From: oanh@pm.me", "X-Original-To: oanh@pm.me"), "185.70.40.22"),
            ("tam_hv@ymail.com", "yahoo", ("X-Yahoo-Forwarded: from tam_hv@ymail.com to oanhpt.vhttdl@daknong.gov.vn",), "106.10.240.77"),
        )
    ):
        target, who = BOXES[(0, 1, 3, 3)[n]], WHO[n]
        mail = outside(f"second-r-{n}", PROGRAMS[n + 2], account, who.rpartition("@")[2], who.partition("@")[0])
        host = ("f501.i.mail.ru", "forward502a.mail.yandex.net", "mail-40132.protonmail.ch", "sonic.gate.mail.sg3.yahoo.com")[n]
        mail.top(
            *heads,
            f"Received: from mail.{who.rpartition('@')[2]} ([203.0.113.25]) by {host} with ESMTPS id {m.token(mail.draw, 9)}{CRLF}\tfor <{account}>; {mail.clock(63)}",
        )
        add(f"s-provider-{n + 1}", mail, ("mailru-forward", "yandex-forward", "proton-forward", "yahoo-forward")[n], who, target, account, provider, ip)


def innocent(out: Set) -> None:
    def ok(
        file: str, mail, kind: str, role: str, sender: str, rcpts: str, box: str = "", auth: str = "-", client: str = "", direction: str = "", note: str = "-"
    ) -> None:
        out.add(
            file,
            mail,
            "innocent",
            kind,
            role,
            sender,
            rcpts,
            kind,
            "not-refused",
            "made",
            profile_of(box or sender or rcpts),
            direction,
            client,
            auth,
            note=note,
        )

    for n in range(4):  # lists
        address, target = (
            f"{('dien-dan-y', 'nuoi-trong', 'hoi-lam-vuon', 'ke-toan')[n]}@lists.{('example.org', 'daknong.gov.vn', 'soctrang.gov.vn', 'example.net')[n]}",
            (BOXES[0], TARGETS[0], TARGETS[1], BOXES[2])[n],
        )
        local, host = address.split("@")
        mail = m.into(m.sent(m.write(f"s-list-{n}", PROGRAMS[n], WHO[n], address)), address)
        mail.heads += [
            f"List-Id: {local} <{local}.{host}>",
            f"List-Post: <mailto:{address}>",
            "Precedence: list",
            *([f"X-Mailman-Version: 2.1.29", f"Errors-To: {local}-bounces@{host}"] if n % 2 else ["X-Loop: " + address, f"Sender: {local}-request@{host}"]),
        ]
        ok(
            f"s-list-{n + 1}",
            mail,
            "list",
            "mailbox" if n in (1, 2) else "mx",
            f"{local}-bounces+{target.replace('@', '=')}@{host}" if n % 2 else f"{local}-owner@{host}",
            target,
            target if n in (0, 3) else address,
        )
    for n in range(5):  # out-of-office
        box = BOXES[n]
        mail = m.write(
            f"s-away-{n}",
            PROGRAMS[n],
            box,
            WHO[n],
            subject=("Re: Kiến nghị", "Vắng mặt: Đơn xin việc", "Tự động: ", "Out of Office", "Nghỉ thai sản")[n],
            text=(
                "Đang nghỉ lễ.",
                "Tôi đã nghỉ hưu từ 01/9/2026.",
                "Tôi đi học tập trung đến tháng 12.",
                "Đi cơ sở, không có mạng.",
                "Xin gửi đồng chí thay tôi.",
            )[n],
            more=(
                f"In-Reply-To: <{n}@example.com>",
                (
                    "Auto-Submitted: auto-replied",
                    "Auto-Submitted: auto-replied (zimbra; vacation)",
                    "auto-submitted: auto-generated",
                    "X-Autoreply: yes",
                    "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
                )[n],
                "Precedence: junk",
            ),
        )
        ok(
            f"s-away-{n + 1}",
            m.exchange_hop(mail) if n in (2, 4) else mail,
            "out-of-office",
            "mailbox" if n != 3 else "local",
            "" if n != 4 else box,
            WHO[n],
            box,
        )
    for n in range(4):  # calendars
        box = BOXES[n + 1]
        mail = meeting(
            m.write(f"s-meet-{n}", PROGRAMS[n], box, TARGETS[n], subject=("Mời họp trực tuyến", "Đồng ý: Mời họp", "Hoãn họp", "Tạm nhận: Mời họp")[n]),
            ("REQUEST", "REPLY", "CANCEL", "REPLY")[n],
            box if n % 2 == 0 else TARGETS[n],
            TARGETS[n] if n % 2 == 0 else box,
        )
        ok(
            f"s-calendar-{n + 1}",
            m.zimbra_out(mail) if n % 2 else mail,
            "calendar",
            "mailbox" if n % 2 else "submission",
            box,
            TARGETS[n],
            auth="-" if n % 2 else box.partition("@")[0],
        )
    for n in range(4):  # reports
        box = BOXES[n]
        mail = report(
            f"s-report-{n}",
            ("MAILER-DAEMON@", "postmaster@", "mailer-daemon@", "hethong@")[n] + box.rpartition("@")[2],
            WHO[n],
            ("Thư không gửi được", "Undeliverable: Hỏi về thủ tục", "Warning: message delayed 4 hours", "Disposition notification")[n],
            "disposition-notification" if n == 3 else "delivery-status",
            "Xem chi tiết bên dưới.",
            f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {box}\nAction: failed\nStatus: 5.7.1\n",
            m.into(m.sent(m.write(f"s-r-{n}", "gmail", WHO[n], box)), box).bytes().decode(),
            "Auto-Submitted: auto-replied",
        )
        ok(f"s-report-{n + 1}", m.exchange_hop(mail) if n == 1 else mail, "mdn" if n == 3 else "dsn", "mailbox", "", WHO[n], box)
    for n in range(5):  # a person's Forward
        box = BOXES[(n + 2) % 6]
        mail = m.write(
            f"s-fwd-{n}",
            PROGRAMS[n + 1],
            box,
            TARGETS[n],
            subject=("Fwd: Đơn xin việc", "FW: [EXT] Thông báo bảo trì", "Chuyển: Biên bản", "Fw: Fw: Kiến nghị", "I: Đề cương")[n],
            text="Chuyển anh xem.\n\n"
            + ("-----Original Message-----", "________________________________", "----- Thư đã chuyển tiếp -----", "Bắt đầu thư được chuyển tiếp:", "Từ:")[n]
            + f"\nTừ: {WHO[n]}\nĐến: {box}\nX-Forwarded-To: ở trong văn bản\n\n"
            + m.TEXTS[n],
        )
        ok(
            f"s-person-forward-{n + 1}",
            m.zimbra_out(mail) if n == 4 else m.exchange_hop(mail) if n == 0 else mail,
            "person-forward",
            "mailbox" if n % 2 == 0 else "submission",
            box,
            TARGETS[n],
            auth="-" if n % 2 == 0 else box.partition("@")[0],
        )
    for n in range(4):  # sent on inside the state
        mail, box, _, who = arrived(n, "state")
        target = ("vanthu@cantho.gov.vn", "tiepnhan@chinhphu.vn", "banvandong@dcs.vn", "phong2@daknong.gov.vn")[n]
        mail = (
            lambda: m.pigeonhole(mail, box),
            lambda: m.zimbra_forward(mail, box),
            lambda: m.exchange_redirect(mail, box),
            lambda: m.postfix_local(mail, box, "thu.daknong.gov.vn", box),
        )[n]()
        ok(
            f"s-state-{n + 1}",
            mail,
            "forward to a state mailbox" if n != 3 else "alias inside",
            "mailbox",
            who if n in (0, 3) else box,
            target,
            box,
            direction="internal" if n == 3 else "",
        )
    for n in range(4):  # applications, delegates, prvs, blind copies
        box = BOXES[n]
        mail = m.write(
            f"s-app-{n}",
            ("web", "outlook", "thunderbird", "zimbra")[n],
            box,
            TARGETS[n] if n != 3 else box,
            name="Một cửa điện tử" if not n else "",
            more=(f"Sender: thuky.{box}",) if n == 1 else (),
        )
        ok(
            f"s-misc-out-{n + 1}",
            m.exchange_hop(mail) if n == 1 else m.zimbra_out(mail) if n == 3 else mail,
            ("web application", "delegate", "batv", "bcc")[n],
            "mailbox" if n != 2 else "submission",
            (f"verp-{m.token(mail.draw, 6)}-{TARGETS[0].replace('@', '=')}@bounce.daknong.gov.vn", f"thuky.{box}", f"prvs=5561ff0a2b={box}", box)[n],
            TARGETS[n],
            box,
            auth=box.partition("@")[0] if n == 2 else "-",
        )
    for n in range(5):  # ordinary, inbound
        box = BOXES[n]
        mail = m.sent(
            m.write(
                f"s-in-{n}",
                PROGRAMS[n],
                ("caf.sach@gmail.com", "chuyentiep@example.com", "forward.ltd@example.net", "ban+srs@gmail.com", "em@yandex.ru")[n],
                box,
            ),
            "gmail" if n in (0, 3) else "postfix",
        )
        if n in (0, 3):
            mail.top(f"X-Forwarded-Encrypted: i=1; AJvYcC{blob(box, 60).rstrip('=')}=@{box.rpartition('@')[2]}")
        if n == 4:
            mail.heads.append("X-Yandex-Forward: 85d02b20992161de89aefe959a6f9d4d")
        ok(
            f"s-ordinary-in-{n + 1}",
            mail,
            "ordinary",
            "mx",
            mail.value("From").rpartition("<")[2].rstrip(">"),
            box,
            client="209.85.208.44" if n in (0, 3) else "",
            note="own words `caf`, `forward`, `srs` in the sender's name" if n < 4 else "-",
        )
    for n in range(5):  # ordinary, outbound
        box = BOXES[5 - n]
        mail = m.write(f"s-out-{n}", PROGRAMS[n], box, WHO[n], cc=TARGETS[n] if n % 2 else "", more=("X-Priority: 1", "Importance: high")[: n % 3])
        ok(
            f"s-ordinary-out-{n + 1}",
            m.zimbra_out(mail) if n == 0 else m.exchange_hop(mail) if n == 1 else mail,
            "ordinary",
            "mailbox" if n < 3 else "submission",
            box,
            f"{WHO[n]},{TARGETS[n]}" if n % 2 else WHO[n],
            auth="-" if n < 3 else box.partition("@")[0],
        )
    for n in range(2):  # a person's bounce
        mail, box, target, who = arrived(n, "bounce")
        mail.top(
            f"Resent-To: {target}",
            f"Resent-From: {box}",
            f"Resent-Date: {mail.clock(99)}",
            f"Resent-Message-ID: <{m.token(mail.draw, 9)}@pc.daknong.gov.vn>",
            *(["Resent-User-Agent: Alpine 2.26"] if n else []),
        )
        ok(f"s-person-resent-{n + 1}", mail, "person-resent", "submission", box, target, auth=box.partition("@")[0])
    # The forward was refused; the bounce to the user is sent on by his own filter again: a refusal begins a loop.
    box = BOXES[0]
    mail = m.postfix_local(
        report(
            "s-loop",
            "MAILER-DAEMON@daknong.gov.vn",
            box,
            "Undelivered Mail Returned to Sender",
            "delivery-status",
            "550 5.7.1",
            "Reporting-MTA: dns; box.daknong.gov.vn\n\nFinal-Recipient: rfc822; phuc.nv.90@gmail.com\nAction: failed\nStatus: 5.7.1\n",
            "Subject: x\r\n",
        ),
        box,
        "box.daknong.gov.vn",
        box,
    )
    out.add(
        "s-bounce-sent-on",
        mail,
        "border",
        "dsn",
        "mailbox",
        box,
        "phuc.nv.90@gmail.com",
        "forward-out",
        "any",
        "made",
        note="refusing this makes a bounce that procmail sends on again, without end; keeping it aside ends it",
    )


def hostile(out: Set) -> None:
    def bad(file: str, mail, sender: str, target: str, box: str, expect: str, note: str) -> None:
        out.add(file, mail, "hostile", "hostile", "mailbox", sender, target, "forward-out", expect, "made", profile=profile_of(box), note=note)

    mail, box, target, who = arrived(3, "h1")
    m.zimbra_forward(mail, box)
    mail.heads += [f"List-Id: <{box.replace('@', '.')}>", f"List-Unsubscribe: <mailto:{box}>"]
    bad("s-list-id-of-the-user", mail, box, target, box, "refused", "List-Id made of the user's own address")
    mail, box, target, who = arrived(4, "h2")
    m.pigeonhole(mail, box)
    mail.heads += ["auto-submitted: auto-generated", "X-Auto-Response-Suppress: All", "Precedence: bulk", "In-Reply-To: <1@example.com>"]
    bad("s-auto-with-reply-to", mail, who, target, box, "refused", "every field of an automatic answer, around a stranger's letter")
    mail, box, target, who = arrived(0, "h3")
    m.postfix_local(mail, box, "thu.daknong.gov.vn", box)
    for n in range(400):
        mail.top(f"X-Rac-{n}: {blob(str(n), 90)}")
    bad("s-fields-400", mail, "", target, box, "quarantined", "null sender, 400 fields above the marks")
    mail, box, target, who = arrived(1, "h4")
    m.exchange_redirect(meeting(mail, "REPLY", box, who), box)
    out.add(
        "s-reply-redirected",
        mail,
        "border",
        "calendar",
        "mailbox",
        box,
        target,
        "forward-out",
        "any",
        "made",
        profile=profile_of(box),
        note="a stranger's calendar answer that a rule of ours sends on; issue 6: a calendar reply is never rejected",
    )
