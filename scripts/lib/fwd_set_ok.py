"""Innocent letters: nothing here may be refused as a forward. Lists, newsletters, blind copies, out-of-office."""

import fwd_mail as m
from fwd_letters import blob
from fwd_set import Set

OURS = "daknong.gov.vn"


def build(out: Set) -> None:
    lists_in(out)
    lists_out(out)
    away(out)


def ok(out: Set, file: str, mail, kind: str, role: str, sender: str, rcpts: str, expect: str = "not-refused", **more) -> None:
    out.add(file, mail, "innocent", kind, role, sender, rcpts, kind, expect, more.pop("evidence", "made"), **more)


# --- lists ------------------------------------------------------------------------------------


def post(seed: str, program: str, to: str, domain: str, name: str = "thanhvien", **more) -> m.Mail:
    return m.sent(m.write(seed, program, f"{name}@{domain}", to, **more), program if program in ("gmail", "outlook") else "postfix")


def lists_in(out: Set) -> None:
    for n, (rcpt, profile) in enumerate(
        (("hungtv.stttt@daknong.gov.vn", "dak-nong"), ("maint.snv@daknong.gov.vn", "dak-nong"), ("phongqtm@soctrang.gov.vn", "soc-trang"))
    ):
        host = ("lists.example.org", "mailman.example.net", "lists.example.com")[n]
        address = f"{('vietlug', 'an-toan-thong-tin', 'quan-tri-mang')[n]}@{host}"
        mail = post(
            f"mailman-{n}",
            ("thunderbird", "gmail", "outlook")[n],
            address,
            m.DOMAINS[n],
            text=m.TEXTS[n] + "\n_______________________________________________\n" + address,
        )
        local = address.partition("@")[0]
        mail.heads += [
            f"X-BeenThere: {address}",
            "X-Mailman-Version: 2.1.39",
            "Precedence: list",
            f"List-Id: <{local}.{host}>",
            f"List-Unsubscribe: <https://{host}/options/{local}>",
            f"List-Post: <mailto:{address}>",
            f"Errors-To: {local}-bounces@{host}",
            f'Sender: "{local}" <{local}-bounces@{host}>',
        ]
        m.hop(mail, "localhost", host, "", "ESMTP", "127.0.0.1", 7)
        ok(out, f"mailman2-in-{n + 1}", mail, "list", "mx", f"{local}-bounces@{host}", rcpt, profile=profile)
    for n, rcpt in enumerate(("tuanpq.ubnd@daknong.gov.vn", "ngocdt.skhdt@daknong.gov.vn")):
        host = "listes.example.org"
        mail = post(f"sympa-{n}", ("roundcube", "zimbra")[n], f"khoahoc@{host}", m.DOMAINS[n + 1])
        mail.heads += [
            f"X-Loop: khoahoc@{host}",
            "X-Sequence: 218",
            f"Errors-to: khoahoc-owner@{host}",
            "Precedence: list",
            "Precedence: bulk",
            f"Sender: khoahoc-request@{host}",
            "X-no-archive: yes",
            f"List-Id: <khoahoc.{host}>",
        ]
        ok(out, f"sympa-in-{n + 1}", mail, "list", "mx", f"khoahoc-owner@{host}", rcpt)
    for n, rcpt in enumerate(("hanhlt.sxd@daknong.gov.vn", "khoadd.stc@daknong.gov.vn", "loanvt.snv@daknong.gov.vn")):
        group = ("chuyen-doi-so", "kien-truc-vn", "phu-huynh-12a1")[n]
        mail = post(f"ggroups-{n}", ("gmail", "outlook", "iphone")[n], f"{group}@googlegroups.com", m.DOMAINS[n])
        author = mail.value("From").rpartition("<")[2].rstrip(">")
        mail.top(
            "X-Google-Group-Id: 719388471021",
            f"List-Post: <https://groups.google.com/group/{group}/post>, <mailto:{group}@googlegroups.com>",
            f"List-Help: <https://support.google.com/groups/>, <mailto:{group}+help@googlegroups.com>",
            f"List-ID: <{group}.googlegroups.com>",
            f"Mailing-list: list {group}@googlegroups.com; contact {group}+owners@googlegroups.com",
            "Precedence: list",
            "X-Original-Authentication-Results: gmr-mx.google.com;       dkim=pass",
            f"X-Original-Sender: {author}",
            f"X-Forwarded-Encrypted: i=2; AJvYcC{blob(group, 70).rstrip('=')}=@{OURS}",
            f"X-BeenThere: {group}@googlegroups.com",
            f"Sender: {group}@googlegroups.com",
        )
        ok(
            out,
            f"google-groups-in-{n + 1}",
            mail,
            "list",
            "mx",
            f"{group}+bncBDQ{m.token(mail.draw, 20)}@googlegroups.com",
            rcpt,
            client=f"209.85.208.{56 + n}",
        )
    for n, rcpt in enumerate(("thaodtn.sgd@daknong.gov.vn", "sonnv.snn@daknong.gov.vn")):
        mail = post(f"majordomo-{n}", ("web", "thunderbird")[n], "nongnghiep@majordomo.example.net", m.DOMAINS[n + 3])
        mail.top(
            "Sender: owner-nongnghiep@majordomo.example.net",
            "Precedence: bulk",
            *(["X-Loop: nongnghiep@majordomo.example.net"] if n else []),
            f"Received: (from majordom@localhost)\r\n\tby majordomo.example.net (8.14.4/8.14.4/Submit) id 08E{m.token(mail.draw, 8)}\r\n\tfor nongnghiep-outgoing; {mail.clock(64)}",
        )
        ok(out, f"majordomo-in-{n + 1}", mail, "list", "mx", "owner-nongnghiep@majordomo.example.net", rcpt, note="Majordomo writes no List-Id")
    for n, rcpt in enumerate(("doantc.skhcn@daknong.gov.vn", "phuocnh.sgtvt@daknong.gov.vn")):
        mail = post(
            f"debian-{n}", ("thunderbird", "gmail")[n], "debian-user@lists.example.org", m.DOMAINS[n], text="Xin hỏi cách đặt milter trước rspamd?\n\nCảm ơn."
        )
        mail.top(
            "Resent-Message-ID: <Y7xqKhF2MBB.A.3gG.kPwBqB@bendel>",
            "Resent-From: debian-user@lists.example.org",
            f"X-Mailing-List: <debian-user@lists.example.org> archive/latest/79{n}",
            "X-Loop: debian-user@lists.example.org",
            "List-Id: <debian-user.lists.example.org>",
            "Precedence: list",
            "Resent-Sender: debian-user-request@lists.example.org",
            f"Resent-Date: {mail.clock(66, '+0000')} (UTC)",
        )
        ok(out, f"resent-list-in-{n + 1}", mail, "list", "mx", f"bounce-debian-user={rcpt.replace('@', '=')}@lists.example.org", rcpt)
    mail = post("listserv", "outlook", "GIAODUC-L@LISTSERV.EXAMPLE.NET", "truong.example.org")
    mail.heads += [
        "Reply-To: GIAODUC <GIAODUC-L@LISTSERV.EXAMPLE.NET>",
        "Sender: GIAODUC <GIAODUC-L@LISTSERV.EXAMPLE.NET>",
        "Precedence: list",
        "List-Owner: <mailto:GIAODUC-L-request@LISTSERV.EXAMPLE.NET>",
    ]
    ok(out, "listserv-in-1", mail, "list", "mx", "owner-GIAODUC-L@LISTSERV.EXAMPLE.NET", "thaodtn.sgd@daknong.gov.vn")
    for n, rcpt in enumerate(("vanthu.dakmil@daknong.gov.vn", "thuyntb.cdoan@soctrang.gov.vn")):
        mail = m.write(
            f"newsletter-{n}",
            "web",
            "bantin@example.com",
            rcpt,
            name="Bản tin Doanh nghiệp",
            subject="Bản tin tuần 38",
            more=(
                "List-Unsubscribe: <https://example.com/huy>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                "List-Id: 9c1b mc list <9c1b.list-id.mcsv.example.net>",
                "Precedence: bulk",
                "X-Campaign: mailchimp9c1b.7719",
            ),
        )
        ok(
            out,
            f"newsletter-in-{n + 1}",
            m.sent(mail),
            "newsletter",
            "mx",
            f"bounce-mc.us8_{m.token(mail.draw, 8)}-{rcpt.replace('@', '=')}@mail8.mcsv.example.net",
            rcpt,
            profile=("dak-nong", "soc-trang")[n],
        )
    for n, rcpt in enumerate(("chaunm.vpub@daknong.gov.vn", "hoindt@soctrang.gov.vn")):
        mail = m.write(
            f"chinhphu-{n}",
            "web",
            "bantin@chinhphu.vn",
            "vanban-moi@chinhphu.vn",
            name="Cổng Thông tin điện tử Chính phủ",
            subject="Văn bản chỉ đạo, điều hành mới trong ngày",
            more=("List-Id: <vanban-moi.chinhphu.vn>", "Precedence: bulk"),
        )
        ok(out, f"state-newsletter-in-{n + 1}", m.sent(mail), "newsletter", "mx", "vanban-moi-bounces@chinhphu.vn", rcpt, profile=("dak-nong", "soc-trang")[n])


def lists_out(out: Set) -> None:
    for n, (author, program) in enumerate(
        (("gv.toan@example.org", "gmail"), ("cuonglv.sct@daknong.gov.vn", "zimbra"), ("biendich@congty.example.com", "outlook"))
    ):
        address = ("giaovien@lists.daknong.gov.vn", "hiephoi-dn@lists.daknong.gov.vn", "nguoidungdvc@lists.daknong.gov.vn")[n]
        local = address.partition("@")[0]
        mail = m.into(m.sent(m.write(f"own-list-{n}", program, author, address), program if program in ("gmail", "outlook") else "postfix"), address)
        mail.heads += [
            f"Message-ID-Hash: {m.token(mail.draw, 32)}",
            f"X-MailFrom: {author}",
            "X-Mailman-Rule-Hits: member-moderation",
            "X-Mailman-Version: 3.3.8",
            "Precedence: list",
            f"List-Id: <{local}.lists.daknong.gov.vn>",
            f"List-Post: <mailto:{address}>",
            f"List-Unsubscribe: <mailto:{local}-leave@lists.daknong.gov.vn>",
        ]
        ok(
            out,
            f"mailman3-out-{n + 1}",
            mail,
            "list",
            "mailbox",
            f"{local}-bounces@lists.daknong.gov.vn",
            ("bui.gv@gmail.com,thay.ba@yahoo.com", "sieuthi.dn@gmail.com", "dan.cujut@gmail.com")[n],
        )
    for n in range(2):
        mail = m.into(
            m.sent(m.write(f"own-sympa-{n}", "thunderbird", ("hoivien@example.net", "tapchi@example.com")[n], "vanhoc@lists.daknong.gov.vn")),
            "vanhoc@lists.daknong.gov.vn",
        )
        mail.heads += [
            "X-Loop: vanhoc@lists.daknong.gov.vn",
            "X-Sequence: 41",
            "Errors-To: vanhoc-owner@lists.daknong.gov.vn",
            "Precedence: list",
            "Sender: vanhoc-request@lists.daknong.gov.vn",
            "List-Id: <vanhoc.lists.daknong.gov.vn>",
        ]
        ok(out, f"sympa-out-{n + 1}", mail, "list", "mailbox", "vanhoc-owner@lists.daknong.gov.vn", ("nhatho.tn@gmail.com", "nhavan.dn@outlook.com")[n])
    for n, profile in enumerate(("dak-nong", "soc-trang", "dak-nong")):
        domain = ("daknong.gov.vn", "soctrang.gov.vn", "daknong.gov.vn")[n]
        mail = m.write(
            f"own-news-{n}",
            "web",
            f"bantin@{domain}",
            f"bantin@{domain}",
            name="Cổng thông tin điện tử tỉnh",
            subject=("Bản tin điều hành số 37", "Tin tức nổi bật trong tuần", "Giá nông sản ngày 18/9/2026")[n],
            more=(f"List-Id: <bantin.{domain}>", f"List-Unsubscribe: <https://{domain}/huy-dang-ky>", "Precedence: bulk", "Auto-Submitted: auto-generated"),
        )
        ok(
            out,
            f"own-newsletter-out-{n + 1}",
            mail,
            "newsletter",
            "mailbox",
            f"bantin-bounces@{domain}",
            ("nguoi.dan@gmail.com", "bao.st@yahoo.com", "@300:gmail.com")[n],
            profile=profile,
        )
    # 600 recipients, and blind copies.
    for n, (sender, role) in enumerate((("thongbao@daknong.gov.vn", "mailbox"), ("vanthu.vpub@daknong.gov.vn", "submission"))):
        mail = m.write(
            f"many-{n}",
            ("zimbra", "outlook")[n],
            sender,
            "undisclosed-recipients:;" if n else sender,
            subject="Thông báo thay đổi số điện thoại đường dây nóng",
        )
        ok(out, f"six-hundred-{n + 1}", mail, "bulk", role, sender, "@600:example.com" if n else "@600:gmail.com", auth="vanthu.vpub" if n else "-")
    for n, (sender, to, rcpts, role) in enumerate(
        (
            ("hungtv.stttt@daknong.gov.vn", "undisclosed-recipients:;", "khach1@gmail.com,khach2@yahoo.com", "submission"),
            ("maint.snv@daknong.gov.vn", "maint.snv@daknong.gov.vn", "ungvien7@gmail.com", "mailbox"),
            ("tuanpq.ubnd@daknong.gov.vn", "lienhe@example.com", "lienhe@example.com,luu.ban.sao@gmail.com", "submission"),
            ("ngocdt.skhdt@daknong.gov.vn", "nhadautu@example.net", "tu.van@gmail.com", "mailbox"),
        )
    ):
        mail = m.write(f"bcc-{n}", ("thunderbird", "zimbra", "outlook", "iphone")[n], sender, to)
        ok(
            out,
            f"bcc-{n + 1}",
            m.zimbra_out(mail) if role == "mailbox" else mail,
            "bcc",
            role,
            sender,
            rcpts,
            auth=sender.partition("@")[0] if role == "submission" else "-",
        )
    # A blind copy alone: the Received of our server names the recipient himself.
    for n, (sender, to) in enumerate((("hanhlt.sxd@daknong.gov.vn", "giamsat@gmail.com"), ("phongqtm@soctrang.gov.vn", "hotro.rieng@yahoo.com"))):
        mail = m.write(f"bcc-alone-{n}", ("thunderbird", "roundcube")[n], sender, "undisclosed-recipients:;" if n else sender)
        m.hop(mail, "pc", f"thu.{sender.rpartition('@')[2]}", to, "ESMTPSA", "10.20.30.40")
        ok(out, f"bcc-alone-{n + 1}", mail, "bcc", "mailbox", sender, to, profile=("dak-nong", "soc-trang")[n])


# --- out-of-office ----------------------------------------------------------------------------

AWAY = (
    "Tôi đi công tác từ ngày 14/9 đến 19/9/2026. Việc gấp xin liên hệ anh Hùng, số 0261 000 0001.",
    "Hiện tôi nghỉ phép, không đọc thư. Thư của anh/chị sẽ được trả lời khi tôi trở lại cơ quan.",
    "Cảm ơn anh/chị đã liên hệ. Tôi đã chuyển công tác; xin gửi về vanthu@daknong.gov.vn.",
    "Xin chào, tôi đang tham gia lớp bồi dưỡng và trả lời thư chậm.",
)


def away(out: Set) -> None:
    def reply(seed: str, program: str, sender: str, to: str, subject: str, text: str, *heads: str) -> m.Mail:
        mail = m.write(seed, program, sender, to, subject=subject, text=text)
        mail.heads += [f"In-Reply-To: <{m.token(mail.draw, 20)}@example.com>", f"References: <{m.token(mail.draw, 20)}@example.com>", *heads]
        return mail

    for n, (sender, to, env) in enumerate(
        (
            ("hungtv.stttt@daknong.gov.vn", "khach@gmail.com", ""),
            ("havtt.vpub@soctrang.gov.vn", "phongvien@example.com", ""),
            ("truongbx.stp@daknong.gov.vn", "luatsu@yahoo.com", "truongbx.stp@daknong.gov.vn"),
        )
    ):
        ok(
            out,
            f"away-zimbra-{n + 1}",
            m.zimbra_out(
                reply(f"away-z-{n}", "zimbra", sender, to, "Re: " + m.TOPICS[n], AWAY[n], "Auto-Submitted: auto-replied (zimbra; vacation)", "Precedence: bulk")
            ),
            "out-of-office",
            "mailbox",
            env,
            to,
            profile="soc-trang" if n == 1 else "dak-nong",
        )
    for n, (sender, to, env) in enumerate(
        (
            ("loanvt.snv@daknong.gov.vn", "hoidoan@gmail.com", ""),
            ("khoadd.stc@daknong.gov.vn", "nganhang@example.net", ""),
            ("hanhlt.sxd@daknong.gov.vn", "nhathau@outlook.com", "hanhlt.sxd@daknong.gov.vn"),
        )
    ):
        mail = reply(
            f"away-x-{n}",
            "outlook",
            sender,
            to,
            "Trả lời tự động: " + m.TOPICS[n + 3],
            AWAY[n],
            "X-Auto-Response-Suppress: All",
            f"X-MS-Exchange-Inbox-Rules-Loop: {sender}",
            "auto-submitted: auto-generated",
            "x-ms-exchange-generated-message-source: Mailbox Rules Agent",
            f"x-ms-exchange-parent-message-id: <{m.token(m.random.Random(n), 16)}@example.com>",
        )
        ok(
            out,
            f"away-exchange-{n + 1}",
            m.exchange_hop(mail),
            "out-of-office",
            "mailbox",
            env,
            to,
            note="bears the fields of Exchange's rules as a forward does",
        )
    for n, (sender, to) in enumerate((("dungbt.krongno@daknong.gov.vn", "ban.be@gmail.com"), ("lenth.stttt@soctrang.gov.vn", "congdan@gmail.com"))):
        mail = reply(
            f"away-d-{n}",
            "web",
            sender,
            to,
            "Auto: " + m.TOPICS[n + 5],
            AWAY[3],
            "Auto-Submitted: auto-replied (vacation)",
            "Precedence: bulk",
            "X-Auto-Response-Suppress: All",
        )
        mail.heads = [head for head in mail.heads if not head.startswith("X-Mailer")]
        ok(
            out,
            f"away-dovecot-{n + 1}",
            mail.top("X-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)"),
            "out-of-office",
            "mailbox" if n else "local",
            "",
            to,
            profile=("dak-nong", "soc-trang")[n],
        )
    mail = reply(
        "away-vacation1",
        "thunderbird",
        "thukho@daknong.gov.vn",
        "thuongmai@example.org",
        "away from my mail",
        AWAY[1],
        "Precedence: bulk",
        "Auto-Submitted: auto-replied",
    )
    ok(out, "away-vacation1-1", mail, "out-of-office", "local", "", "thuongmai@example.org")
    for n, (sender, rcpt, client) in enumerate(
        (
            ("ban.cu@gmail.com", "hungtv.stttt@daknong.gov.vn", "209.85.208.61"),
            ("doi.tac@outlook.com", "maint.snv@daknong.gov.vn", "40.107.215.60"),
            ("giamdoc@example.com", "tuanpq.ubnd@soctrang.gov.vn", ""),
        )
    ):
        mail = reply(
            f"away-in-{n}",
            ("gmail", "outlook", "iphone")[n],
            sender,
            rcpt,
            ("Trả lời tự động: ", "Automatic reply: ", "Vắng mặt: ")[n] + m.TOPICS[n],
            AWAY[n],
            *(
                ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"),
                ("Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", f"X-MS-Exchange-Inbox-Rules-Loop: {sender}"),
                ("Auto-Submitted: auto-replied",),
            )[n],
        )
        ok(
            out,
            f"away-in-{n + 1}",
            m.sent(mail, ("gmail", "outlook", "postfix")[n]),
            "out-of-office",
            "mx",
            "" if n != 1 else sender,
            rcpt,
            client=client,
            profile="soc-trang" if n == 2 else "dak-nong",
        )
