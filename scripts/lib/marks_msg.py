"""Outlook .msg files ([MS-OXMSG]) in a small compound file ([MS-CFB] version 3), written by hand: no free program writes them.

The mark stands in the body, the subject untouched; half of the files carry the letter as HTML too.
"""

import struct
from datetime import datetime, timezone

from marks_job import Job
from marks_pdf import page_html
from marks_text import MOTTO, NATION

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
CUTOFF, SECTOR, MINI = 4096, 512, 64


class Store:
    """A tree of storages and streams, and its bytes."""

    def __init__(self):
        self.nodes = [{"name": "Root Entry", "kind": 5, "data": b"", "children": []}]

    def storage(self, parent: int, name: str) -> int:
        return self._add(parent, {"name": name, "kind": 1, "data": b"", "children": []})

    def stream(self, parent: int, name: str, data: bytes) -> int:
        return self._add(parent, {"name": name, "kind": 2, "data": data, "children": []})

    def _add(self, parent: int, node: dict) -> int:
        self.nodes.append(node)
        self.nodes[parent]["children"].append(len(self.nodes) - 1)
        return len(self.nodes) - 1

    def bytes(self) -> bytes:
        mini, minifat, sectors, fat = b"", [], [], []

        def chain(data: bytes) -> int:
            if not data:
                return END
            start, count = len(sectors), -(-len(data) // SECTOR)
            for at in range(count):
                sectors.append(data[at * SECTOR:(at + 1) * SECTOR].ljust(SECTOR, b"\0"))
                fat.append(start + at + 1 if at + 1 < count else END)
            return start

        for node in self.nodes[1:]:
            if node["kind"] != 2:
                node["start"] = 0
            elif len(node["data"]) >= CUTOFF:
                node["start"] = chain(node["data"])
            elif not node["data"]:
                node["start"] = END
            else:
                node["start"] = len(minifat)
                count = -(-len(node["data"]) // MINI)
                minifat += [node["start"] + at + 1 for at in range(count - 1)] + [END]
                mini += node["data"].ljust(count * MINI, b"\0")
        self.nodes[0]["start"], self.nodes[0]["data"] = chain(mini), mini
        links = [[FREE, FREE, FREE] for _ in self.nodes]
        for at, node in enumerate(self.nodes):
            ordered = sorted(node["children"], key=lambda child: (len(self.nodes[child]["name"]), self.nodes[child]["name"].upper()))
            links[at][2] = balance(ordered, links)
        entries = b""
        for node, (left, right, child) in zip(self.nodes, links):
            name = node["name"].encode("utf-16-le")
            entries += (name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name) + 2, node["kind"], 1, left, right, child) + b"\0" * 36
                        + struct.pack("<IQ", node["start"], len(node["data"]) if node["kind"] != 1 else 0))
        entries += (b"\0" * 68 + struct.pack("<III", FREE, FREE, FREE) + b"\0" * 48) * (-len(self.nodes) % 4)
        directory = chain(entries)
        first_mini = chain(struct.pack(f"<{len(minifat)}I", *minifat) + b"\xff" * (-len(minifat) * 4 % SECTOR))
        count = 1
        while count * 128 < len(fat) + count:
            count += 1
        place = list(range(len(fat), len(fat) + count))
        table = fat + [FAT] * count
        packed = struct.pack(f"<{len(table)}I", *table) + b"\xff" * (count * SECTOR - len(table) * 4)
        header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
                  + struct.pack("<IIIIIIIII", 0, count, directory, 0, CUTOFF, first_mini, -(-len(minifat) // 128), END, 0)
                  + struct.pack("<109I", *(place + [FREE] * (109 - count))))
        return header + b"".join(sectors) + packed


def balance(ordered: list[int], links: list) -> int:
    """The middle as the root, so that every reader's search finds all."""
    if not ordered:
        return FREE
    middle = len(ordered) // 2
    links[ordered[middle]][0] = balance(ordered[:middle], links)
    links[ordered[middle]][1] = balance(ordered[middle + 1:], links)
    return ordered[middle]


def write(job: Job) -> bytes:
    letter, place = job.letter, job.place
    say = lambda line: job.ink.say(line, line in job.lines)[0]  # noqa: E731
    both = [*job.lines, *job.evidence]
    head, rest = [letter.superior, letter.agency, letter.number], [NATION, MOTTO, *letter.lines()[5:]]
    lines = {"top": [*both, *head, *rest], "beside": [*head, *both, *rest]}.get(place, [*head, *rest, *both])
    body = "\r\n".join(say(line) for line in lines) + "\r\n"
    store, texts = Store(), {0x001A: "IPM.Note", 0x0037: "Gui van ban", 0x0070: "Gui van ban", 0x0C1A: "Van thu", 0x0C1E: "SMTP", 0x0C1F: "vanthu@example.com",
                             0x0E04: "vanthu@daknong.gov.vn", 0x1000: body, 0x007D: "From: Van thu <vanthu@example.com>\r\nTo: vanthu@daknong.gov.vn\r\nSubject: Gui van ban\r\n"}
    names = store.storage(0, "__nameid_version1.0")
    for tag in ("00020102", "00030102", "00040102"):
        store.stream(names, f"__substg1.0_{tag}", b"")
    properties = fixed(0x0E07, 0x0003, 1) + fixed(0x340D, 0x0003, 0x40000) + fixed(0x3FDE, 0x0003, 65001)
    when = int((datetime(2026, 10, 5, tzinfo=timezone.utc) - datetime(1601, 1, 1, tzinfo=timezone.utc)).total_seconds() * 10_000_000)
    properties += struct.pack("<HHIQ", 0x0040, 0x0039, 6, when)
    binaries = {}
    if job.dice("msg").random() < .5:
        binaries[0x1013] = page_html(job, printed=False).encode("utf-8")
    for tag, text in texts.items():
        data = text.encode("utf-16-le")
        store.stream(0, f"__substg1.0_{tag:04X}001F", data)
        properties += struct.pack("<HHIII", 0x001F, tag, 6, len(data) + 2, 0)
    for tag, data in binaries.items():
        store.stream(0, f"__substg1.0_{tag:04X}0102", data)
        properties += struct.pack("<HHIII", 0x0102, tag, 6, len(data), 0)
    store.stream(0, "__properties_version1.0", struct.pack("<QIIIIQ", 0, 1, 0, 1, 0, 0) + properties)
    receiver = store.storage(0, "__recip_version1.0_#00000000")
    inside = fixed(0x0C15, 0x0003, 1) + fixed(0x3000, 0x0003, 0)
    for tag, text in {0x3001: "vanthu@daknong.gov.vn", 0x3002: "SMTP", 0x3003: "vanthu@daknong.gov.vn", 0x39FE: "vanthu@daknong.gov.vn"}.items():
        data = text.encode("utf-16-le")
        store.stream(receiver, f"__substg1.0_{tag:04X}001F", data)
        inside += struct.pack("<HHIII", 0x001F, tag, 6, len(data) + 2, 0)
    store.stream(receiver, "__properties_version1.0", b"\0" * 8 + inside)
    return store.bytes()


def fixed(tag: int, kind: int, value: int) -> bytes:
    return struct.pack("<HHIII", kind, tag, 6, value, 0)
