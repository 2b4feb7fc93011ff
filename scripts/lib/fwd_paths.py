"""Every way of forwarding that `scripts/eval forwarding` runs with real programs, and the innocent ways beside them.

A path is one user whose mail goes on to one address that no other path uses, so that what arrives there is known to
have come by this path. `puts` says which line stands in which file: `edge/etc/virtual` is a map of the host `edge`,
`home/.forward` the user's own file, `sieve` his script.

Hosts: `edge` and `edge2` are Postfix with gacthu as milter; `box`, `box2` and `srs` are mailbox servers (Postfix without
a milter, `srs` with postsrsd) that hand everything to `edge`'s listener for mailbox servers; `dovecot` and `exim` likewise.
`dovecot2` and `lda` redirect by sendmail(1).
"""

from dataclasses import dataclass, field

DOMAIN, LISTS = "daknong.gov.vn", "lists.daknong.gov.vn"
GIVEN = (
    "an binh cuong dung duc giang ha hai hanh hien hieu hoa hoang hung huong huy khanh khoa lam lan linh loc long mai minh nam nga "
    "ngoc nhan nhung oanh phong phuc phuong quan quang quyen son tam tan thang thanh thao thinh thu thuy tien toan trang tri trung "
    "tuan tung tuyet van viet vinh vu xuan yen"
).split()
FAMILY = "nv tt lv pt hv dt bv vt ntt lth tvn dh ptk".split()
AGENCY = "stttt snv sxd stc skhdt snn vpub tttt dakmil cujut dakrlap tuydinh".replace("tuydinh", "tuyduc").split()
PUBLIC = ("gmail.com", "gmail.com", "yahoo.com.vn", "outlook.com", "gmail.com", "icloud.com")


@dataclass
class Way:
    """One path. `asked`: the issue names it; others are looked at too. `innocent`: it must not be stopped."""

    id: str
    title: str
    host: str  # where the mail for this user is delivered: edge, edge2, box, box2, srs, dovecot, dovecot2, lda, exim, mailman, mlmmj
    puts: list = field(default_factory=list)  # (file, text); {user} {dest} {home} {wrapper} {place} are filled in
    by: str = "-"  # the listener of `edge` by which what is forwarded comes in: mailbox, local, nomilter, disabled; `-`: Postfix keeps it inside
    author: str = "both"  # foreign, colleague, both, self (the user himself writes)
    asked: bool = True
    innocent: str = ""  # what it is instead of a forward
    extra: dict = field(default_factory=dict)  # Dovecot's userdb fields
    to: str = ""  # whom the author writes to, when not the user
    reach: str = "dest"  # where the trace is looked for: dest, author (an answer to him)
    user: str = ""
    dest: str = ""

    @property
    def address(self) -> str:
        return f"{self.user}@{DOMAIN}"


def ways() -> list[Way]:
    """All of them, with users and targets of their own."""
    found = [*inside(), *mailbox_servers(), *dovecot(), *agents(), *exim(), *innocent()]
    for number, way in enumerate(found):
        name = GIVEN[number % len(GIVEN)] + FAMILY[number % len(FAMILY)]
        way.user = f"{name}.{AGENCY[number % len(AGENCY)]}"
        way.dest = way.dest.format(name=name) or f"{name}.{1975 + number % 24}@{PUBLIC[number % len(PUBLIC)]}"
    return found


def inside() -> list[Way]:
    """Expanded inside the filter's own Postfix, after the milter has spoken: only the audit can see them."""
    return [
        Way("edge-forward", "`.forward`", "edge", [("home/.forward", "{dest}\n")]),
        Way("edge-forward-copy", "`.forward` that keeps a copy", "edge", [("home/.forward", "\\{user}\n{dest}\n")]),
        Way("edge-alias", "aliases", "edge", [("edge/etc/aliases", "{user}: {dest}\n")]),
        Way(
            "edge-alias-include",
            "aliases, `:include:` file",
            "edge",
            [("edge/etc/aliases", "{user}: :include:{place}/edge/etc/{user}.list\n"), ("edge/etc/{user}.list", "# Thành viên tổ công tác\n{dest}\n")],
        ),
        Way("edge-alias-chain", "aliases in two steps", "edge", [("edge/etc/aliases", "{user}: {user}-rieng\n{user}-rieng: {dest}\n")]),
        Way("edge-virtual", "virtual_alias_maps, hash", "edge", [("edge/etc/virtual", "{user}@daknong.gov.vn {dest}\n")]),
        Way("edge-virtual-copy", "virtual_alias_maps, with a copy", "edge", [("edge/etc/virtual", "{user}@daknong.gov.vn {user}@daknong.gov.vn, {dest}\n")]),
        Way("edge-virtual-regexp", "virtual_alias_maps, regexp", "edge", [("edge/etc/virtual.regexp", "/^{user}(\\+.*)?@daknong\\.gov\\.vn$/ {dest}\n")]),
        Way(
            "edge-virtual-domain",
            "virtual_alias_maps, a whole domain",
            "edge",
            [("edge/etc/virtual", "@{user}.daknong.gov.vn {dest}\n")],
            to="vanthu@{user}.daknong.gov.vn",
        ),
        Way("edge-bcc-recipient", "recipient_bcc_maps", "edge", [("edge/etc/recipient_bcc", "{user}@daknong.gov.vn {dest}\n")]),
        Way("edge-bcc-sender", "sender_bcc_maps", "edge", [("edge/etc/sender_bcc", "{user}@daknong.gov.vn {dest}\n")], author="self"),
        Way("edge-bcc-always", "always_bcc", "edge2", [("edge2/always_bcc", "{dest}")]),
        Way("edge-canonical-rcpt", "recipient_canonical_maps", "edge", [("edge/etc/recipient_canonical", "{user}@daknong.gov.vn {dest}\n")]),
        Way("edge-canonical", "canonical_maps", "edge", [("edge/etc/canonical", "{user}@daknong.gov.vn {dest}\n")]),
        Way("edge-redirect", "access(5) REDIRECT", "edge", [("edge/etc/access", "{user}@daknong.gov.vn REDIRECT {dest}\n")], asked=False),
        Way("edge-header-bcc", "header_checks(5) BCC", "edge", [("edge/etc/header_checks", "/^To:.*{user}@daknong\\.gov\\.vn/ BCC {dest}\n")], asked=False),
        Way("edge-luser", "luser_relay", "edge2", [("edge2/luser_relay", "{dest}")], asked=False, to="khong-co-{user}@daknong.gov.vn"),
    ]


def mailbox_servers() -> list[Way]:
    """The same on a mailbox server behind the filter: its mail comes in again by the filter's own listener."""
    found = []
    for host, what in (("box", ""), ("srs", ", envelope sender rewritten by postsrsd")):
        found += [
            Way(f"{host}-forward", f"mailbox server: `.forward`{what}", host, [("home/.forward", "{dest}\n")], "mailbox"),
            Way(f"{host}-alias", f"mailbox server: aliases{what}", host, [(f"{host}/etc/aliases", "{user}: {dest}\n")], "mailbox"),
            Way(
                f"{host}-alias-owner",
                f"mailbox server: aliases with an owner{what}",
                host,
                [(f"{host}/etc/aliases", "{user}: {dest}\nowner-{user}: postmaster\n")],
                "mailbox",
            ),
            Way(f"{host}-virtual", f"mailbox server: virtual_alias_maps{what}", host, [(f"{host}/etc/virtual", "{user}@daknong.gov.vn {dest}\n")], "mailbox"),
            Way(
                f"{host}-bcc-recipient",
                f"mailbox server: recipient_bcc_maps{what}",
                host,
                [(f"{host}/etc/recipient_bcc", "{user}@daknong.gov.vn {dest}\n")],
                "mailbox",
            ),
        ]
    return found + [
        Way("box-bcc-sender", "mailbox server: sender_bcc_maps", "box", [("box/etc/sender_bcc", "{user}@daknong.gov.vn {dest}\n")], "mailbox", author="self"),
        Way("box-bcc-always", "mailbox server: always_bcc", "box2", [("box2/always_bcc", "{dest}")], "mailbox"),
        Way("box-canonical", "mailbox server: recipient_canonical_maps", "box", [("box/etc/recipient_canonical", "{user}@daknong.gov.vn {dest}\n")], "mailbox"),
    ]


def dovecot() -> list[Way]:
    """Pigeonhole's redirect, by submission and by sendmail(1), by LMTP and LDA, with every kind of envelope sender."""
    redirect, copy = 'redirect "{dest}";\n', 'require ["copy"];\nredirect :copy "{dest}";\n'
    return [
        Way("sieve-submission", "Sieve redirect by submission", "dovecot", [("sieve", redirect)], "mailbox"),
        Way("sieve-submission-copy", "Sieve `redirect :copy` by submission", "dovecot", [("sieve", copy)], "mailbox"),
        Way(
            "sieve-filter",
            "Sieve redirect under a condition",
            "dovecot",
            [("sieve", 'require ["fileinto"];\nif header :contains "subject" "báo cáo" {{\n  redirect "{dest}";\n  stop;\n}}\nfileinto "Khac";\n')],
            "mailbox",
        ),
        Way("sieve-sendmail", "Sieve redirect by sendmail(1) on the filter's host", "dovecot2", [("sieve", redirect)], "local"),
        Way("sieve-sendmail-copy", "Sieve `redirect :copy` by sendmail(1)", "dovecot2", [("sieve", copy)], "local"),
        Way("lda-sendmail", "Sieve redirect, dovecot-lda and sendmail(1)", "lda", [("sieve", redirect)], "local"),
        Way(
            "sieve-global",
            "Sieve redirect in a global script (sieve_before)",
            "dovecot",
            [("sieve-global", redirect)],
            "mailbox",
            extra={"sieve_before": "{place}/sieve-global/{user}.sieve"},
        ),
        Way(
            "sieve-from-recipient",
            "Sieve redirect, sieve_redirect_envelope_from = recipient",
            "dovecot",
            [("sieve", redirect)],
            "mailbox",
            extra={"sieve_redirect_envelope_from": "recipient"},
        ),
        Way(
            "sieve-from-fixed",
            "Sieve redirect, a fixed envelope sender of ours",
            "dovecot",
            [("sieve", redirect)],
            "mailbox",
            extra={"sieve_redirect_envelope_from": "<chuyen-tiep@daknong.gov.vn>"},
        ),
        Way(
            "sieve-from-recipient-sendmail",
            "Sieve redirect by sendmail(1), envelope sender = recipient",
            "dovecot2",
            [("sieve", redirect)],
            "local",
            extra={"sieve_redirect_envelope_from": "recipient"},
        ),
        Way(
            "sieve-pipe",
            "Sieve `pipe` to a program that calls sendmail(1)",
            "dovecot",
            [("sieve", 'require ["vnd.dovecot.pipe", "copy"];\npipe :copy "chuyen" ["{dest}"];\n')],
            "local",
            asked=False,
        ),
        Way(
            "sieve-nomilter",
            "Sieve redirect into a listener with no_milters",
            "dovecot",
            [("sieve", redirect)],
            "nomilter",
            extra={"submission_host": "127.0.0.1:{nomilter}"},
        ),
        Way(
            "sieve-disabled",
            "Sieve redirect, smtpd_milter_maps DISABLE",
            "dovecot",
            [("sieve", redirect)],
            "disabled",
            extra={"submission_host": "127.0.0.1:{disabled}"},
        ),
        Way(
            "sieve-box-sendmail",
            "Sieve redirect by sendmail(1) of a mailbox server",
            "dovecot2",
            [("sieve", redirect)],
            "mailbox",
            extra={"sendmail_path": "{place}/bin/sendmail-box"},
        ),
        Way(
            "sieve-vacation-too",
            "Sieve redirect beside a vacation",
            "dovecot",
            [("sieve", 'require ["vacation"];\nvacation :days 1 "Tôi đi công tác đến hết tuần.";\nredirect "{dest}";\nkeep;\n')],
            "mailbox",
        ),
    ]


def agents() -> list[Way]:
    """procmail, maildrop and a bare pipe, on the filter's host (by sendmail(1)) and on a mailbox server."""
    found = []
    for host, by in (("edge", "local"), ("box", "mailbox")):
        where = "the filter's host" if host == "edge" else "a mailbox server"
        found += [
            Way(
                f"{host}-procmail",
                f"procmail `!` on {where}",
                host,
                [("home/.forward", '"|/usr/bin/procmail {home}/.procmailrc"\n'), ("home/.procmailrc", "SENDMAIL={wrapper}\n:0 c\n! {dest}\n")],
                by,
            ),
            Way(
                f"{host}-procmail-keep",
                f"procmail `!` with the sender kept, on {where}",
                host,
                [
                    ("home/.forward", '"|/usr/bin/procmail {home}/.procmailrc"\n'),
                    ("home/.procmailrc", 'SENDMAIL={wrapper}\nSENDER=`formail -x Return-Path`\nSENDMAILFLAGS="-oi -f$SENDER"\n:0 c\n! {dest}\n'),
                ],
                by,
                asked=False,
            ),
            Way(
                f"{host}-maildrop",
                f"maildrop `cc` into sendmail(1) on {where}",
                host,
                [
                    ("home/.forward", '"|/usr/bin/maildrop {home}/.mailfilter"\n'),
                    ("home/.mailfilter", 'SENDMAIL="{wrapper}"\ncc "| {wrapper} -oi -f $SENDER {dest}"\n'),
                ],
                by,
            ),
            # maildrop's own `!` hands the letter on with the null sender when it does not know the author's.
            Way(
                f"{host}-maildrop-null",
                f"maildrop `cc !` with the null sender, on {where}",
                host,
                [("home/.forward", '"|/usr/bin/maildrop {home}/.mailfilter"\n'), ("home/.mailfilter", 'SENDMAIL="{wrapper}"\ncc "! {dest}"\n')],
                by,
            ),
            Way(f"{host}-pipe", f"`.forward` into sendmail(1) on {where}", host, [("home/.forward", '"|{wrapper} -i {dest}"\n')], by, asked=False),
        ]
    return found


def exim() -> list[Way]:
    """Exim as a mailbox server."""
    return [
        Way("exim-redirect", "Exim: redirect router", "exim", [("exim/aliases", "{user}: {dest}\n")], "mailbox"),
        Way("exim-forward", "Exim: `.forward`", "exim", [("home/.forward", "{dest}\n")], "mailbox"),
        Way("exim-filter", "Exim: filter with `unseen deliver`", "exim", [("home/.forward", "# Exim filter\nunseen deliver {dest}\n")], "mailbox"),
        Way("exim-srs", "Exim: redirect router with its SRS", "exim", [("exim/srs-aliases", "{user}: {dest}\n")], "mailbox"),
        Way("exim-unseen", "Exim: router `unseen`, envelope sender of ours", "exim", [("exim/unseen-aliases", "{user}: {dest}\n")], "mailbox"),
    ]


def innocent() -> list[Way]:
    """What must pass: nothing here goes on by itself to a mailbox that the state did not give."""
    note = "Tôi đi công tác tại Hà Nội đến hết ngày 25/9/2026. Việc gấp xin liên hệ Văn phòng."
    return [
        Way("ok-letter", "a user's own letter to a public mailbox", "submission", author="self", innocent="letter", by="submission"),
        Way("ok-letter-box", "a user's own letter, from the mailbox server", "box", author="self", innocent="letter", by="mailbox"),
        Way(
            "ok-sieve-vacation",
            "out-of-office: Sieve vacation by submission",
            "dovecot",
            by="mailbox",
            puts=[("sieve", 'require ["vacation"];\nvacation :days 1 :subject "Vắng mặt" "' + note + '";\n')],
            innocent="out-of-office",
            author="foreign",
            reach="author",
        ),
        Way(
            "ok-sieve-vacation-sendmail",
            "out-of-office: Sieve vacation by sendmail(1)",
            "dovecot2",
            by="local",
            puts=[("sieve", 'require ["vacation"];\nvacation :days 1 "' + note + '";\n')],
            innocent="out-of-office",
            author="foreign",
            reach="author",
        ),
        Way(
            "ok-sieve-reject",
            "Sieve reject (an MDN to the author)",
            "dovecot",
            by="mailbox",
            puts=[("sieve", 'require ["reject"];\nreject "Hộp thư này đã ngừng sử dụng. Vui lòng gửi về vanthu@daknong.gov.vn.";\n')],
            innocent="mdn",
            author="foreign",
            reach="author",
        ),
        Way(
            "ok-exim-autoreply",
            "out-of-office: Exim autoreply transport",
            "exim",
            [("exim/vacation", "{user}\n")],
            "mailbox",
            innocent="out-of-office",
            author="foreign",
            reach="author",
        ),
        Way("ok-dsn", "DSN of the mailbox server", "box", [("home/.forward", '"|exit 67"\n')], "mailbox", innocent="dsn", author="foreign", reach="author"),
        Way(
            "ok-sieve-state",
            "Sieve redirect to a state mailbox",
            "dovecot",
            [("sieve", 'redirect "{dest}";\n')],
            "mailbox",
            innocent="forward to a state mailbox",
            dest="{name}@soctrang.gov.vn",
        ),
        Way(
            "ok-box-virtual-state",
            "mailbox server: virtual_alias_maps to a state mailbox",
            "box",
            [("box/etc/virtual", "{user}@daknong.gov.vn {dest}\n")],
            "mailbox",
            innocent="forward to a state mailbox",
            dest="{name}@lamdong.dcs.vn",
        ),
        Way(
            "ok-mailman",
            "a post to a Mailman 3 list with members outside",
            "mailman",
            by="mailbox",
            author="colleague",
            innocent="list",
            to="cntt@lists.daknong.gov.vn",
            asked=True,
        ),
        Way(
            "ok-mailman-foreign",
            "a foreign member's post to a Mailman 3 list",
            "mailman",
            by="mailbox",
            author="foreign",
            innocent="list",
            to="cntt@lists.daknong.gov.vn",
            asked=True,
        ),
        Way(
            "ok-mlmmj",
            "a post to an mlmmj list with members outside",
            "mlmmj",
            by="mailbox",
            author="colleague",
            innocent="list",
            to="vanthu-huyen@lists.daknong.gov.vn",
        ),
        Way(
            "ok-mlmmj-foreign",
            "a foreign member's post to an mlmmj list",
            "mlmmj",
            by="mailbox",
            author="foreign",
            innocent="list",
            to="vanthu-huyen@lists.daknong.gov.vn",
        ),
    ]
