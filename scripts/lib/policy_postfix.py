"""Two policies, sendmail(1), a gateway, a mailbox server and observing, through a real Postfix."""

import contextlib
import smtplib
import subprocess
import threading
from pathlib import Path

import gacthu
import judge
import payloads
from figures import Count, Figure, progress
from mail_policy import letter, pdf, text
from mimebuild import wire
from policy_points import CORPUS, last_words
from policy_serve import PolicyServe
from private_postfix import PostfixError, PrivatePostfix, Reply

ROOT = Path(__file__).resolve().parents[2]
DAK_NONG = [f"phong-{n}@daknong.gov.vn" for n in range(5)]
SOC_TRANG = [f"phong-{n}@soctrang.gov.vn" for n in range(5)]
TEN = [address for pair in zip(DAK_NONG, SOC_TRANG) for address in pair]
SITE = """\
policy: 1
name: site-{profile}
extends: {policies}/{profile}.yaml
mode: {mode}
rules:
  - id: site-refuse
    title: Không nhận
    basis: Điều 1
    when: {{ sender: {{ address: khong-nhan@example.net }} }}
    then: reject
  - id: site-defer
    title: Hoãn nhận
    basis: Điều 1
    when: {{ sender: {{ address: hoan-lai@example.net }} }}
    then: defer
"""


def run(binary: Path, place: Path, letters_to_observe: int = 500):
    starts = Count("serve --config starts with two policies, five roles and networks")
    with contextlib.ExitStack() as stack:
        serves = {}
        for mode in ("enforce", "observe"):
            policies = []
            for profile in ("dak-nong", "soc-trang"):
                policy = place / f"two-{profile}-{mode}.yaml"
                policy.write_text(SITE.format(profile=profile, policies=ROOT / "policies", mode=mode), encoding="utf-8")
                policies.append(policy)
            try:
                serves[mode] = stack.enter_context(PolicyServe(binary, policies, place, f"two-{mode}", {"mixed_policies": "split"}))
                starts.add(mode, serves[mode].substituted or None)
            except gacthu.GacthuError as error:
                starts.add(mode, last_words(str(error)))
                return [starts.figure]
        enforce, observe = serves["enforce"].sockets, serves["observe"].sockets
        listeners = {role: enforce[role, "unix"] for role in ("mx", "submission", "mailbox", "gateway")}
        listeners |= {"observe": observe["mx", "unix"], "plain": None}
        settings = {"non_smtpd_milters": enforce["local", "unix"], "smtpd_authorized_xclient_hosts": "127.0.0.1",
                    "mynetworks": "0.0.0.0/0"}
        progress("starting Postfix")
        postfix = stack.enter_context(PrivatePostfix(listeners, settings))
        figures = [starts.figure]
        for part in (two_policies, sendmail, in_front, mailbox_server):
            figures += whole(part, postfix, serves["enforce"])
        return figures + whole(observed, postfix, serves["observe"], letters_to_observe)


def whole(part, postfix, *words) -> list[Figure]:
    """A part that breaks is one figure that fails, with what Postfix said last; the others are still measured."""
    try:
        return part(postfix, *words)
    except (smtplib.SMTPException, PostfixError, OSError, KeyError, IndexError, subprocess.TimeoutExpired) as error:
        said = " / ".join(postfix.log().splitlines()[-4:])
        return [Figure(f"Postfix: {part.__name__} came to its end", 0, 1, 1.0, [f"{type(error).__name__}: {error}; {said[-600:]}"])]


# --- ten recipients under two policies ----------------------------------------------------


def converse(client, sender: str, rcpts: list[str], content: bytes) -> tuple[dict, Reply]:
    """One transaction as an MTA holds it: refused recipients are noted, the letter goes to the others."""
    replies = {}
    code, said = client.mail(sender, ["BODY=8BITMIME"])
    last = Reply(code, said.decode().split("\n"), "mail", 0)
    for rcpt in rcpts if code == 250 else []:
        code, said = client.rcpt(rcpt)
        replies[rcpt] = (code, said.decode())
    if not any(code == 250 for code, _ in replies.values()):
        client.rset()
        return replies, Reply(0, ["no recipient was accepted"], "rcpt", 0) if replies else last
    try:
        code, said = client.data(content)
    except Exception as error:                     # noqa: BLE001  smtplib raises when DATA itself is refused
        code, said = getattr(error, "smtp_code", 0), getattr(error, "smtp_error", repr(error).encode())
    if code != 250:
        client.rset()
    return replies, Reply(code, said.decode("utf-8", "replace").split("\n"), "end", 0)


def until_done(postfix, listener: str, sender: str, rcpts: list[str], content: bytes) -> tuple[dict, list, int]:
    """Comes again for every temporary refusal, six times at most: recipient → (code, text), queue ids, transactions."""
    final, ids, pending, rounds, seen = {}, [], list(rcpts), 0, []
    while pending and rounds < 6:
        rounds += 1
        with postfix.client(listener, 120) as client:
            replies, end = converse(client, sender, pending, content)
        later = []
        for rcpt in pending:
            code, said = replies.get(rcpt, (end.code, end.lines[0]))
            if 400 <= code < 500:
                seen.append((rcpt, code, said))
                later.append(rcpt)
            elif code == 250 and 400 <= end.code < 500:
                later.append(rcpt)
            else:
                final[rcpt] = (end.code, end.lines[0]) if code == 250 else (code, said)
        if end.code == 250:
            ids.append(end.queue_id)
        pending = later
    final.update({rcpt: (451, "given up") for rcpt in pending})
    return final, ids, rounds, seen


def deliveries(postfix, ids: list[str]) -> list:
    postfix.drain(90)
    return [delivery for queue_id in ids for delivery in postfix.sink.of(queue_id)]


def two_policies(postfix, serve):
    big, small = Count("two policies: 40 MiB to ten, five delivered, five refused"), Count("two policies: an ordinary letter reaches all ten once")
    submitted = Count("two policies on submission: the strictest, never split")
    progress("two policies: 40 MiB")
    content = wire(letter(text(), pdf("ban-do.pdf", 40 * payloads.MIB)))
    final, ids, rounds, later = until_done(postfix, "mx", "nguoigui@example.com", TEN, content)
    got = deliveries(postfix, ids)
    reached = sorted(rcpt for delivery in got for rcpt in delivery.rcpts)
    for rcpt in TEN:
        code, said = final[rcpt]
        if rcpt in SOC_TRANG:
            big.add(rcpt, None if code == 250 and reached.count(rcpt) == 1 else f"{code} {said}, delivered {reached.count(rcpt)} times")
        else:
            right = code == 552 and said.startswith("5.3.4") and "Dieu 5 khoan 3" in said and rcpt not in reached
            big.add(rcpt, None if right else f"{code} {said}, delivered {reached.count(rcpt)} times; expected 552 5.3.4 Dieu 5 khoan 3")
    big.add("they were split at RCPT", None if rounds == 2 and len(later) == 5 else f"{rounds} transactions, {len(later)} temporary refusals")
    odd = [(rcpt, code, said) for rcpt, code, said in later if code != 452 or not said.startswith("4.5.3") or rcpt not in SOC_TRANG]
    big.add("with 452 4.5.3, and only those of the second policy", None if later and not odd else f"{odd[:2] or 'none was'}")
    same = [judge.difference(content, delivery.content) for delivery in got]
    big.add("delivered as sent", None if same and not any(same) else str(same or "nothing delivered"))

    content = (CORPUS / "messages/files-2.eml").read_bytes()
    final, ids, rounds, _ = until_done(postfix, "mx", "nguoigui@example.com", TEN[::-1], content)
    got = deliveries(postfix, ids)
    reached = sorted(rcpt for delivery in got for rcpt in delivery.rcpts)
    small.add("each once", None if reached == sorted(TEN) else f"{reached}")
    small.add("as sent", None if got and all(delivery.content == content for delivery in got) else "changed, or nothing came")
    small.add("in two transactions", None if rounds == 2 else f"{rounds}")

    content = wire(letter(text(), pdf("ban-do.pdf", 40 * payloads.MIB)))
    final, ids, rounds, later = until_done(postfix, "submission", "vanthu@daknong.gov.vn", TEN, content)
    submitted.add("one answer", None if not later and {code for code, _ in final.values()} == {552} else
                  f"{sorted({code for code, _ in final.values()})}, {len(later)} temporary refusals")
    submitted.add("nothing delivered", None if not deliveries(postfix, ids) else "delivered")
    content = (CORPUS / "messages/files-1.eml").read_bytes()
    final, ids, rounds, later = until_done(postfix, "submission", "vanthu@daknong.gov.vn", TEN, content)
    reached = sorted(rcpt for delivery in deliveries(postfix, ids) for rcpt in delivery.rcpts)
    submitted.add("an ordinary letter reaches all ten at once", None if reached == sorted(TEN) and rounds == 1 else f"{reached}, {rounds} transactions")
    return [big.figure, small.figure, submitted.figure]


# --- sendmail(1) ---------------------------------------------------------------------------


def sendmail(postfix, serve):
    held, free = Count("sendmail(1), foreign sender: held, no bounce to the author, maildrop empty"), Count(
        "sendmail(1): an ordinary letter is delivered")
    cases = [("a program attached", "exe", "khach@example.net"), ("refused by its envelope", "plain", "khong-nhan@example.net"),
             ("deferred by its envelope", "plain", "hoan-lai@example.net"), ("a program, null sender", "exe", "<>")]
    maildrop = postfix.folder / "queue/maildrop"
    for what, name, author in cases:
        progress(f"sendmail(1): {what}")
        before, bounces = postfix.held(), len(postfix.sink.deliveries)
        done = hand_in(postfix, author, "vanthu@daknong.gov.vn", (CORPUS / f"messages/{name}.eml").read_bytes())
        new = serve.wait_for(lambda: postfix.held() - before, 20)
        left = postfix.drain(15)
        problem = None if done.returncode == 0 else f"sendmail: {done.stderr[:100]}"
        if not problem and len(new or ()) != 1:
            problem = f"{len(new or ())} held; {postfix.log()[-300:]!r}"
        stuck = [path.name for path in maildrop.iterdir()]
        problem = problem or (f"in maildrop: {stuck}" if stuck else None) or (f"queued: {left[0]}" if left else None)
        out = [f"{delivery.sender or '<>'} to {delivery.rcpts}" for delivery in postfix.sink.deliveries[bounces:]]
        held.add(what, problem or (f"sent out: {out}" if out else None))
        if new:
            postfix.command("postsuper", "-d", *new)
    content = (CORPUS / "messages/files-1.eml").read_bytes()
    before = len(postfix.sink.deliveries)
    hand_in(postfix, "khach@example.net", "vanthu@daknong.gov.vn", content)
    serve.wait_for(lambda: len(postfix.sink.deliveries) > before, 20)
    got = postfix.sink.deliveries[before:]
    free.add("once, to its recipient", None if [(one.sender, one.rcpts) for one in got] == [("khach@example.net", ["vanthu@daknong.gov.vn"])]
             else f"{[(one.sender, one.rcpts) for one in got]}")
    free.add("as handed in", judge.difference(content, got[0].content) if got else "nothing came")
    event = serve.events()[-1]
    free.add("role local in the event", None if event.get("role") == "local" else f"{event.get('role')}")
    return [held.figure, free.figure]


def hand_in(postfix, author: str, rcpt: str, content: bytes) -> subprocess.CompletedProcess:
    return subprocess.run(["sendmail", "-C", str(postfix.folder / "etc"), "-i", "-f", author, rcpt], input=content.replace(b"\r\n", b"\n"),
                          capture_output=True, timeout=30, check=False)


# --- a gateway in front, a mailbox server behind --------------------------------------------


def as_client(postfix, listener: str, address: str, sender: str, rcpt: str, content: bytes, login: str = "") -> Reply:
    """Sends as the machine `address`, by XCLIENT."""
    with postfix.client(listener, 120) as client:
        code, said = client.docmd("XCLIENT", f"ADDR={address}" + (f" LOGIN={login}" if login else ""))
        if code != 220:
            return Reply(code, [said.decode()], "xclient", 0)
        client.ehlo("may.test")
        return converse(client, sender, [rcpt], content)[1]


def in_front(postfix, serve):
    count = Count("a gateway in front: what would be refused is held, the rest delivered")
    exe, plain = ((CORPUS / f"messages/{name}.eml").read_bytes() for name in ("exe", "files-1"))
    case = ("10.0.0.9", "nguoigui@example.com", "vanthu@daknong.gov.vn")
    told = as_client(postfix, "gateway", *case, exe)
    count.add("a program: accepted at the wire", None if told.code == 250 else f"{told.code} {told.lines}")
    count.add("and held", None if told.queue_id in postfix.held() else "not held")
    count.add("not delivered", "delivered" if postfix.sink.of(told.queue_id) and told.queue_id else None)
    event = serve.events()[-1]
    count.add("its verdict is still reject, its direction inbound", None if (event["verdict"], event["recipients"][0]["direction"], event.get("role"))
              == ("reject", "inbound", "gateway") else f"{event['verdict']}, {event['recipients'][0]['direction']}, {event.get('role')}")
    told = as_client(postfix, "gateway", *case, plain)
    got = postfix.delivered(told.queue_id)
    count.add("an ordinary letter: delivered as sent", None if got and got[0].content == plain else f"{told.code} {told.lines}")
    told = as_client(postfix, "mx", "203.0.113.5", *case[1:], exe)
    count.add("the same program on mx: refused", None if told.code == 550 else f"{told.code} {told.lines}")
    return [count.figure]


def mailbox_server(postfix, serve):
    count = Count("a mailbox server: its mail is ours")
    exe, plain = ((CORPUS / f"messages/{name}.eml").read_bytes() for name in ("exe", "files-1"))
    for listener in ("mailbox", "mx"):
        for sender, rcpt, direction, policy in (("vanthu@daknong.gov.vn", "a@example.com", "outbound", "site-dak-nong"),
                                                ("vanthu@soctrang.gov.vn", "a@example.com", "outbound", "site-soc-trang"),
                                                ("vanthu@daknong.gov.vn", "phong@daknong.gov.vn", "internal", "site-dak-nong")):
            told = as_client(postfix, listener, "10.0.0.5", sender, rcpt, plain)
            got = postfix.delivered(told.queue_id)
            count.add(f"{listener}, {sender} to {rcpt}: delivered", None if got and got[0].content == plain else f"{told.code} {told.lines}")
            found = serve.events()[-1]["recipients"][0]
            count.add(f"{listener}, {sender} to {rcpt}: {direction} under {policy}",
                      None if (found["direction"], found["policy"]) == (direction, policy) else f"{found['direction']}, {found['policy']}")
        told = as_client(postfix, listener, "10.0.0.5", "vanthu@daknong.gov.vn", "a@example.com", exe)
        count.add(f"{listener}: a program is refused to the mailbox server", None if told.code == 550 else f"{told.code} {told.lines}")
    told = as_client(postfix, "mx", "203.0.113.5", "vanthu@daknong.gov.vn", "phong@daknong.gov.vn", plain)
    postfix.delivered(told.queue_id)
    found = serve.events()[-1]["recipients"][0]
    count.add("mx, the same sender from elsewhere: inbound", None if found["direction"] == "inbound" else found["direction"])
    told = as_client(postfix, "mx", "203.0.113.5", "vanthu@daknong.gov.vn", "a@example.com", plain, login="vanthu")
    postfix.delivered(told.queue_id)
    found = serve.events()[-1]["recipients"][0]
    count.add("mx, the same sender with a login: outbound", None if found["direction"] == "outbound" else found["direction"])
    return [count.figure]


# --- observing -----------------------------------------------------------------------------


def observed(postfix, serve, many: int):
    """Each letter once with and once without gacthu, to one recipient of each policy."""
    equal, verdicts = Count(f"observe: {many} letters delivered as without gacthu, byte for byte"), Count(
        "observe: at least 100 of them would not have been accepted, none was touched")
    paths = sorted((ROOT / "corpus/main-job").glob("*.eml")) + sorted((CORPUS / "messages").glob("*.eml"))
    work = [(n, paths[n % len(paths)]) for n in range(many)]
    answers: dict[tuple, Reply] = {}
    lock = threading.Lock()
    # What Postfix adds itself when a field is missing differs from second to second.
    def content(number: int, path: Path) -> bytes:
        raw = path.read_bytes()
        head = raw.partition(b"\r\n\r\n")[0].lower()
        extra = b"" if b"\r\nmessage-id:" in b"\r\n" + head else b"Message-ID: <%d@test.invalid>\r\n" % number
        extra += b"" if b"\r\ndate:" in b"\r\n" + head else b"Date: Mon, 05 Jan 2026 08:10:11 +0700\r\n"
        extra += b"" if b"\r\nfrom:" in b"\r\n" + head else b"From: <nguoigui@example.com>\r\n"
        return b"X-Test-Number: %d\r\n" % number + extra + raw

    def worker(listener: str):
        with postfix.client(listener, 120) as client:
            for number, path in work:
                sender = ("nguoigui@example.com", "khong-nhan@example.net", "hoan-lai@example.net", "")[number % 4 if number % 8 < 4 else 0]
                _, reply = converse(client, sender, ["vanthu@daknong.gov.vn", "vanthu@soctrang.gov.vn"], content(number, path))
                with lock:
                    answers[listener, number] = reply
                if listener == "observe" and number % 25 == 0:
                    progress(f"observe {number}/{many}")

    threads = [threading.Thread(target=worker, args=(listener,), daemon=True) for listener in ("observe", "plain")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    left = postfix.drain(120)
    progress("")
    for number, path in work:
        with_it, without = (answers.get((listener, number)) for listener in ("observe", "plain"))
        problem = None
        if not with_it or not without or (with_it.code, without.code) != (250, 250):
            problem = f"answered {with_it and (with_it.code, with_it.lines[:1])} and {without and (without.code, without.lines[:1])}"
        else:
            got = [{rcpt: (one.sender, one.content) for one in postfix.sink.of(reply.queue_id) for rcpt in one.rcpts} for reply in (with_it, without)]
            if set(got[0]) != set(got[1]) or len(got[0]) != 2:
                problem = f"delivered to {sorted(got[0])} and {sorted(got[1])}"
            for rcpt in [] if problem else got[0]:
                problem = problem or judge.difference(got[1][rcpt][1], got[0][rcpt][1]) or (
                    None if got[0][rcpt][0] == got[1][rcpt][0] else "another sender")
        equal.add(f"{number} {path.name}", problem or (f"left in the queue: {left[0]}" if left else None))
    events = serve.events()
    would = [event for event in events if event["verdict"] != "accept"]
    verdicts.add("as if enforced", None if len(would) >= min(100, many // 5) else f"{len(would)} of {len(events)}")
    touched = [event["reference"] for event in events if event.get("applied") not in ("accept", None) or event.get("answer") not in ("accept", None)]
    verdicts.add("applied", f"{len(touched)} were not accepted: {touched[:3]}" if touched else None)
    return [equal.figure, verdicts.figure]
