"""Encrypted containers whose password stands in the letter, and those where it does not."""

import io
import random
import zipfile

from exec_containers import Place
from exec_documents import docx_embedded
from exec_mail import BODY, Row, attachment, letter, sha
from exec_payloads import positive_name, twin
from payloads import pdf as plain_pdf

OFFICE = "/tmp/evalx-venv/bin/msoffcrypto-tool"


def seven(*options, out="@o.7z"):
    def make(name, data, secret):
        with Place(name, data) as place:
            place.run("7zz", "a", "-bso0", "-bsp0", *options, f"-p{secret}", out, name)
            return place.read(out)
    return make


def zip_traditional(name, data, secret):
    with Place(name, data) as place:
        place.run("zip", "-q", "-X", "-P", secret, "@o.zip", name)
        return place.read("@o.zip")


def pdf(name, data, secret):
    with Place(name, data) as place:
        (place.folder / "@p.pdf").write_bytes(plain_pdf("Cong van mat khau"))
        place.run("qpdf", "@p.pdf", "--add-attachment", name, "--", "--encrypt", secret, "chu-so-huu-9", "256", "--", "@o.pdf")
        return place.read("@o.pdf")


def office(name, data, secret):
    """With a picture: msoffcrypto-tool 6 writes packages of less than 4 KiB wrongly."""
    out = io.BytesIO(docx_embedded(name, data))
    with zipfile.ZipFile(out, "a") as pack:
        pack.writestr(zipfile.ZipInfo("word/media/image1.jpg", (2024, 1, 1, 0, 0, 0)), b"\xff\xd8\xff\xe0" + random.Random(4).randbytes(5000))
    with Place("@i.docx", out.getvalue()) as place:
        place.run(OFFICE, "-e", "-p", secret, "@i.docx", "@o.docx")
        return place.read("@o.docx")


def take(*words):
    def confirm(place, secret):
        place.run(*[word.format(secret=secret) for word in words])
    return confirm


def office_take(place, secret):
    place.run(OFFICE, "-p", secret, "@c", "@d.docx")
    place.run("7zz", "x", "-y", "-bso0", "-bsp0", "-o@x", "@d.docx")


# id: extension, maker, confirming program and its words
SCHEMES = {
    "zip-traditional": ("zip", zip_traditional, "7zz", take("7zz", "x", "-y", "-bso0", "-bsp0", "-p{secret}", "-o@x", "@c")),
    "zip-aes256": ("zip", seven("-tzip", "-mem=AES256", out="@o.zip"), "bsdtar", take("bsdtar", "--passphrase", "{secret}", "-xf", "@c", "-C", "@x")),
    "7z-aes": ("7z", seven(), "unar", take("unar", "-q", "-p", "{secret}", "-o", "@x", "@c")),
    "7z-aes-headers": ("7z", seven("-mhe=on"), "unar", take("unar", "-q", "-p", "{secret}", "-o", "@x", "@c")),
    "pdf-aes256": ("pdf", pdf, "pdfdetach", take("pdfdetach", "-upw", "{secret}", "-saveall", "-o", "@x", "@c")),
    "docx-agile": ("docx", office, "msoffcrypto-tool+7zz", office_take),
}
# place: subject, body, name of the file; {s} the password
PLACES = {
    "body-giai-nen": ("", "Kính gửi anh/chị,\r\nMật khẩu giải nén: {s}\r\nTrân trọng./.\r\n", "ho-so"),
    "body-pass": ("", "Gui anh chi ho so dinh kem.\r\npass: {s}\r\n", "ho-so"),
    "body-mat-khau-la": ("", "Xin gửi hồ sơ. Tệp có mật khẩu là {s}. Xin cảm ơn.\r\n", "ho-so"),
    "body-quoted": ("", "Dear colleague,\r\n\r\nPlease use the password \"{s}\" to open the file.\r\n", "ho-so"),
    "subject": ("Hồ sơ tháng 5 (mk: {s})", BODY, "ho-so"),
    "name": ("", BODY, "ho-so_pass_{s}"),
    "none": ("", BODY, "ho-so"),
}
SECRETS = ("Abc@2024", "123456", "SoTNMT#15", "infected", "hoso-2024", "Dn!779x")
KINDS = ("pe-exe", "elf", "java-class", "lnk", "msi", "vbs", "dex", "jar", "mach-o", "wasm", "pe-dll", "dos-mz")


def cell(number, scheme, where, payload, is_twin):
    extension, make, program, words = SCHEMES[scheme]
    subject, body, stem = PLACES[where]
    secret = SECRETS[number % len(SECRETS)]
    if where == "name":
        secret = ("Abc2024", "123456", "infected")[number % 3]
    if where == "none":
        secret = f"kHong-doan-duoc-{number}"
    name, data, what = twin(payload, number) if is_twin else (positive_name(payload, number if where != "none" else number | 1), payload.data, "-")
    blob = make(name, data, secret)
    with Place("@c", blob) as place:
        (place.folder / "@x").mkdir()
        words(place, secret)
        if not any(path.is_file() and path.read_bytes() == data for path in (place.folder / "@x").rglob("*")):
            raise RuntimeError(f"{scheme}: {program} does not find it")
    mail = letter(number, [attachment(f"{stem.format(s=secret)}.{extension}", blob, how=number)], subject.format(s=secret), body.format(s=secret))
    expect = "encrypted" if where == "none" else "clean" if is_twin else "executable"
    return Row(f"password-{scheme}-{where}{'-twin' if is_twin else ''}.eml", "password", scheme, payload.kind, what, expect, name,
               ",".join(payload.kinds) if expect == "executable" else "-", sha(data), sha(mail), f"{where}:{secret}", program,
               "the password is nowhere in the letter" if where == "none" else "-"), mail


def jobs(programs: dict):
    for at, scheme in enumerate(SCHEMES):
        for with_, where in enumerate(PLACES):
            payload = programs[KINDS[(at * 7 + with_) % len(KINDS)]]
            if where == "none" and payload.by_name:
                payload = programs["elf"]
            yield cell, (8000 + at * 20 + with_, scheme, where, payload, False)
            yield cell, (8010 + at * 20 + with_, scheme, where, payload, True)
