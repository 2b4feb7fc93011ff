//! The log from outside: what was appended is read again, in order, once; whatever happens between.

use std::fs;

use super::*;

/// No thread syncs by the clock in these tests.
fn limits() -> LogLimits {
    LogLimits {
        sync_every: Duration::from_secs(3600),
        ..LogLimits::default()
    }
}

fn payload(number: u64) -> Vec<u8> {
    format!("{{\"number\":{number},\"text\":\"{}\"}}", "thư ".repeat(10)).into_bytes()
}

/// Everything that can be read behind `after`.
fn read(log: &DecisionLog, after: u64) -> (Vec<Record>, u64) {
    log.flush().unwrap();
    let mut reader = log.reader(after);
    let (mut records, mut damaged) = (Vec::new(), 0);
    loop {
        let batch = reader.next(log.synced(), 7).unwrap();
        damaged += batch.damaged;
        if batch.records.is_empty() {
            return (records, damaged);
        }
        assert!(batch.records.len() <= 7);
        records.extend(batch.records);
    }
}

fn newest(folder: &Path) -> PathBuf {
    path(folder, *segments(folder).unwrap().last().unwrap())
}

#[test]
fn numbers_go_on_over_restarts_and_segments() {
    let folder = tempfile::tempdir().unwrap();
    let small = LogLimits {
        segment: 300,
        ..limits()
    };
    let mut sequences = Vec::new();
    for round in 0..5 {
        let log = DecisionLog::open(folder.path(), small).unwrap();
        for number in 0..10 {
            sequences.push(log.append(&payload(round * 10 + number)).unwrap());
        }
    }
    let log = DecisionLog::open(folder.path(), small).unwrap();
    assert!(segments(folder.path()).unwrap().len() > 5);
    let (records, damaged) = read(&log, 0);
    assert_eq!(damaged, 0);
    let seen: Vec<u64> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(seen, sequences);
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    for (number, record) in records.iter().enumerate() {
        assert_eq!(record.payload, payload(number as u64));
    }
    // From the middle on.
    let (rest, _) = read(&log, sequences[30]);
    assert_eq!(rest.len(), 19);
    // What the store has taken goes, and the numbers go on all the same.
    log.release(*sequences.last().unwrap(), Duration::ZERO)
        .unwrap();
    assert_eq!(segments(folder.path()).unwrap().len(), 1);
    assert_eq!(log.bytes(), 0);
    drop(log);
    let log = DecisionLog::open(folder.path(), small).unwrap();
    assert_eq!(log.append(b"{}").unwrap(), sequences.last().unwrap() + 1);
}

#[test]
fn a_log_that_was_lost_begins_behind_the_old_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let first = DecisionLog::open(&folder.path().join("a"), limits()).unwrap();
    let last = (0..100).map(|_| first.append(b"{}").unwrap()).max();
    let second = DecisionLog::open(&folder.path().join("b"), limits()).unwrap();
    assert!(Some(second.append(b"{}").unwrap()) > last);
}

#[test]
fn a_torn_tail_is_cut_wherever_it_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let log = DecisionLog::open(folder.path(), limits()).unwrap();
    let first = log.append(&payload(1)).unwrap();
    let whole = log.bytes() as usize;
    log.append(&payload(2)).unwrap();
    drop(log);
    let bytes = fs::read(newest(folder.path())).unwrap();
    for end in whole..bytes.len() {
        fs::write(newest(folder.path()), &bytes[..end]).unwrap();
        let log = DecisionLog::open(folder.path(), limits()).unwrap();
        assert_eq!(log.bytes(), whole as u64, "torn at {end}");
        assert_eq!(log.append(&payload(3)).unwrap(), first + 1);
        let (records, damaged) = read(&log, 0);
        assert_eq!(damaged, 0);
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].payload, payload(3));
    }
}

#[test]
fn a_corrupt_record_costs_itself_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = DecisionLog::open(folder.path(), limits()).unwrap();
    for number in 0..20 {
        log.append(&payload(number)).unwrap();
    }
    drop(log);
    let file = newest(folder.path());
    let bytes = fs::read(&file).unwrap();
    let length = bytes.len() / 20;
    for at in (0..bytes.len()).step_by(37) {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        fs::write(&file, &other).unwrap();
        let log = DecisionLog::open(folder.path(), limits()).unwrap();
        let (records, damaged) = read(&log, 0);
        let lost = at / length;
        let tail = lost == 19;
        // At the very end it cannot be told from a torn one, and is cut.
        assert_eq!(damaged > 0, !tail, "byte {at}");
        let numbers: Vec<_> = (0..20).filter(|number| *number != lost as u64).collect();
        let seen: Vec<_> = records
            .iter()
            .map(|record| record.payload.clone())
            .collect();
        let wanted: Vec<_> = numbers.into_iter().map(payload).collect();
        assert_eq!(seen, wanted, "byte {at}");
    }
}

#[test]
fn at_its_limit_the_log_says_so_and_goes_on_when_it_was_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let limits = LogLimits {
        bytes: 1000,
        segment: 400,
        ..limits()
    };
    let log = DecisionLog::open(folder.path(), limits).unwrap();
    let mut last = 0;
    let refused = loop {
        match log.append(&payload(1)) {
            Ok(sequence) => last = sequence,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, AppendError::Full(1000)), "{refused}");
    assert_eq!(
        refused.to_string(),
        "the decision log has reached its limit of 1000 bytes"
    );
    assert!(log.bytes() <= 1000 && log.bytes() > 800);
    log.release(last, Duration::ZERO).unwrap();
    assert_eq!(log.append(&payload(2)).unwrap(), last + 1);
}

#[test]
fn two_processes_do_not_share_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let _first = DecisionLog::open(folder.path(), limits()).unwrap();
    let second = DecisionLog::open(folder.path(), limits()).unwrap_err();
    assert!(second.to_string().contains("another gacthu writes to"));
}

#[test]
fn many_threads_append_and_each_record_stands_once() {
    let folder = tempfile::tempdir().unwrap();
    let limits = LogLimits {
        segment: 4096,
        sync_every: Duration::from_millis(1),
        ..limits()
    };
    let log = DecisionLog::open(folder.path(), limits).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..50 {
                    let sequence = log.append(&payload(thread * 1000 + number)).unwrap();
                    if number % 10 == 0 {
                        log.sync(sequence).unwrap();
                        assert!(log.synced().sequence >= sequence);
                    }
                }
            });
        }
    });
    let (records, damaged) = read(&log, 0);
    assert_eq!((records.len(), damaged), (400, 0));
    let payloads: std::collections::HashSet<_> =
        records.into_iter().map(|record| record.payload).collect();
    assert_eq!(payloads.len(), 400);
}

#[test]
fn what_is_not_synced_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = DecisionLog::open(folder.path(), limits()).unwrap();
    let before = log.synced();
    let sequence = log.append(&payload(1)).unwrap();
    let mut reader = log.reader(0);
    assert!(reader.next(before, 10).unwrap().records.is_empty());
    log.sync(sequence).unwrap();
    assert_eq!(reader.next(log.synced(), 10).unwrap().records.len(), 1);
}
