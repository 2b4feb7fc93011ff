"""Machine forwards out of our mailboxes, by every shape of HEADER-SHAPES.tsv that a server of ours may write."""

import fwd_mail as m
from fwd_set import Set

DOMAIN = {"dak-nong": "daknong.gov.vn", "soc-trang": "soctrang.gov.vn"}


def author(seed: str, program: str, to: str, domain: str, name: str = "", **more) -> m.Mail:
    """A letter of someone outside, as it lies in the mailbox of ours: written, sent, taken in by our filter's host."""
    mail = m.sent(m.write(seed, program, f"{name or 'lienhe'}@{domain}", to, **more), program if program in ("gmail", "outlook") else "postfix")
    return m.into(mail, to)


def build(out: Set) -> None:
    exchange(out)
    zimbra(out)
    dovecot(out)
    postfix(out)
    rewritten(out)
    others(out)


def exchange(out: Set) -> None:
    for n, (account, target, program, profile, folded) in enumerate(
        (
            ("hungtv.stttt", "hungtv.riengtu@gmail.com", "outlook", "dak-nong", False),
            ("maint.snv", "maint.snv@yahoo.com", "thunderbird", "dak-nong", True),
            ("tuanpq.ubnd", "pqtuan1979@outlook.com", "gmail", "soc-trang", False),
        )
    ):
        domain = DOMAIN[profile]
        box = f"{account}@{domain}"
        mail = m.exchange_redirect(author(f"ex-redirect-{n}", program, box, m.DOMAINS[n], ("ketoan", "giamdoc", "phuong.lt")[n]), box, folded)
        out.add(
            f"exchange-redirect-{n + 1}",
            mail,
            "out",
            "exchange-redirect-header" if not folded else "exchange-folding",
            "mailbox",
            box,
            target,
            "forward-out",
            "refused",
            profile=profile,
        )
    # Exchange of an own tenant: the envelope sender is rewritten.
    box = "thaodtn.sgd@daknong.gov.vn"
    mail = m.exchange_redirect(author("ex-redirect-srs", "iphone", box, "truong.example.org", "hieutruong"), box)
    out.add(
        "exchange-redirect-srs",
        mail,
        "out",
        "exchange-redirect-envelope",
        "mailbox",
        "bounces+SRS=DmMzc=V3@daknong.gov.vn",
        "thao.sgd@gmail.com",
        "forward-out",
        "refused",
    )
    box = "sonnv.snn@daknong.gov.vn"
    mail = m.exchange_redirect(author("ex-redirect-env", "roundcube", box, "example.net", "htx.cafe"), box)
    out.add("exchange-redirect-envelope", mail, "out", "exchange-redirect-envelope", "mailbox", box, "nongdan.son@icloud.com", "forward-out", "refused")
    mail = m.exchange_redirect(author("ex-redirect-fold2", "zimbra", box, "example.org", "thuy"), box, True)
    out.add("exchange-folding-2", mail, "out", "exchange-folding", "mailbox", box, "nongdan.son@icloud.com", "forward-out", "refused")
    for n, (box, target, subject, words) in enumerate(
        (
            (
                "khoadd.stc@daknong.gov.vn",
                "khoa.dd.stc@gmail.com",
                "FW: Dự toán kinh phí sửa chữa trụ sở",
                "From: Phòng Kế toán <ketoan@example.com>\nSent: 14/09/2026 8:12\nTo: Đặng Đức Khoa\nSubject: Dự toán kinh phí sửa chữa trụ sở\n\n",
            ),
            (
                "hanhlt.sxd@daknong.gov.vn",
                "hanh.sxd@zoho.com",
                "TR: Hồ sơ nghiệm thu",
                "De : Giám đốc <giamdoc@example.net>\nEnvoyé : mardi 15 septembre 2026 09:01\nÀ : hanhlt.sxd@daknong.gov.vn\nObjet : Hồ sơ nghiệm thu\n\n",
            ),
            (
                "vinhpt.tttt@daknong.gov.vn",
                "ptvinh.cujut@gmail.com",
                "CT: Giấy mời họp thẩm định giá đất",
                "Từ: Ban Quản lý <bql@example.org>\nĐã gửi: Thứ Tư, 16 tháng 9 năm 2026\nTới: vinhpt\nChủ đề: Giấy mời họp thẩm định giá đất\n\n",
            ),
        )
    ):
        mail = m.exchange_rule_forward(
            m.write(f"ex-rule-{n}", "outlook", box, target, subject=subject, text=words + m.TEXTS[n]),
            box,
            f"{m.token(m.random.Random(n), 20)}@mail.example.com",
        )
        out.add(f"exchange-rule-forward-{n + 1}", mail, "out", "exchange-rule-forward", "mailbox", box, target, "forward-out", "refused")
    for n, (box, target, name) in enumerate(
        (("loanvt.snv@daknong.gov.vn", "loanvt@hotmail.com", "canbo"), ("duongcb.stnmt@daknong.gov.vn", "cbduong.tnmt@gmail.com", "dangky"))
    ):
        mail = m.exchange_mailbox_forward(author(f"ex-loop-{n}", ("outlook", "web")[n], box, m.DOMAINS[n + 3], name), box)
        out.add(
            f"exchange-forwarding-loop-{n + 1}",
            mail,
            "out",
            "exchange-forwarding-loop",
            "mailbox",
            f"{name}@{m.DOMAINS[n + 3]}",
            target,
            "forward-out",
            "refused",
        )
    for n, box in enumerate(("vanthu.cujut@daknong.gov.vn", "tiepdan@daknong.gov.vn")):
        mail = author(f"ex-transport-{n}", ("outlook", "gmail")[n], box, "example.com", ("toan", "dan.hoi")[n])
        mail.heads += ["X-MS-Exchange-Transport-Rules-Loop: 1", "X-MS-Exchange-Organization-Rules-Execution-History: Chuyen ban sao ra ngoai"][: 1 + n % 2]
        out.add(
            f"exchange-transport-rule-{n + 1}",
            m.exchange_hop(mail),
            "out",
            "exchange-transport-rule",
            "mailbox",
            f"{('toan', 'dan.hoi')[n]}@example.com",
            "luutru.cujut@gmail.com",
            "forward-out",
            "refused",
        )
    for n, box in enumerate(("nhungpt.syt@daknong.gov.vn", "quyetlv.snn@daknong.gov.vn")):
        mail = author(f"ex-set-{n}", "outlook", box, "example.net", ("bvdk", "kiemlam")[n])
        mail.heads += [
            f"X-LD-Processed: 5d1f0c22-7a3e-4be1-9f20-3a61c0b7e1aa,ExtAddr{',ExtFwd' if n else ''}",
            "X-EOPAttributedMessage: 0",
            "X-EOPTenantAttributedMessage: 5d1f0c22-7a3e-4be1-9f20-3a61c0b7e1aa:0",
            "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
            f"X-MS-Exchange-Inbox-Rules-Loop: {box}",
            f"Resent-From: <{box}>",
        ]
        out.add(
            f"exchange-loop-set-{n + 1}",
            m.exchange_hop(mail),
            "out",
            "exchange-loop-set",
            "mailbox",
            f"bounces+SRS=hXk2a=W4@daknong.gov.vn" if n else box,
            ("nhung.syt@yahoo.com.vn", "quyet.kl@gmail.com")[n],
            "forward-out",
            "refused",
        )


def zimbra(out: Set) -> None:
    for n, (box, target, program, profile, name) in enumerate(
        (
            ("ngocdt.skhdt@daknong.gov.vn", "ngocdt.kh@gmail.com", "zimbra", "dak-nong", "phongkt"),
            ("truongbx.stp@daknong.gov.vn", "truong.bui.stp@gmail.com", "outlook", "dak-nong", "congchung"),
            ("havtt.vpub@soctrang.gov.vn", "hathanh.vo@yahoo.com", "gmail", "soc-trang", "bao.chi"),
            ("thinhdd.sct@daknong.gov.vn", "thinh.sct@fpt.vn", "iphone", "dak-nong", "sieuthi"),
        )
    ):
        mail = m.zimbra_forward(author(f"zimbra-fwd-{n}", program, box, m.DOMAINS[n], name), box, f"zimbra.{DOMAIN[profile]}")
        out.add(f"zimbra-forwarded-{n + 1}", mail, "out", "zimbra-forwarded", "mailbox", box, target, "forward-out", "refused", profile=profile)
    box = "bichpt.sldtbxh@daknong.gov.vn"
    mail = m.zimbra_forward(m.write("zimbra-fwd-own", "zimbra", "chaunm.vpub@daknong.gov.vn", box), box)
    out.add(
        "zimbra-forwarded-colleague",
        mail,
        "out",
        "zimbra-forwarded",
        "mailbox",
        box,
        "bich.phan@gmail.com",
        "forward-out",
        "refused",
        note="a colleague's letter sent on by a filter",
    )
    # zimbraPrefMailForwardingAddress is expanded by Postfix (ldap): no field of Zimbra's own.
    for n, (box, target) in enumerate((("asinhl.ubdt@daknong.gov.vn", "lyasinh@gmail.com"), ("luadt.snv@daknong.gov.vn", "duonglua.nv@outlook.com"))):
        mail = author(f"zimbra-pref-{n}", ("web", "thunderbird")[n], box, ("example.org", "example.com")[n], ("thongbao", "dv.khach")[n])
        out.add(
            f"zimbra-preference-{n + 1}",
            m.zimbra_out(mail),
            "out",
            "zimbra-preference",
            "mailbox",
            f"{('thongbao', 'dv.khach')[n]}@{('example.org', 'example.com')[n]}",
            target,
            "forward-out",
            "refused",
            note="only that a foreign letter comes from our mailbox server for somebody who is not addressed",
        )


def dovecot(out: Set) -> None:
    for n, (box, target, version, userid, profile) in enumerate(
        (
            ("doantc.skhcn@daknong.gov.vn", "trinh.doan@gmail.com", "0.4.24 (13d42912)", "50", "dak-nong"),
            ("phuocnh.sgtvt@daknong.gov.vn", "phuocgtvt@ymail.com", "0.4.24 (13d42912)", "", "dak-nong"),
            ("thanhha.stttt@soctrang.gov.vn", "vothanhha88@gmail.com", "0.5.19 (4eae2f79)", "5000", "soc-trang"),
            ("huongnt.dakmil@daknong.gov.vn", "huongdakmil@gmail.com", "0.5.21.1 (49005e73)", "", "dak-nong"),
        )
    ):
        name = ("tuyensinh", "vantai", "doanhnghiep", "xa.ducmanh")[n]
        mail = m.pigeonhole(
            author(f"pigeonhole-{n}", ("thunderbird", "gmail", "outlook", "roundcube")[n], box, m.DOMAINS[n], name),
            box,
            f"mail.{DOMAIN[profile]}",
            version,
            userid,
        )
        out.add(
            f"pigeonhole-{n + 1}",
            mail,
            "out",
            "pigeonhole-userid" if userid else "pigeonhole-header",
            "mailbox",
            f"{name}@{m.DOMAINS[n]}",
            target,
            "forward-out",
            "refused",
            profile=profile,
            note="fields as a program run here writes them",
        )
    box = "hennie.tinhdoan@daknong.gov.vn"
    mail = m.pigeonhole(
        m.into(m.write("pigeonhole-own", "roundcube", "thinhdd.sct@daknong.gov.vn", box, cc="cuonglv.sct@daknong.gov.vn"), box), box, userid="5000"
    )
    out.add(
        "pigeonhole-colleague",
        mail,
        "out",
        "pigeonhole-userid",
        "mailbox",
        "thinhdd.sct@daknong.gov.vn",
        "hlen.eban@gmail.com",
        "forward-out",
        "refused",
        note="a colleague's letter",
    )
    out.add(
        "pigeonhole-colleague-company",
        mail,
        "out",
        "pigeonhole-userid",
        "mailbox",
        "thinhdd.sct@daknong.gov.vn",
        "hlen@congty.example.com",
        "forward-out",
        "refused",
        note="to a firm's mailbox: not one that the state gave (Đắk Nông Điều 13.5)",
    )
    box = "lenth.stttt@soctrang.gov.vn"
    mail = m.pigeonhole(author("pigeonhole-company-st", "zimbra", box, "example.org", "hiephoi"), box, "mail.soctrang.gov.vn")
    out.add(
        "pigeonhole-company-soc-trang",
        mail,
        "border",
        "pigeonhole-header",
        "mailbox",
        "hiephoi@example.org",
        "len@congty.example.com",
        "forward-out",
        "any",
        profile="soc-trang",
        note="Sóc Trăng Điều 9.3 forbids public mailboxes only; a firm's mailbox is none. By the words not forbidden; reported",
    )


def postfix(out: Set) -> None:
    for n, (box, target, original, profile) in enumerate(
        (
            ("dungbt.krongno@daknong.gov.vn", "dungbui.krn@gmail.com", "", "dak-nong"),
            ("anhlt.tuyduc@daknong.gov.vn", "anhlt.td@yahoo.com", "anhlt.tuyduc@daknong.gov.vn", "dak-nong"),
            ("thuyntb.cdoan@soctrang.gov.vn", "thuynguyen.cd@gmail.com", "lienhe.cdoan@soctrang.gov.vn", "soc-trang"),
        )
    ):
        name = ("nhamay", "baohiem", "nghiepdoan")[n]
        mail = m.postfix_local(
            author(f"postfix-local-{n}", ("iphone", "web", "gmail")[n], box, m.DOMAINS[n + 2], name), box, f"hopthu.{DOMAIN[profile]}", original
        )
        out.add(
            f"postfix-local-{n + 1}",
            mail,
            "out",
            "postfix-local",
            "mailbox",
            f"{name}@{m.DOMAINS[n + 2]}",
            target,
            "forward-out",
            "refused",
            profile=profile,
            note="fields as a program run here writes them",
        )
    box = "toanlv.bqlda@daknong.gov.vn"
    mail = m.postfix_local(m.into(m.write("postfix-local-own", "outlook", "ngocdt.skhdt@daknong.gov.vn", box), box), box, "hopthu.daknong.gov.vn", box)
    out.add(
        "postfix-local-colleague",
        mail,
        "out",
        "postfix-local",
        "mailbox",
        "ngocdt.skhdt@daknong.gov.vn",
        "toanbqlda@gmail.com",
        "forward-out",
        "refused",
        note="a colleague's letter",
    )


def rewritten(out: Set) -> None:
    for n, (box, target, separator) in enumerate(
        (
            ("minhht.gialai@daknong.gov.vn", "hoangminh.tt@gmail.com", "="),
            ("yenvk.sot@daknong.gov.vn", "yenvk@protonmail.com", "+"),
            ("trangph.dakglong@daknong.gov.vn", "phtrang.dg@gmail.com", "-"),
        )
    ):
        name = ("dvkh", "phuhuynh", "chuongtrinh")[n]
        mail = author(f"srs-{n}", ("gmail", "thunderbird", "outlook")[n], box, m.DOMAINS[n + 1], name)
        m.hop(mail, "mx.daknong.gov.vn", "thu.daknong.gov.vn", box, "ESMTP", "10.0.0.2", 7)
        out.add(
            f"srs0-{n + 1}",
            mail,
            "out",
            "srs",
            "mailbox",
            m.srs0(f"{name}@{m.DOMAINS[n + 1]}", "daknong.gov.vn", mail.draw, separator),
            target,
            "forward-out",
            "refused",
        )
    box = "giangnt.snv@daknong.gov.vn"
    mail = m.postfix_local(author("srs1", "iphone", box, "example.com", "chuyen.tiep"), box, "thu.daknong.gov.vn")
    out.add(
        "srs1-1",
        mail,
        "out",
        "srs",
        "mailbox",
        m.srs1("khach@example.net", "example.com", "daknong.gov.vn", mail.draw),
        "giang.nt@gmail.com",
        "forward-out",
        "refused",
        note="forwarded to us first, then by us",
    )
    mail = m.hop(
        author("srs1-b", "zimbra", "phongqtm@soctrang.gov.vn", "example.org", "hotro"),
        "mx.soctrang.gov.vn",
        "thu.soctrang.gov.vn",
        "phongqtm@soctrang.gov.vn",
        "ESMTP",
        "10.0.0.2",
        9,
    )
    out.add(
        "srs1-2",
        mail,
        "out",
        "srs",
        "mailbox",
        m.srs1("may@example.com", "example.org", "soctrang.gov.vn", mail.draw),
        "qtm.st@gmail.com",
        "forward-out",
        "refused",
        profile="soc-trang",
    )
    for n, (box, target) in enumerate((("kietcv.sot@daknong.gov.vn", "kiet.cv@gmail.com"), ("linhptm.bqlkcn@daknong.gov.vn", "linhptm@outlook.com"))):
        name = ("hoadon", "daotao")[n]
        mail = m.exchange_hop(author(f"exo-srs-{n}", ("web", "outlook")[n], box, m.DOMAINS[n], name))
        if n:
            mail = m.exchange_mailbox_forward(mail, box)
        out.add(
            f"exchange-online-srs-{n + 1}",
            mail,
            "out",
            "exchange-online-srs",
            "mailbox",
            f"{box.partition('@')[0]}+SRS=Hx7mQ=W3={m.DOMAINS[n]}={name}@daknong.gov.vn",
            target,
            "forward-out",
            "refused",
            "documented" if n else "supposed",
            note="the first shape was seen in no raw message; the second has the loop field too",
        )


def others(out: Set) -> None:
    for n, (box, target) in enumerate((("bantin@daknong.gov.vn", "bantin.dn@gmail.com"), ("congdoan@daknong.gov.vn", "congdoan.dn@yahoo.com"))):
        name = ("phongvien", "chuquan")[n]
        mail = author(f"qmail-{n}", ("outlook", "iphone")[n], box, m.DOMAINS[n + 1], name)
        mail.top(
            f"Received: (qmail {mail.draw.randrange(9999)} invoked by {'alias' if n else f'uid {89}'}); {mail.clock(70, '-0000')}",
            *(["X-Forwarded-To: " + target, f"X-Forwarded-For: {box} {target}"] if n else []),
            f"Delivered-To: {box}",
        )
        mail.top(f"Received: (qmail {mail.draw.randrange(9999)} invoked by uid 89); {mail.clock(71, '-0000')}")
        out.add(f"qmail-alias-{n + 1}", mail, "out", "qmail-alias", "mailbox", f"{name}@{m.DOMAINS[n + 1]}", target, "forward-out", "refused")
    # On the filter's own host by sendmail(1): role `local`.
    for n, (box, target) in enumerate((("thukho@daknong.gov.vn", "thukho.dn@gmail.com"), ("tochuc@daknong.gov.vn", "tochuc.dn@hotmail.com"))):
        name = ("nhacungcap", "ungvien")[n]
        mail = author(f"local-{n}", ("web", "gmail")[n], box, m.DOMAINS[n], name)
        mail = m.pigeonhole(mail, box, "mx.daknong.gov.vn") if n else mail.top(f"Delivered-To: {box}", f"X-Original-To: {box}")
        out.add(
            f"local-sendmail-{n + 1}",
            mail,
            "out",
            "pigeonhole-userid" if n else "procmail",
            "local",
            f"{name}@{m.DOMAINS[n]}" if n else box,
            target,
            "forward-out",
            "refused",
            note="fields as a program run here writes them",
        )
