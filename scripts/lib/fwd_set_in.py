"""Mail that a public mailbox sends on by itself to one of ours, as the provider hands it over at our MX."""

import fwd_mail as m
from fwd_set import Set


def author(seed: str, program: str, to: str, domain: str, name: str = "lienhe", **more) -> m.Mail:
    return m.sent(m.write(seed, program, f"{name}@{domain}", to, **more), program if program in ("gmail", "outlook") else "postfix")


def build(out: Set) -> None:
    google(out)
    microsoft(out)
    rest(out)


def google(out: Set) -> None:
    for n, (account, target, program, shape, encrypted, for_, profile) in enumerate(
        (
            ("hungtv79@gmail.com", "hungtv.stttt@daknong.gov.vn", "outlook", "gmail-caf", False, True, "dak-nong"),
            ("le.mai.snv@gmail.com", "maint.snv@daknong.gov.vn", "zimbra", "gmail-caf", False, True, "dak-nong"),
            ("pqt.st@gmail.com", "tuanpq.ubnd@soctrang.gov.vn", "web", "gmail-caf", False, True, "soc-trang"),
            ("ngoc.kehoach@gmail.com", "ngocdt.skhdt@daknong.gov.vn", "thunderbird", "gmail-x-forwarded-to", False, True, "dak-nong"),
            ("vanphong.dakmil@gmail.com", "vanthu.dakmil@daknong.gov.vn", "gmail", "gmail-x-forwarded-for", False, True, "dak-nong"),
            ("truong.stp@gmail.com", "truongbx.stp@daknong.gov.vn", "iphone", "gmail-encrypted", True, True, "dak-nong"),
            ("kehoach.cujut@gmail.com", "kh.cujut@daknong.gov.vn", "outlook", "gmail-encrypted", True, False, "dak-nong"),
            ("bich.laodong@gmail.com", "bichpt.sldtbxh@daknong.gov.vn", "roundcube", "gmail-x-forwarded-to", False, True, "dak-nong"),
            ("xa.thuanan@gmail.com", "ubnd.thuanan@daknong.gov.vn", "web", "gmail-order", False, True, "dak-nong"),
            ("tiepdan.dn@gmail.com", "tiepdan@daknong.gov.vn", "gmail", "gmail-order", True, True, "dak-nong"),
        )
    ):
        name = ("khach", "thuky", "baogia", "tapchi", "lopk12", "anhba", "thuvien", "xa.namnjang", "bangioi", "congdan")[n]
        mail = m.gmail_forward(author(f"gmail-{n}", program, account, m.DOMAINS[n % 6], name), account, target, encrypted, for_)
        out.add(
            f"gmail-forward-{n + 1}",
            mail,
            "in",
            shape,
            "mx",
            m.caf(account, target),
            target,
            "forward-in",
            "not-refused" if profile == "soc-trang" else "tagged",
            "documented",
            profile,
            client=f"209.85.208.{41 + n}",
            provider="gmail|google",
            mailbox=account,
        )
    account, target = "tuyensinh@truong.example.org", "phonggd.cujut@daknong.gov.vn"
    mail = m.gmail_forward(author("workspace", "outlook", account, "example.com", "phuhuynh"), account, target)
    out.add(
        "workspace-forward-1",
        mail,
        "in",
        "gmail-caf",
        "mx",
        m.caf(account, target),
        target,
        "forward-in",
        "tagged",
        client="209.85.208.66",
        provider="gmail|google",
        mailbox=account,
        note="Google Workspace: the firm's own domain",
    )
    # Two hops inside Google: the first account is the one that began it.
    account, target = "ha.ca.nhan@gmail.com", "hapt.sxd@daknong.gov.vn"
    mail = m.gmail_forward(
        m.gmail_forward(author("gmail-two", "zimbra", "ha.pham.cu@gmail.com", "example.net", "nhathau"), "ha.pham.cu@gmail.com", account), account, target
    )
    mail.heads = [head.replace(f"X-Forwarded-For: {account} {target}", f"X-Forwarded-For: ha.pham.cu@gmail.com {account} {target}") for head in mail.heads]
    out.add(
        "gmail-forward-two-hops",
        mail,
        "in",
        "gmail-x-forwarded-for",
        "mx",
        m.caf(account, target),
        target,
        "forward-in",
        "tagged",
        client="209.85.208.70",
        provider="gmail|google",
        mailbox=account,
    )
    # Words of the confirmation are known from public code only.
    for n, (account, target) in enumerate((("hungtv79@gmail.com", "hungtv.stttt@daknong.gov.vn"), ("pqt.st@gmail.com", "tuanpq.ubnd@soctrang.gov.vn"))):
        subject = (
            "(#512908831) Gmail Forwarding Confirmation - Receive Mail from hungtv79@gmail.com",
            "(#884120975) Xác nhận chuyển tiếp của Gmail - Nhận thư từ pqt.st@gmail.com",
        )[n]
        text = (
            f"{account} has requested to automatically forward mail to your email address\n{target}.\n\nConfirmation code: 512908831\n\nTo allow {account} to automatically forward mail to your address, please click the link below:\n"
            "https://mail-settings.google.com/mail/vf-%5BANGjdJ8x%5D-0000\n\nThanks for using Gmail!"
        )
        mail = m.sent(m.write(f"gmail-setup-{n}", "gmail", "forwarding-noreply@google.com", target, name="Gmail Team", subject=subject, text=text), "gmail")
        out.add(
            f"gmail-setup-{n + 1}",
            mail,
            "border",
            "gmail-setup",
            "mx",
            f"forwarding-noreply@google.com",
            target,
            "forward-set-up",
            "not-refused",
            profile="dak-nong" if not n else "soc-trang",
            client="209.85.208.71",
            provider="gmail|google",
            mailbox=account,
            note="a forward is being set up: not yet one; a note or tag is welcome",
        )


def microsoft(out: Set) -> None:
    for n, (account, target, sender) in enumerate(
        (
            ("loan.vt@hotmail.com", "loanvt.snv@daknong.gov.vn", "loan.vt@hotmail.com"),
            ("khoa_dd@outlook.com", "khoadd.stc@daknong.gov.vn", "khoa_dd@outlook.com"),
            ("hanh.sxd@outlook.com.vn", "hanhlt.sxd@daknong.gov.vn", "bounces+SRS=QhTzc=W3@outlook.com.vn"),
        )
    ):
        mail = author(f"outlook-com-{n}", ("web", "gmail", "zimbra")[n], account, m.DOMAINS[n], ("uudai", "em.gai", "donvi")[n])
        m.arc(mail, "microsoft.com", "arcselector10001")
        mail.heads += [f"X-MS-Exchange-Inbox-Rules-Loop: {account}", "X-OriginatorOrg: sct-15-20-9412-4-msonline-outlook-10359.templateTenant"]
        if n != 1:
            mail.heads.append(f"Resent-From: <{account}>")
        mail.top(
            f"Received: from SEYPR06MB{6000 + n}.apcprd06.prod.outlook.com (2603:1096:101:1c::5) by\r\n TYZPR06MB5027.apcprd06.prod.outlook.com with HTTPS; {mail.clock(65, '+0000')}"
        )
        out.add(
            f"outlook-forward-{n + 1}",
            mail,
            "in",
            "exchange-redirect-header" if n != 1 else "exchange-folding",
            "mx",
            sender,
            target,
            "forward-in",
            "tagged",
            client=f"40.107.215.{90 + n}",
            provider="outlook|microsoft|hotmail",
            mailbox=account,
        )
    account, target = "dangky@congty.example.com", "duongcb.stnmt@daknong.gov.vn"
    mail = m.arc(author("o365-forward", "outlook", account, "example.org", "khachhang"), "microsoft.com", "arcselector10001")
    mail.heads += [f"X-MS-Exchange-ForwardingLoop: {account};9c0be2f1-31d2-4c8a-8a72-1be04f7f0c11", "X-MS-Exchange-CrossTenant-AuthAs: Anonymous"]
    out.add(
        "o365-firm-forward",
        mail,
        "border",
        "exchange-forwarding-loop",
        "mx",
        "bounces+SRS=Zk1ab=X2@congty.onmicrosoft.com",
        target,
        "forward-in",
        "not-refused",
        client="40.107.215.99",
        note="a firm's mailbox, not a public one: Điều 13.5 says `hoặc ngược lại`, DESIGN.md speaks of public mailboxes",
    )


def rest(out: Set) -> None:
    for n, (account, target) in enumerate((("phuoc_gtvt@yahoo.com", "phuocnh.sgtvt@daknong.gov.vn"), ("anhlt.td@yahoo.com.vn", "anhlt.tuyduc@daknong.gov.vn"))):
        mail = author(f"yahoo-{n}", ("outlook", "iphone")[n], account, m.DOMAINS[n + 1], ("doitac", "banhoc")[n])
        mail.top(
            f"X-Yahoo-Forwarded: from {account} to {target}",
            f"X-Apparently-To: {account}; {mail.clock(64, '+0000')}",
            f"Received: from 203.0.113.25 (EHLO mail.{m.DOMAINS[n + 1]})\r\n by atlas-production.v2-mail-prod1-sg3.omega.yahoo.com pod-id NONE with SMTPS; {mail.clock(64, '+0000')}",
        )
        out.add(
            f"yahoo-forward-{n + 1}",
            mail,
            "in",
            "yahoo-forward",
            "mx",
            f"{('doitac', 'banhoc')[n]}@{m.DOMAINS[n + 1]}",
            target,
            "forward-in",
            "tagged",
            client=f"106.10.240.{30 + n}",
            provider="yahoo",
            mailbox=account,
        )
    for n, (account, target) in enumerate((("minh.hoang@yandex.com", "minhht.gialai@daknong.gov.vn"), ("yen.vk@yandex.ru", "yenvk.sot@daknong.gov.vn"))):
        mail = author(f"yandex-{n}", ("gmail", "thunderbird")[n], account, m.DOMAINS[n], ("duhoc", "congty")[n])
        mail.heads += [f"Return-Path: {('duhoc', 'congty')[n]}@{m.DOMAINS[n]}", f"X-Yandex-Forward: {m.token(mail.draw, 32, '0123456789abcdef')}"]
        mail.top(
            f"X-Yandex-Front: mxfront{n}q.mail.yandex.net",
            f"X-Yandex-TimeMark: 178946{mail.draw.randrange(9999):04}.12",
            f"Received: from mxfront{n}q.mail.yandex.net (localhost [127.0.0.1])\r\n\tby mxback{n}q.mail.yandex.net with LMTP id {m.token(mail.draw, 10)}\r\n\tfor <{account}>; {mail.clock(63, '+0300')}",
            f"Received: from forward10{n}a.mail.yandex.net (forward10{n}a.mail.yandex.net [178.154.239.{80 + n}])\r\n\tby forward50{n}a.mail.yandex.net (Yandex) with ESMTP id {m.token(mail.draw, 10)}\r\n\tfor <{target}>; {mail.clock(64, '+0300')}",
        )
        out.add(
            f"yandex-forward-{n + 1}",
            mail,
            "in",
            "yandex-forward",
            "mx",
            f"{('duhoc', 'congty')[n]}@{m.DOMAINS[n]}",
            target,
            "forward-in",
            "tagged",
            client=f"178.154.239.{80 + n}",
            provider="yandex",
            mailbox=account,
        )
    for n, (account, target) in enumerate((("giang_nt@mail.ru", "giangnt.snv@daknong.gov.vn"), ("trang.dg@inbox.ru", "trangph.dakglong@daknong.gov.vn"))):
        mail = author(f"mailru-{n}", ("web", "outlook")[n], account, m.DOMAINS[n + 2], ("tour", "viendn")[n])
        mail.top(
            "X-MailRu-Forward: 1",
            f"X-ResentFrom: <{account}>",
            f"Received: from mail by f392.i.mail.ru with local (envelope-from <{('tour', 'viendn')[n]}@{m.DOMAINS[n + 2]}>)\r\n\tid 1xV{m.token(mail.draw, 3)}-{m.token(mail.draw, 6)}-ES\r\n\tfor {target}; {mail.clock(64, '+0300')}",
        )
        out.add(
            f"mailru-forward-{n + 1}",
            mail,
            "in",
            "mailru-forward",
            "mx",
            f"{('tour', 'viendn')[n]}@{m.DOMAINS[n + 2]}",
            target,
            "forward-in",
            "tagged",
            client=f"94.100.177.{90 + n}",
            provider="mail.ru|mailru",
            mailbox=account,
        )
    for n, (account, target) in enumerate((("kiet.cv@proton.me", "kietcv.sot@daknong.gov.vn"), ("linh.bql@protonmail.com", "linhptm.bqlkcn@daknong.gov.vn"))):
        mail = author(f"proton-{n}", ("thunderbird", "gmail")[n], account, m.DOMAINS[n], ("toasoan", "tuvan")[n])
        mail.heads += [
            "X-Pm-Origin: external",
            "X-Pm-Content-Encryption: on-delivery",
            f"X-Pm-Forwarded-From: {account}",
            f"X-Original-To: {account}",
            f"Delivered-To: {account}",
        ]
        out.add(
            f"proton-forward-{n + 1}",
            mail,
            "in",
            "proton-forward",
            "mx",
            f"{('toasoan', 'tuvan')[n]}@{m.DOMAINS[n]}" if n else "fwd.bounces@proton.me",
            target,
            "forward-in",
            "tagged",
            client=f"185.70.43.{20 + n}",
            provider="proton",
            mailbox=account,
        )
    # No field of their own is known: what remains is the delivery to the public mailbox in a Received line.
    for n, (account, target, provider, host, ip) in enumerate(
        (
            ("son.nn@icloud.com", "sonnv.snn@daknong.gov.vn", "icloud|apple", "p00-icloudmta-asmtp-us-central-1k.p00-icloud.com", "17.57.155.20"),
            ("thao.dtn@me.com", "thaodtn.sgd@daknong.gov.vn", "icloud|apple", "mr85p00im-zteg06011501.me.com", "17.58.23.180"),
            ("nguyet@zoho.com", "nguyetpt.syt@daknong.gov.vn", "zoho", "sender4-of-o57.zoho.com", "136.143.188.57"),
            ("quang.vnpt@vnn.vn", "quangnv.stttt@daknong.gov.vn", "vnn|vnpt", "smtp4.vnn.vn", "203.162.4.4"),
            ("cuong@fpt.vn", "cuonglv.sct@daknong.gov.vn", "fpt", "mail.fpt.vn", "210.245.31.20"),
            ("tuyet.nt@viettel.vn", "tuyetnt.snn@daknong.gov.vn", "viettel", "mail.viettel.vn", "125.235.4.59"),
        )
    ):
        name = f"nguoigui{n}"
        mail = author(f"supposed-{n}", ("iphone", "outlook", "gmail", "web", "roundcube", "zimbra")[n], account, m.DOMAINS[n], name)
        mail.top(
            f"Delivered-To: {account}",
            f"Received: from mail.{m.DOMAINS[n]} (mail.{m.DOMAINS[n]} [203.0.113.25])\r\n\tby {host} with ESMTPS id {m.token(mail.draw, 10)}\r\n\tfor <{account}>; {mail.clock(63)}",
        )
        out.add(
            f"supposed-forward-{n + 1}",
            mail,
            "in",
            "provider-unknown",
            "mx",
            f"{name}@{m.DOMAINS[n]}" if n % 2 else m.srs0(f"{name}@{m.DOMAINS[n]}", account.rpartition("@")[2], mail.draw),
            target,
            "forward-in",
            "not-refused",
            "supposed",
            client=ip,
            provider=provider,
            mailbox=account,
            note="no raw message of this provider was seen",
        )
