#!/usr/bin/env python3
"""Runs every path of fwd_paths.py with real programs and prints what became of each letter, as one JSON object.

Started by `fwd_space.enter` (a space of its own, loopback alone), for `scripts/eval forwarding`:

    fwd_run.py --bin target/release/gacthu --exim target/exim [--sabotage WHAT]     letters pass gacthu's milter
    fwd_run.py --exim target/exim --capture DIR                                     no milter; what it would have seen is kept

A letter comes from outside (XCLIENT 203.0.113.5) or from a colleague (submission) to a user whose mail goes on to an address
of his own; what arrives at the sink under that address, and what gacthu's event log says of it, is the result.
"""

import argparse
import contextlib
import json
import os
import pwd
import smtplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fwd_letters  # noqa: E402
import fwd_space  # noqa: E402
import gacthu  # noqa: E402
from figures import progress  # noqa: E402
from fwd_paths import DOMAIN, LISTS, Way, ways  # noqa: E402
from fwd_postfix import Host  # noqa: E402
from fwd_programs import Dovecot, Exim, Mailman, Mlmmj, Postsrsd  # noqa: E402
from policy_serve import PolicyServe  # noqa: E402
from private_postfix import PostfixError  # noqa: E402
from road import temporary_folder  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PORTS = {"mx": 2501, "mailbox": 2502, "submission": 2503, "nomilter": 2504, "disabled": 2505, "edge2": 2511, "box": 2521, "box2": 2531, "srs": 2541,
         "dovecot": 2424, "dovecot2": 2425, "exim": 2551, "srs-forward": 10001, "srs-reverse": 10002, "mailman": 8024}
SYSTEM = ("vmail", "Debian-exim", "vanthu")
MAILBOX_SERVERS = {"dovecot": "lmtp:inet:127.0.0.1:2424", "dovecot2": "lmtp:inet:127.0.0.1:2425", "lda": "dovecot-lda:", "box": "smtp:[127.0.0.1]:2521", "srs": "smtp:[127.0.0.1]:2541",
                   "exim": "smtp:[127.0.0.1]:2551"}
COLLEAGUE = f"hanhnt.vpub@{DOMAIN}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="")
    parser.add_argument("--exim", required=True)
    parser.add_argument("--sabotage", default="")
    parser.add_argument("--capture", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--place", type=Path)
    given = parser.parse_args()
    with contextlib.nullcontext(given.place) if given.place else temporary_folder() as temporary:
        place = Path(temporary)
        try:
            found = run(place, given, [way for way in ways() if given.only in way.id])
        except (PostfixError, gacthu.GacthuError, OSError, subprocess.SubprocessError) as error:
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
            return 1
    print(json.dumps(found, ensure_ascii=False))
    return 0


def run(place: Path, given, chosen: list[Way]) -> dict:
    hosts = ("edge", "edge2", "box", "box2", "srs")
    fwd_space.furnish(place, [*SYSTEM, *(way.user for way in chosen)], [place / host / "etc" for host in hosts])
    files = lay_out(place, chosen)
    with contextlib.ExitStack() as stack:
        milters = {}
        serve = None
        if given.bin:
            progress("starting gacthu")
            serve = stack.enter_context(start_gacthu(Path(given.bin), place, given.sabotage))
            milters = {role: serve.sockets[role, "unix"] for role in ("mx", "submission", "mailbox", "local")}
        started = start(stack, place, files, chosen, milters, Path(given.exim))
        for number, (way, author) in enumerate(letters := [(way, author) for way in chosen for author in authors(way)], 1):
            progress(f"{number}/{len(letters)} {way.id} {author}")
            send(started["edge"], started, way, author)
        settle(started, letters)
        results = [outcome(started, serve, way, author, given.capture) for way, author in letters]
        audits = audit(Path(given.bin), place, started, chosen) if given.bin else []
        return {"results": results, "audit": audits, "declared": declared(place, chosen), "place": str(place), "stuck": started["stuck"][:40]}


def authors(way: Way) -> list[str]:
    return ["foreign", "colleague"] if way.author == "both" else [way.author]


# --- what stands in which file ----------------------------------------------------------------


def filled(way: Way, place: Path, text: str) -> str:
    host = way.host if way.host in ("edge", "edge2", "box", "box2") else "edge"
    return text.format(user=way.user, dest=way.dest, home=place / "home" / way.user, place=place, wrapper=place / "bin" / f"sendmail-{host}", **{
        name: PORTS[name] for name in ("nomilter", "disabled")})


def lay_out(place: Path, chosen: list[Way]) -> dict[str, str]:
    """Users' own files are written; the others are answered, by `host/etc/name`."""
    files: dict[str, str] = {}
    (place / "bin").mkdir()
    (place / "pipe").mkdir()
    (place / "sieve-global").mkdir()
    for host in ("edge", "edge2", "box", "box2"):
        wrapper = place / "bin" / f"sendmail-{host}"
        wrapper.write_text(f'#!/bin/sh\nexec /usr/sbin/sendmail -C {place}/{host}/etc "$@"\n')
        wrapper.chmod(0o755)
    pipe = place / "pipe/chuyen"
    pipe.write_text(f'#!/bin/sh\nexec {place}/bin/sendmail-edge -i "$1"\n')
    pipe.chmod(0o755)
    for way in chosen:
        for where, text in way.puts:
            name, content = filled(way, place, where), filled(way, place, text)
            home = place / "home" / way.user
            if where.startswith("home/"):
                path = home / name.removeprefix("home/")
                path.write_text(content, encoding="utf-8")
                path.chmod(0o600 if path.name in (".mailfilter", ".procmailrc") else 0o644)
                own(path, home)
            elif where == "sieve":
                (home / "sieve").mkdir(exist_ok=True)
                (home / "sieve/chinh.sieve").write_text(content, encoding="utf-8")
                (home / ".dovecot.sieve").symlink_to("sieve/chinh.sieve")
            elif where == "sieve-global":
                (place / "sieve-global" / f"{way.user}.sieve").write_text(content, encoding="utf-8")
            else:
                files[name] = files.get(name, "") + content
    (place / "sieve-global").chmod(0o777)
    return files


def own(path: Path, home: Path) -> None:
    stat = home.stat()
    os.chown(path, stat.st_uid, stat.st_gid)


def declared(place: Path, chosen: list[Way]) -> dict:
    """way → [file, line] where a person would look for it; a setting of main.cf by its line there."""
    found = {}
    for way in chosen:
        for where, text in way.puts:
            if "{dest}" not in text:
                continue
            name = filled(way, place, where)
            home = place / "home" / way.user
            path = (home / name.removeprefix("home/") if where.startswith("home/") else home / "sieve/chinh.sieve" if where == "sieve"
                    else place / "sieve-global" / f"{way.user}.sieve" if where == "sieve-global"
                    else place / way.host / "etc/main.cf" if where.count("/") == 1 and way.host in ("edge2", "box2") else place / name)
            if path.exists():
                lines = path.read_text(encoding="utf-8").splitlines()
                found[way.id] = [str(path), next((n for n, line in enumerate(lines, 1) if way.dest in line), 0)]
    return found


# --- the programs -----------------------------------------------------------------------------


def start_gacthu(binary: Path, place: Path, sabotage: str) -> PolicyServe:
    policies = []
    for profile in ("dak-nong", "soc-trang"):
        policies.append(gacthu.write_policy(place, profile, "enforce", ROOT / "corpus/main-job"))
    serve = PolicyServe(binary, policies, place, "forwarding", {"networks": {"mailbox_servers": ["127.0.0.1/32"], "gateways": [], "devices": []}})
    if sabotage:
        serve.environment["GACTHU_SABOTAGE"] = sabotage
    return serve


def start(stack, place: Path, files: dict, chosen: list[Way], milters: dict, exim_root: Path) -> dict:
    needed = {way.host for way in chosen}
    etc = place / "edge/etc"
    common = {"mydestination": DOMAIN, "myorigin": DOMAIN, "home_mailbox": "Maildir/", "alias_maps": "hash:$config_directory/aliases", "mynetworks": "0.0.0.0/0",
              "virtual_alias_maps": "hash:$config_directory/virtual", "recipient_bcc_maps": "hash:$config_directory/recipient_bcc",
              "sender_bcc_maps": "hash:$config_directory/sender_bcc", "recipient_canonical_maps": "hash:$config_directory/recipient_canonical",
              "transport_maps": "hash:$config_directory/transport", "smtpd_authorized_xclient_hosts": "127.0.0.1",
              "default_privs": "nobody", "max_idle": "5s"}
    maps = ["aliases", "virtual", "recipient_bcc", "sender_bcc", "recipient_canonical", "transport"]

    def content(host: str) -> dict[str, str]:
        return {**dict.fromkeys(maps, ""), **{name.partition("/etc/")[2]: text for name, text in files.items() if name.startswith(f"{host}/etc/")}}

    transport = "".join(f"{way.address} {MAILBOX_SERVERS[way.host]}\n" for way in chosen if way.host in MAILBOX_SERVERS and not way.to)
    transport += f"cntt@{LISTS} lmtp:inet:127.0.0.1:{PORTS['mailman']}\nvanthu-huyen@{LISTS} mlmmj:\n"
    mailman_members = [way.dest for way in chosen if way.host == "mailman"]
    mlmmj_members = [way.dest for way in chosen if way.host == "mlmmj"]

    def milter(role: str) -> str:
        return f"smtpd_milters={milters.get(role, '')}"

    hosts = {}
    edge_files = content("edge")
    edge_files["transport"] += transport
    for name in ("canonical", "access", "virtual.regexp", "header_checks"):
        edge_files.setdefault(name, "")
    edge_files["milter_exceptions"] = "127.0.0.0/8 DISABLE\n"
    edge = {**common, "myhostname": f"mx.{DOMAIN}", "non_smtpd_milters": milters.get("local", ""), "canonical_maps": "hash:$config_directory/canonical",
            "virtual_alias_maps": "hash:$config_directory/virtual, regexp:$config_directory/virtual.regexp",
            "virtual_alias_domains": " ".join(f"{way.user}.{DOMAIN}" for way in chosen if way.id == "edge-virtual-domain"),
            "header_checks": "regexp:$config_directory/header_checks", "smtpd_recipient_restrictions": "check_recipient_access hash:$config_directory/access",
            "dovecot-lda_destination_recipient_limit": "1", "mlmmj_destination_recipient_limit": "1"}
    listeners = {"mx": (PORTS["mx"], [milter("mx")]), "mailbox": (PORTS["mailbox"], [milter("mailbox")]),
                 "submission": (PORTS["submission"], [milter("submission")]),
                 "nomilter": (PORTS["nomilter"], [milter("mx"), "receive_override_options=no_milters"]),
                 "disabled": (PORTS["disabled"], [milter("mx"), "smtpd_milter_maps=cidr:$config_directory/milter_exceptions"])}

    def host(name: str, listeners: dict, settings: dict, given: dict, more=()) -> None:
        if name == "edge" or name in needed:
            progress(f"starting Postfix {name}")
            hosts[name] = stack.enter_context(Host(place / name, listeners, settings, given, [*maps, *more], place / "dovecot2/dovecot.conf", place / "mlmmj"))

    host("edge", listeners, edge, edge_files, ("canonical", "access"))
    onward = {"default_transport": "smtp", "relayhost": f"[127.0.0.1]:{PORTS['mailbox']}"}
    setting = {name.partition("/")[2]: text for name, text in files.items() if name.count("/") == 1 and name.startswith("edge2/")}
    host("edge2", {"edge2": (PORTS["edge2"], [milter("mx")])}, {**common, "myhostname": f"mx2.{DOMAIN}", "non_smtpd_milters": milters.get("local", ""), **setting}, content("edge2"))
    host("box", {"box": (PORTS["box"], [])}, {**common, **onward, "myhostname": f"box.{DOMAIN}"}, content("box"))
    setting = {name.partition("/")[2]: text for name, text in files.items() if name.count("/") == 1 and name.startswith("box2/")}
    host("box2", {"box2": (PORTS["box2"], [])}, {**common, **onward, "myhostname": f"box2.{DOMAIN}", **setting}, content("box2"))
    if "srs" in needed:
        stack.enter_context(Postsrsd(place / "postsrsd", (PORTS["srs-forward"], PORTS["srs-reverse"]), DOMAIN))
    host("srs", {"srs": (PORTS["srs"], [])}, {
        **common, **onward, "myhostname": f"srs.{DOMAIN}", "sender_canonical_maps": f"tcp:127.0.0.1:{PORTS['srs-forward']}",
        "sender_canonical_classes": "envelope_sender",
        "recipient_canonical_maps": f"tcp:127.0.0.1:{PORTS['srs-reverse']}", "recipient_canonical_classes": "envelope_recipient, header_recipient"}, content("srs"))
    vmail = pwd.getpwnam("vmail")
    for name, served, submission in (("dovecot", {"dovecot"}, PORTS["mailbox"]), ("dovecot2", {"dovecot2", "lda"}, None)):
        if needed & served:
            progress("starting Dovecot")
            users = {way.user: {key: filled(way, place, value) for key, value in way.extra.items()} for way in chosen if way.host in served}
            stack.enter_context(Dovecot(place / name, PORTS[name], submission, place / "bin/sendmail-edge", place / "pipe", place / "home", users,
                                        (vmail.pw_uid, vmail.pw_gid)))
    if "exim" in needed:
        progress("starting Exim")
        own_files = {name.removeprefix("exim/"): text for name, text in files.items() if name.startswith("exim/")}
        owners = " : ".join(way.user for way in chosen if way.host == "exim")
        stack.enter_context(Exim(place / "exim", exim_root, PORTS["exim"], PORTS["mailbox"], own_files, owners))
    if "mlmmj" in needed:
        Mlmmj(place / "mlmmj", f"vanthu-huyen@{LISTS}", PORTS["mailbox"], [COLLEAGUE, *mlmmj_members, *(author_of(way, "foreign") for way in chosen if way.host == "mlmmj")])
    if "mailman" in needed:
        progress("starting Mailman")
        members = [COLLEAGUE, *mailman_members, *(author_of(way, "foreign") for way in chosen if way.host == "mailman")]
        hosts["mailman"] = stack.enter_context(Mailman(place / "mailman", PORTS["mailman"], PORTS["mailbox"], f"cntt@{LISTS}", members))
    hosts["etc"] = etc
    return hosts


# --- letters ----------------------------------------------------------------------------------


def author_of(way: Way, author: str) -> str:
    return {"colleague": COLLEAGUE, "self": way.address}.get(author) or f"khach.{way.user.partition('.')[0]}@example.com"


def token(way: Way, author: str) -> str:
    return f"{way.id}.{author}.20260915@"


def receiver(way: Way, author: str) -> str:
    if author == "self":
        return way.dest if way.innocent else "lienhe@example.net"
    return (way.to or way.address).format(user=way.user)


def send(edge: Host, started: dict, way: Way, author: str) -> None:
    """By the listener that such a letter would come in by."""
    sender, to = author_of(way, author), receiver(way, author)
    content = fwd_letters.letter(way.id, sender, to, token(way, author), own=author != "foreign")
    host, listener, identity = edge, "mx", "ADDR=203.0.113.5 NAME=mail.example.com HELO=mail.example.com"
    if way.host in ("edge2", "box2"):
        host, listener = started[way.host], way.host
    elif author == "self" and way.host == "box":
        host, listener = started["box"], "box"
    elif author != "foreign":
        listener = "submission"
    if author != "foreign":
        identity = f"ADDR=10.20.30.40 NAME=pc.{DOMAIN} HELO=pc.{DOMAIN} LOGIN={sender.partition('@')[0]}"
    with host.client(listener, 60) as client:
        client.docmd("XCLIENT", identity)
        client.ehlo(f"pc.{DOMAIN}" if author != "foreign" else "mail.example.com")
        code, said = client.mail(sender)
        if code == 250:
            code, said = client.rcpt(to)
        if code == 250:
            try:
                code, said = client.data(content)
            except smtplib.SMTPException as error:
                code, said = 0, repr(error).encode()
        if code != 250:
            started.setdefault("refused", {})[way.id, author] = f"{code} {said.decode('utf-8', 'replace')[:200]}"
            print(f"{way.id} {author}: not taken in: {code} {said[:200]!r}", file=sys.stderr)


def settle(started: dict, letters: list) -> None:
    """Until nothing is queued at any Postfix, and what comes by other queues (Exim, Mailman) had its time."""
    hosts = [host for host in started.values() if isinstance(host, Host)]
    end, calm, seen = time.monotonic() + 90, 0, -1
    while time.monotonic() < end and calm < 6:
        left = sum(len([entry for entry in host.queue() if entry["queue_name"] != "hold"]) for host in hosts)
        count = sum(len(host.sink.deliveries) for host in hosts)
        calm = calm + 1 if not left and count == seen else 0
        seen = count
        progress(f"waiting: {left} queued, {count} delivered")
        time.sleep(0.5)
    progress("")
    started["stuck"] = [f"{host.folder.name}: {entry['sender']} to {rcpt['address']}: {rcpt.get('delay_reason', '')}" for host in hosts for entry in host.queue()
                        if entry["queue_name"] != "hold" for rcpt in entry["recipients"]]


def outcome(started: dict, serve, way: Way, author: str, capture: Path | None) -> dict:
    mark = token(way, author).encode()
    watch = way.dest if way.reach == "dest" else author_of(way, author)
    arrived = [(host, one) for host in started.values() if isinstance(host, Host) for one in host.sink.deliveries
               if watch in one.rcpts and mark in one.content]
    told = any(not one.sender and author_of(way, author) in one.rcpts and mark in one.content and b"multipart/report" in one.content
               for host in started.values() if isinstance(host, Host) for one in host.sink.deliveries)
    events = []
    for event in serve.events() if serve else []:
        by = [rcpt for rcpt in event.get("recipients") or [] if rcpt.get("address") == watch]
        about = (event.get("message") or {}).get("message_id") or ""
        if by and (mark.decode() in about or way.innocent and way.reach == "author" or event.get("message") is None):
            events.append({"role": event.get("role"), "verdict": by[0].get("verdict"), "applied": by[0].get("applied"), "answer": event.get("answer"),
                           "rules": [rule.get("id") for rule in by[0].get("rules") or []], "sender": event.get("sender")})
    if capture and arrived and way.by in ("mailbox", "local", "submission"):
        capture.mkdir(parents=True, exist_ok=True)
        for number, (_, one) in enumerate(arrived[:1]):
            name = f"{way.id}.{author}"
            (capture / f"{name}.eml").write_bytes(one.content)
            (capture / f"{name}.json").write_text(json.dumps({"way": way.id, "title": way.title, "author": author, "role": way.by, "sender": one.sender, "rcpts": one.rcpts,
                                                              "innocent": way.innocent, "user": way.address, "login": author_of(way, author)}, ensure_ascii=False))
    return {"way": way.id, "title": way.title, "author": author, "by": way.by, "asked": way.asked, "innocent": way.innocent, "host": way.host, "dest": watch,
            "arrived": len(arrived), "told": told, "events": events, "refused_at_first": started.get("refused", {}).get((way.id, author), "")}


# --- the audit --------------------------------------------------------------------------------


def audit(binary: Path, place: Path, started: dict, chosen: list[Way]) -> list[dict]:
    """What `gacthu audit forwards` lists for each host, in the words of fwd_adapter.py."""
    import fwd_adapter
    found = []
    for name, host in started.items():
        if isinstance(host, Host):
            found.append({"host": name, **fwd_adapter.audit(binary, place, name, [place / one / "dovecot.conf" for one in ("dovecot", "dovecot2") if (place / one).exists()])})
    return found


if __name__ == "__main__":
    sys.exit(main())
