//! What the journal costs: `cargo bench --bench journal [-- ROUNDS postgres://…]`.
//!
//! Prints the CPU time of the judging thread for one appended decision (an event of 2.3 KB, an
//! attachment and two rules), beside serialising it, and how many records a second the writer moves to SQLite,
//! and to the PostgreSQL that the argument names. Best of several rounds, all in one run.

use std::{
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use gacthu::{
    journal::{
        Journal, JournalSettings, Storage,
        log::{DecisionLog, LogLimits},
        store::{Access, Filter, Order, Store},
    },
    metrics::Metrics,
};
use serde_json::{Value, json};

/// Decisions of one round.
const COUNT: u32 = 20_000;

fn main() {
    let event = event(0).to_string();
    println!("one event: {} bytes; {COUNT} a round", event.len());
    let folder = tempfile::tempdir_in("target").expect("a folder on the disk");

    let value = self::event(0);
    let serialised = rounds(5, || {
        cpu(|| {
            for _ in 0..COUNT {
                std::hint::black_box(serde_json::to_vec(std::hint::black_box(&value)).ok());
            }
        })
    });
    println!("serialise:  {:6.2} µs of CPU an event", micros(serialised));

    let log = DecisionLog::open(
        &folder.path().join("log"),
        LogLimits {
            bytes: 1 << 40,
            ..LogLimits::default()
        },
    )
    .expect("a log");
    let mut slowest = Duration::ZERO;
    let appended = rounds(5, || {
        cpu(|| {
            for _ in 0..COUNT {
                let begin = Instant::now();
                log.append(event.as_bytes()).expect("room");
                slowest = slowest.max(begin.elapsed());
            }
        })
    });
    println!(
        "append:     {:6.2} µs of CPU an event, {:.0} events/s a thread; slowest {} µs",
        micros(appended),
        1e6 / micros(appended),
        slowest.as_micros()
    );
    drop(log);

    let sqlite = Storage::Sqlite(folder.path().join("journal"));
    let mut places = vec![("SQLite", sqlite)];
    for url in std::env::args()
        .skip(1)
        .filter(|arg| arg.starts_with("postgres"))
    {
        let storage = Storage::parse(&url, Path::new("/"));
        places.push(("PostgreSQL", storage.expect("a URL")));
    }
    for (name, storage) in places {
        let best = (0..numbers().unwrap_or(3))
            .map(|round| moved(&folder.path().join(format!("{name}{round}")), &storage))
            .min();
        let seconds = best.unwrap_or_default().as_secs_f64();
        println!(
            "{name:<11} {:6.0} events/s moved",
            f64::from(COUNT) / seconds
        );
        search(name, &storage);
    }
}

/// Searches over all that was moved.
fn search(name: &str, storage: &Storage) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let mut store = Store::new(storage.clone(), Access::Read);
    let text = |text: &str| Some(text.to_owned());
    let all = Filter::default();
    for (what, filter) in [
        (
            "reference",
            Filter {
                reference: text("B000012345"),
                ..all.clone()
            },
        ),
        (
            "queue id",
            Filter {
                queue_id: text("4dDR00012345"),
                ..all.clone()
            },
        ),
        (
            "sender",
            Filter {
                address: text("nguoigui77@example.com"),
                ..all.clone()
            },
        ),
        (
            "recipient",
            Filter {
                address: text("canbo77@daknong.gov.vn"),
                ..all.clone()
            },
        ),
        (
            "rule",
            Filter {
                rule: text("executable"),
                ..all.clone()
            },
        ),
    ] {
        let mut count = 0;
        let best = rounds(3, || {
            count = 0;
            let begin = Instant::now();
            let found = store.find(&filter, Order::Newest, |_| {
                count += 1;
                if count < 50 {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            runtime.block_on(found).expect("an answer");
            begin.elapsed()
        });
        println!(
            "{name:<11} by {what}: {count} of the newest in {:.1} ms",
            best.as_secs_f64() * 1e3
        );
    }
}

/// Rounds of moving, where the arguments hold a number.
fn numbers() -> Option<u32> {
    std::env::args().skip(1).find_map(|arg| arg.parse().ok())
}

/// How long the writer takes for a backlog.
fn moved(state: &Path, storage: &Storage) -> Duration {
    let log = DecisionLog::open(&state.join("log"), LogLimits::default()).expect("a log");
    for number in 0..COUNT {
        log.append(event(number).to_string().as_bytes())
            .expect("room");
    }
    drop(log);
    let counts = Metrics::new().journal;
    let begin = Instant::now();
    let journal = Journal::open(
        &JournalSettings::default(),
        storage.clone(),
        state,
        counts.clone(),
    );
    let _journal = journal.expect("a journal");
    while counts.moved.get() < u64::from(COUNT) {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    begin.elapsed()
}

fn rounds(count: u32, mut round: impl FnMut() -> Duration) -> Duration {
    (0..count).map(|_| round()).min().unwrap_or_default()
}

/// The CPU time of this thread (proc(5), `schedstat`).
fn cpu(work: impl FnOnce()) -> Duration {
    let now = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let first = text
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        Duration::from_nanos(first.unwrap_or_default())
    };
    let begin = now();
    work();
    now() - begin
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(COUNT)
}

fn event(number: u32) -> Value {
    let time = jiff::Timestamp::now();
    let file = |name: &str| {
        json!({"number": 1, "part": "2", "role": "attachment", "at": "top", "name": name,
            "declared_type": "application/octet-stream", "kinds": ["exe"], "size": 123_456,
            "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "executable": [{"by": "content", "what": "exe"}], "encrypted": false, "cipher": null,
            "traits": ["contradiction-dangerous"], "not_opened": null})
    };
    json!({
        "schema": "gacthu.decision/1", "time": format!("{time:.6}"), "reference": format!("B{number:09}"),
        "stage": "end", "queue_id": format!("4dDR{number:08}"), "role": "mx", "client": "192.0.2.1",
        "client_name": "mail.example.com", "helo": "mail.example.com", "authenticated": null, "tls": "TLSv1.3",
        "sender": format!("nguoigui{}@example.com", number % 1000),
        "recipients": [{
            "address": format!("canbo{}@daknong.gov.vn", number % 5000), "origin": "foreign",
            "destination": "ours", "direction": "inbound", "policy": "dak-nong", "verdict": "reject",
            "applied": "reject",
            "rules": [
                {"id": "executable", "basis": "Điều 12 khoản 6", "then": "reject", "mode": "enforce", "files": [1]},
                {"id": "disguised-file", "basis": "Điều 12 khoản 6", "then": "reject", "mode": "enforce", "files": [1]}]}],
        "verdict": "reject", "applied": "reject", "answer": "reject",
        "reply": {"code": 550, "enhanced": "5.7.1", "lines": [
            "Khong nhan tep thuc thi hoa-don.pdf.exe. Dieu 12 khoan 6, Quy che. Ma: ABCDEFGHJK",
            "Executable files are not accepted. Ref: ABCDEFGHJK", "Lien he / Contact: hotro@daknong.gov.vn"]},
        "policy_hash": "0123456789ab",
        "message": {"size": 200_000, "headers": 30, "parts": 3, "header_from": ["a@example.com"],
            "message_id": "<0123456789@example.com>", "not_scanned": []},
        "files": {"count": 1, "total_size": 123_456, "largest_size": 123_456, "inline_count": 0,
            "inline_total_size": 0, "list": [file("hóa đơn.pdf.exe"), file("thư.txt")]},
        "microseconds": {"envelope": 5, "scan": 300, "content": 200, "inspect": 100, "judge": 50, "wait": 0, "total": 4000}
    })
}
