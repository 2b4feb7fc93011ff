"""Still more innocent letters: programs that write for people, groups of other makes, threads, replies with foreign words in them."""

import fwd_mail as m
from fwd_letters import blob
from fwd_set import Set
from fwd_set_acts import meeting, report
from fwd_set_ok import ok
from fwd_set_out import author


def build(out: Set) -> None:
    services(out)
    threads(out)
    groups(out)
    answers(out)
    own_copies(out)


def services(out: Set) -> None:
    """Inbound: what firms' programs send to a state mailbox, with envelope senders of their own."""
    for n, (sender, env, rcpt, subject) in enumerate(
        (
            (
                "notifications@github.example.com",
                "noreply@github.example.com",
                "hungtv.stttt@daknong.gov.vn",
                "[quan-tri/gacthu] Sửa lỗi khi đọc đầu thư (#12)",
            ),
            ("no-reply@zoom.example.net", "bounce-1_HTML-77@bounce.zoom.example.net", "chaunm.vpub@daknong.gov.vn", "Phòng họp trực tuyến đã sẵn sàng"),
            ("hoadon@dien-luc.example.com", "return+hungtv=soctrang.gov.vn@dien-luc.example.com", "phongqtm@soctrang.gov.vn", "Hóa đơn tiền điện tháng 9"),
            ("alerts@ngan-hang.example.net", "prvs=99a1b2c3d4=alerts@ngan-hang.example.net", "khoadd.stc@daknong.gov.vn", "Biến động số dư"),
            ("forum@dien-dan.example.org", "forum+verp-b0a1@dien-dan.example.org", "doantc.skhcn@daknong.gov.vn", "[Diễn đàn] Có trả lời mới"),
            ("share@drive.example.com", "3xZq9YBcKA-share@drive.example.com", "maint.snv@daknong.gov.vn", "Trần Văn Hùng đã chia sẻ một tài liệu với bạn"),
        )
    ):
        mail = m.sent(
            m.write(
                f"service-{n}",
                "web",
                sender,
                rcpt,
                name="Thông báo tự động",
                subject=subject,
                more=("Auto-Submitted: auto-generated", "List-Unsubscribe: <https://example.com/u>", "Precedence: bulk")[: 1 + n % 3],
            )
        )
        ok(out, f"service-in-{n + 1}", mail, "web application", "mx", env, rcpt, profile="soc-trang" if "soctrang" in rcpt else "dak-nong")
    # A firm's own forwarder between its departments, long before the letter came to us: it wrote to us itself.
    for n, rcpt in enumerate(("thinhdd.sct@daknong.gov.vn", "lenth.stttt@soctrang.gov.vn", "giangnt.snv@daknong.gov.vn")):
        mail = m.write(f"inner-{n}", "outlook", f"kinhdoanh{n}@congty.example.com", rcpt)
        mail = m.sent(m.exchange_hop(mail, "EXCH-HCM.congty.local") if n < 2 else m.zimbra_out(mail, "mail.congty.example.com"))
        ok(out, f"inner-hops-in-{n + 1}", mail, "ordinary", "mx", f"kinhdoanh{n}@congty.example.com", rcpt, profile="soc-trang" if n == 1 else "dak-nong")


def threads(out: Set) -> None:
    """Replies and long threads: From ours, the recipient stands in To or Cc, a stranger's words below."""
    for n, (sender, to, cc, program, role, subject) in enumerate(
        (
            ("hungtv.stttt@daknong.gov.vn", "khach@gmail.com", "giamdoc@example.com", "zimbra", "mailbox", "Re: Báo giá"),
            ("maint.snv@daknong.gov.vn", "ungvien@yahoo.com", "", "outlook", "mailbox", "RE: Kết quả phỏng vấn"),
            ("tuanpq.ubnd@soctrang.gov.vn", "bao@example.net", "toasoan@example.org", "thunderbird", "submission", "Re: Câu hỏi phỏng vấn"),
            ("khoadd.stc@daknong.gov.vn", "nganhang@example.com", "", "iphone", "submission", "Trả lời: Sao kê"),
            ("ngocdt.skhdt@daknong.gov.vn", "nhadautu@gmail.com", "luatsu@outlook.com", "roundcube", "mailbox", "Re: Fwd: Hồ sơ dự án"),
            ("havtt.vpub@soctrang.gov.vn", "doitac@example.com", "", "zimbra", "mailbox", "Re: Fw: Re: Lịch làm việc"),
        )
    ):
        quoted = m.TEXTS[n % 5] + "\n\n> Từ: " + to + "\n> Gửi: " + sender + "\n> X-Forwarded-For: không\n>\n> Tôi xin hỏi thêm một việc.\n"
        mail = m.write(
            f"thread-{n}",
            program,
            sender,
            to,
            subject=subject,
            text=quoted,
            cc=cc,
            more=(f"In-Reply-To: <{m.token(m.random.Random(n), 12)}@mail.gmail.com>", f"References: <{m.token(m.random.Random(n), 12)}@mail.gmail.com>"),
        )
        mail = m.zimbra_out(mail) if program == "zimbra" else m.exchange_hop(mail) if program == "outlook" else mail
        ok(
            out,
            f"thread-out-{n + 1}",
            mail,
            "ordinary",
            role,
            sender,
            ",".join(filter(None, (to, cc))),
            auth=sender.partition("@")[0] if role == "submission" else "-",
            profile="soc-trang" if "soctrang" in sender else "dak-nong",
        )
    # Internal letters, and letters to several provinces.
    for n, (sender, rcpts) in enumerate(
        (
            ("chaunm.vpub@daknong.gov.vn", "hungtv.stttt@daknong.gov.vn,maint.snv@daknong.gov.vn"),
            ("vanthu@soctrang.gov.vn", "phongqtm@soctrang.gov.vn"),
            ("ct.ubnd@daknong.gov.vn", "vanthu@soctrang.gov.vn,vanthu@lamdong.gov.vn,vanphong@chinhphu.vn"),
        )
    ):
        mail = m.zimbra_out(m.write(f"internal-{n}", "zimbra", sender, rcpts.replace(",", ", ")))
        ok(
            out,
            f"internal-{n + 1}",
            mail,
            "ordinary",
            "mailbox",
            sender,
            rcpts,
            direction="internal" if n < 2 else "outbound",
            profile="soc-trang" if n == 1 else "dak-nong",
        )


def groups(out: Set) -> None:
    for n, (host, rcpt) in enumerate((("groups.example.com", "bantin@daknong.gov.vn"), ("groups.example.com", "phongqtm@soctrang.gov.vn"))):
        mail = m.sent(m.write(f"groupsio-{n}", "iphone", f"ban{n}@example.net", f"vien-thong@{host}"))
        mail.top(
            f"Return-Path: <bounce+16102+88+55+771@{host}>",
            f"X-Received: by 127.0.0.2 with SMTP id {m.token(mail.draw, 12)}; {mail.clock(62)}",
            "Precedence: Bulk",
            f"List-Unsubscribe: <mailto:vien-thong+unsubscribe@{host}>",
            f"List-Subscribe: <mailto:vien-thong+subscribe@{host}>",
            f"Sender: vien-thong@{host}",
            f"List-Id: <vien-thong.{host}>",
            f"Mailing-List: list vien-thong@{host}; contact vien-thong+owner@{host}",
            f"Delivered-To: mailing list vien-thong@{host}",
        )
        ok(out, f"groups-io-in-{n + 1}", mail, "list", "mx", f"bounce+16102+88+55+771@{host}", rcpt, profile=("dak-nong", "soc-trang")[n])
    for n, rcpt in enumerate(("thaodtn.sgd@daknong.gov.vn", "sonnv.snn@daknong.gov.vn")):
        mail = m.sent(m.write(f"ezmlm-{n}", "thunderbird", f"hocgia{n}@example.org", "khoa-hoc@ds.example.net"))
        mail.top(
            "Mailing-List: contact khoa-hoc-help@ds.example.net; run by ezmlm",
            "Precedence: bulk",
            "X-No-Archive: yes",
            "List-Post: <mailto:khoa-hoc@ds.example.net>",
            "Delivered-To: mailing list khoa-hoc@ds.example.net",
            f"Received: (qmail 71{n} invoked by uid 99); {mail.clock(62, '-0000')}",
            *(["List-Id: <khoa-hoc.ds.example.net>"] if n else []),
        )
        ok(out, f"ezmlm-in-{n + 1}", mail, "list", "mx", f"khoa-hoc-return-118-{rcpt.replace('@', '=')}@ds.example.net", rcpt)
    for n, (author_, target) in enumerate((("ky.su@example.com", "ky.thuat.vien@gmail.com"), ("can.bo@soctrang.gov.vn", "cuu.can.bo@yahoo.com"))):
        domain = ("daknong.gov.vn", "soctrang.gov.vn")[n]
        mail = m.into(m.sent(m.write(f"own-mlmmj-{n}", "roundcube", author_, f"ky-thuat@lists.{domain}")), f"ky-thuat@lists.{domain}", f"mx.{domain}")
        mail.heads += [f"List-Id: <ky-thuat.lists.{domain}>", f"List-Unsubscribe: <mailto:ky-thuat+unsubscribe@lists.{domain}>", "Precedence: list"]
        ok(
            out,
            f"mlmmj-out-{n + 1}",
            mail.top(f"X-Original-To: ky-thuat@lists.{domain}"),
            "list",
            "mailbox",
            f"ky-thuat+bounces-{n + 3}-{target.replace('@', '=')}@lists.{domain}",
            target,
            profile=("dak-nong", "soc-trang")[n],
        )
    for n in range(2):
        mail = m.sent(
            m.write(
                f"group-digest-{n}",
                "web",
                "vietlug-request@lists.example.org",
                "vietlug@lists.example.org",
                name="-",
                subject=f"Tập tin Vietlug, số {21 + n}, bài 3",
                more=("List-Id: <vietlug.lists.example.org>", "Precedence: list", "Sender: Vietlug <vietlug-bounces@lists.example.org>"),
            )
        )
        ok(
            out,
            f"digest-in-{n + 1}",
            mail,
            "list",
            "mx",
            "vietlug-bounces@lists.example.org",
            ("hungtv.stttt@daknong.gov.vn", "phongqtm@soctrang.gov.vn")[n],
            profile=("dak-nong", "soc-trang")[n],
        )


def answers(out: Set) -> None:
    for n, (sender, rcpt, subject) in enumerate(
        (
            ("co.giao@gmail.com", "thaodtn.sgd@daknong.gov.vn", "Tự động trả lời: Lịch thi"),
            ("anh.tho@gmail.com", "hoidap@daknong.gov.vn", "Trả lời tự động: Kết quả xử lý"),
            ("chu.tich.hoi@gmail.com", "gopy@soctrang.gov.vn", "Đi vắng"),
        )
    ):
        mail = m.sent(
            m.write(
                f"away-gmail-{n}",
                "gmail",
                sender,
                rcpt,
                subject=subject,
                text="Tôi hiện không đọc thư. Xin gọi số 0900 000 000.",
                more=("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "In-Reply-To: <1@daknong.gov.vn>"),
            ),
            "gmail",
        )
        if n:
            mail.top(f"X-Forwarded-Encrypted: i=1; AJvYcC{blob(sender, 60).rstrip('=')}=@daknong.gov.vn")
        ok(out, f"away-gmail-in-{n + 1}", mail, "out-of-office", "mx", "", rcpt, client=f"209.85.208.{101 + n}", profile="soc-trang" if n == 2 else "dak-nong")
    for n, (sender, to, method) in enumerate(
        (
            ("doantc.skhcn@daknong.gov.vn", "to.chuc@gmail.com", "REPLY"),
            ("lenth.stttt@soctrang.gov.vn", "hoithao@example.org", "REPLY"),
            ("hanhlt.sxd@daknong.gov.vn", "lich@outlook.com", "COUNTER"),
        )
    ):
        mail = meeting(
            m.write(
                f"reply-{n}",
                ("zimbra", "outlook", "iphone")[n],
                sender,
                to,
                subject=("Chấp nhận: Hội thảo", "Từ chối: Hội thảo", "Đề nghị giờ khác: Hội thảo")[n],
            ),
            method,
            to,
            sender,
        )
        if n == 0:
            mail.heads += [f"Sender: chaunm.vpub@daknong.gov.vn"]
        ok(
            out,
            f"calendar-reply-{n + 1}",
            m.zimbra_out(mail) if not n else m.exchange_hop(mail),
            "calendar",
            "mailbox",
            "" if n == 1 else sender,
            to,
            profile="soc-trang" if n == 1 else "dak-nong",
            note="null sender: Exchange's automatic answer" if n == 1 else "-",
        )
    status = "Reporting-MTA: dns; mx.daknong.gov.vn\n\nFinal-Recipient: rfc822; nguoidan@gmail.com\nAction: {action}\nStatus: {code}\n"
    for n, (sender, rcpt, action, code) in enumerate(
        (
            ("vanthu.dakmil@daknong.gov.vn", "vanthu.dakmil@daknong.gov.vn", "delayed", "4.4.1"),
            ("gopy@soctrang.gov.vn", "gopy@soctrang.gov.vn", "failed", "5.1.1"),
            ("bantin@daknong.gov.vn", "bantin@daknong.gov.vn", "relayed", "2.0.0"),
        )
    ):
        mail = report(
            f"dsn-inside-{n}",
            "MAILER-DAEMON@mx.daknong.gov.vn",
            rcpt,
            ("Delayed Mail", "Undelivered Mail Returned to Sender", "Successful Mail Delivery Report")[n],
            "delivery-status",
            "Xem phần dưới.",
            status.format(action=action, code=code),
            "Subject: x\r\n",
            "Auto-Submitted: auto-replied",
        )
        ok(out, f"dsn-inside-{n + 1}", mail, "dsn", "mailbox", "", rcpt, direction="internal", profile="soc-trang" if n == 1 else "dak-nong")
    # A letter that came in by a forward of its author's own side and is answered by ours: the answer is an ordinary letter.
    for n, (sender, to) in enumerate((("yenvk.sot@daknong.gov.vn", "hieutruong@truong.example.org"), ("kietcv.sot@daknong.gov.vn", "anhpt@example.net"))):
        mail = m.write(
            f"answer-{n}",
            ("outlook", "thunderbird")[n],
            sender,
            to,
            subject="Re: " + m.TOPICS[n],
            more=(f"In-Reply-To: {author(f'answer-o-{n}', 'gmail', sender, 'example.com').value('Message-ID')}",),
        )
        ok(
            out,
            f"answer-{n + 1}",
            m.exchange_hop(mail) if not n else mail,
            "ordinary",
            "mailbox" if not n else "submission",
            sender,
            to,
            auth="-" if not n else "kietcv.sot",
        )


def own_copies(out: Set) -> None:
    """Cần Thơ Điều 10.4 limits the use of public mailboxes: a copy to a mailbox of one's own is tagged, the same letter to others is not."""
    cases = (
        ("hungtv.stttt@cantho.gov.vn", "Trần Văn Hùng", "hungtv.stttt@gmail.com", "giadinh.hung@gmail.com", "submission", "outlook"),
        ("mailt@cantho.gov.vn", "Lê Thị Mai", "mailt@yahoo.com", "khachhang@yahoo.com", "mailbox", "zimbra"),
        ("pqtuan.ubnd@cantho.gov.vn", "Phạm Quốc Tuấn", "phamquoctuan.ct@gmail.com", "doitac.ct@gmail.com", "submission", "iphone"),
        ("ngocdt@cantho.gov.vn", "Đặng Thị Ngọc", "ngoc.dang.thi@outlook.com", "tuvan@outlook.com", "mailbox", "roundcube"),
    )
    for n, (sender, name, own, other, role, program) in enumerate(cases):
        auth = sender.partition("@")[0] if role == "submission" else "-"
        for what, target, called in (("own", own, name), ("other", other, "")):
            to = m.named(called, target) if n % 2 else target
            mail = m.write(f"cantho-{what}-{n}", program, sender, to, name=name, subject="Tài liệu họp")
            mail = m.zimbra_out(mail) if program == "zimbra" else mail
            group, kind = ("own-copy", "own copy") if what == "own" else ("innocent", "ordinary")
            expect = "tagged" if what == "own" else "not-refused"
            out.add(f"cantho-{what}-{n + 1}", mail, group, kind, role, sender, target, kind, expect, "made", "can-tho", auth=auth)
