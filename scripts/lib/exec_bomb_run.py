"""What bombs cost: each alone by `gacthu scan`, and 16 at once through a running `gacthu serve` beside normal letters."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import gacthu
from figures import Count, Figure, progress

SECONDS = 12.0                                  # the budget's 10 s, and 2 s for what is around it
MEMORY = (256 + 64) * 1024 * 1024               # the budget's 256 MiB, and 64 MiB for what is around it
AT_ONCE = 16
SAMPLES = 60
MILTER_SECONDS = 120                            # Postfix waits 300 s for the end of a message


def measured(command: list[str], environment: dict, seconds: float) -> tuple[float, int, int | None, bytes]:
    """Wall seconds, peak resident bytes, exit code (None: had to be killed), output."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as process:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_maxrss * 1024, process.returncode if process.returncode >= 0 else None, said


def alone(binary: Path, policy: Path, bombs: dict[str, Path], small: Path, sabotage: str = "") -> list[Figure]:
    """Each bomb ends in a verdict, in time and memory."""
    environment = dict(os.environ, **({"GACTHU_SABOTAGE": sabotage} if sabotage else {}))
    command = lambda path: [str(binary), "scan", str(path), "--policy", str(policy), "--json"]  # noqa: E731
    base = min(measured(command(small), environment, 30)[1] for _ in range(3))
    ended, quick, lean = Count("bombs: end in a verdict"), Count("bombs: within 12 s"), Count("bombs: at most 320 MiB more memory")
    said, rows = Count("bombs: what was not opened is said"), []
    for number, (name, path) in enumerate(bombs.items(), 1):
        progress(f"bomb {number}/{len(bombs)} {name}")
        wall, peak, code, output = measured(command(path), environment, 60)
        more = peak - base
        ended.add(name, None if code is not None and b'"verdict"' in output else f"exit {code}: {output[-160:].decode(errors='replace')!r}")
        quick.add(name, None if wall <= SECONDS else f"{wall:.1f} s")
        lean.add(name, None if more <= MEMORY else f"{more >> 20} MiB more than for a small letter")
        said.add(name, None if b'"not_opened":{' in output or b'"reason"' in output else "nothing is said")
        rows.append((wall, more, name))
    progress("")
    slowest = [f"{name}: {wall:.2f} s, {max(more, 0) >> 20} MiB" for wall, more, name in sorted(rows, reverse=True)]
    said.figure.target = None
    said.figure.name += " (reported only)"
    return [ended.figure, quick.figure, lean.figure, said.figure,
            Figure("bombs: the slowest, s (reported only)", round(max(rows)[0], 2), SECONDS, None, slowest)]


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)] if values else float("inf")


def normal(client, letters: list[bytes], number: int) -> float:
    begin = time.monotonic()
    told = client.send("vanthu@example.com", ["phong@daknong.gov.vn"], letters[number % len(letters)], queue_id=f"4N{number:07}")
    wall = time.monotonic() - begin
    if told.answer.startswith("reject") or told.answer == "defer":
        raise ValueError(f"a normal letter was answered {told.answer}")
    return wall


def starvation(serve, bombs: list[Path], letters: dict[str, bytes]) -> list[Figure]:
    """`serve` runs. Bombs are sent by processes of their own, so that the clock of the normal letters is not theirs."""
    from milter_client import MilterClient, MilterError
    spec = serve.sockets["mx", "unix"].partition(",")[0]
    figures, times = [], {}
    with MilterClient(spec, seconds=MILTER_SECONDS) as client:
        for name, content in letters.items():
            normal(client, [content], 0)
            times[name] = [normal(client, [content], number) for number in range(SAMPLES)]
    senders = [subprocess.Popen([sys.executable, "-B", __file__, spec, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for path in bombs]
    try:
        for sender in senders:
            sender.stdout.readline()                            # "ready": the letter is read, the connection stands
        for sender in senders:
            sender.stdin.write(b"go\n")
            sender.stdin.flush()
        time.sleep(0.5)
        under, broken, rounds = {name: [] for name in letters}, [], 0
        with MilterClient(spec, seconds=MILTER_SECONDS) as client:
            end = time.monotonic() + 60
            while time.monotonic() < end and min(map(len, under.values())) < SAMPLES:
                running = sum(sender.poll() is None for sender in senders)
                if not running:
                    break
                for name, content in letters.items():
                    try:
                        under[name].append(normal(client, [content], rounds))
                    except (MilterError, OSError, ValueError) as error:
                        broken.append(f"{name}: {error}")
                        under[name].append(float(MILTER_SECONDS))
                        client = MilterClient(spec, seconds=MILTER_SECONDS)
                rounds += 1
                progress(f"normal letters beside {running} bombs: {rounds}")
    finally:
        for sender in senders:
            try:
                sender.stdin.close()                            # no further round
            except OSError:
                pass
    answered = Count("16 bombs at once: each is answered")
    for sender, path in zip(senders, bombs):
        try:
            sender.wait(MILTER_SECONDS)
            said = sender.stdout.read().decode().strip()
        except subprocess.TimeoutExpired:
            sender.kill()
            sender.wait()
            said = "no answer in time"
        for line in said.splitlines() or ["nothing was sent"]:
            answered.add(path.stem, None if line.startswith("answered") else line)
    progress("")
    figures.append(answered.figure)
    for name in letters:
        before, beside = p95(times[name]), p95(under[name])
        limit = max(3 * before, before + 0.05)
        figures.append(Figure(f"beside 16 bombs: p95 of {name}, ms (at most {limit * 1000:.0f})", round(beside * 1000, 1), round(limit * 1000, 1), 1.0,
                              [f"alone {before * 1000:.1f} ms, beside {beside * 1000:.1f} ms, {len(under[name])} letters", *broken[:5]], at_most=True))
    enough = min(map(len, under.values()))
    figures.append(Figure("beside 16 bombs: letters of each sort measured (of 20)", min(enough, 20), 20))
    alive = serve.healthy() and serve.process.poll() is None
    peak = next((int(line.split()[1]) for line in Path(f"/proc/{serve.process.pid}/status").read_text().splitlines() if line.startswith("VmHWM")), 0) if alive else 0
    figures.append(Figure("16 bombs at once: the server lives", int(alive), 1))
    figures.append(Figure("16 bombs at once: peak memory of the server, MiB (reported only)", peak // 1024, peak // 1024 or 1, None))
    return figures


def sender(spec: str, path: Path) -> int:
    """One bomb over one connection, again and again until standard input is closed."""
    from milter_client import MilterClient, MilterError
    content = path.read_bytes()
    client = MilterClient(spec, seconds=MILTER_SECONDS)
    print("ready", flush=True)
    sys.stdin.readline()
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    with client:
        while not closed.is_set():
            try:
                told = client.send("bom@example.com", ["phong@daknong.gov.vn"], content, queue_id="4BOM00001")
                print(f"answered {told.answer}", flush=True)
            except (MilterError, OSError) as error:
                print(f"broken: {error}", flush=True)
                return 1
            time.sleep(0.2)
    return 0


def run(binary: Path, policy: Path, place: Path, bombs: dict[str, Path], starving: list[str], letters: dict[str, bytes], sabotage: str = "") -> list[Figure]:
    small = place / "small.eml"
    small.write_bytes(next(iter(letters.values())))
    figures = alone(binary, policy, bombs, small, sabotage)
    with gacthu.Serve(binary, policy, place, "bombs", sabotage) as serve:
        figures += starvation(serve, [bombs[name] for name in starving[:AT_ONCE]], letters)
    return figures


if __name__ == "__main__":
    sys.exit(sender(sys.argv[1], Path(sys.argv[2])))
