//! Bodies on the store alone: what goes in comes out, once.

use std::ops::ControlFlow;

use gacthu::journal::{
    Keep, Month,
    log::Record,
    store::{Access, Filter, Found, Order, Purged, Store, StoreError},
};
use serde_json::{Value, json};

use crate::Ground;

/// A decision with the fields that are searched.
pub fn event(reference: &str, time: &str) -> Value {
    json!({
        "schema": "gacthu.decision/1", "time": time, "reference": reference, "stage": "end",
        "queue_id": format!("4Q{reference}"), "role": "mx", "client": "192.0.2.1",
        "sender": "Nguoi.Gui@Example.com",
        "recipients": [{
            "address": "vanthu@daknong.gov.vn", "origin": "foreign", "destination": "ours",
            "direction": "inbound", "policy": "dak-nong", "verdict": "reject", "applied": "accept",
            "rules": [{"id": "exe", "basis": "Điều 12 khoản 6", "then": "reject", "mode": "observe", "files": [0]}]}],
        "verdict": "reject", "applied": "accept", "answer": "accept", "reply": null,
        "policy_hash": "0123456789ab",
        "message": {"size": 1234, "headers": 10, "parts": 2, "header_from": [], "message_id": "<1@x>", "not_scanned": []},
        "files": {"count": 1, "list": [{"number": 0, "part": "2", "name": "hóa đơn tháng 11.exe", "size": 5, "sha256": "ab"}]},
        "microseconds": {"total": 77}
    })
}

fn record(sequence: u64, event: &Value) -> Record {
    Record {
        sequence,
        payload: event.to_string().into_bytes(),
    }
}

pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// All rows that are found.
pub async fn find(store: &mut Store, filter: &Filter, order: Order) -> Vec<Found> {
    let mut rows = Vec::new();
    let found = store.find(filter, order, |found| {
        rows.push(found);
        ControlFlow::Continue(())
    });
    found.await.unwrap();
    rows
}

fn references(rows: &[Found]) -> Vec<String> {
    rows.iter()
        .map(|row| row.event["reference"].as_str().unwrap().to_owned())
        .collect()
}

async fn put(store: &mut Store, records: &[Record]) {
    let refused = store.put("mx1", records).await.unwrap();
    assert!(refused.is_empty(), "{refused:?}");
}

fn writer(ground: &Ground<'_>) -> Store {
    Store::new(ground.storage(), Access::Write)
}

fn reader(ground: &Ground<'_>) -> Store {
    Store::new(ground.storage(), Access::Read)
}

pub fn what_comes_again_is_stored_once(ground: &Ground<'_>) {
    let records: Vec<Record> = (0..100)
        .map(|number| {
            let time = format!("2026-11-22T08:00:{:02}.{number:06}Z", number / 2);
            record(number, &event(&format!("REF{number:07}"), &time))
        })
        .collect();
    wait(async {
        let mut store = writer(ground);
        put(&mut store, &records[..60]).await;
        put(&mut store, &records[30..100]).await;
        for record in &records {
            put(&mut store, std::slice::from_ref(record)).await;
        }
        // From another connection, and the same record of another node is another row.
        let mut other = writer(ground);
        put(&mut other, &records).await;
        let refused = other.put("mx2", &records[..1]).await.unwrap();
        assert!(refused.is_empty());
        let rows = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        assert_eq!(rows.len(), 101);
        let mine: Vec<&Found> = rows.iter().filter(|row| row.node == "mx1").collect();
        for (number, row) in mine.iter().enumerate() {
            assert_eq!(row.sequence, number as i64);
            let wanted: Value = serde_json::from_slice(&records[number].payload).unwrap();
            assert_eq!(row.event, wanted, "the event comes back as it was");
            assert!(row.answered);
        }
    });
}

pub fn each_search_finds_its_rows_and_no_others(ground: &Ground<'_>) {
    let mut a = event("AAAAAAAAAA", "2026-11-01T00:00:00Z");
    a["recipients"][0]["rules"] = json!([]);
    a["verdict"] = "accept".into();
    let mut b = event("BBBBBBBBBB", "2026-11-02T00:00:00Z");
    b["sender"] = "other@example.net".into();
    b["recipients"][0]["address"] = "Nguoi.Gui@example.COM".into();
    let mut c = event("CCCCCCCCCC", "2026-12-03T00:00:00Z");
    c["sender"] = "".into();
    c["answer"] = "reject".into();
    c["recipients"][0]["rules"][0]["id"] = "size".into();
    let records = [record(1, &a), record(2, &b), record(3, &c)];
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let text = |text: &str| Some(text.to_owned());
    wait(async {
        put(&mut writer(ground), &records).await;
        let all = Filter::default();
        for (filter, wanted) in [
            (all.clone(), "CBA"),
            (
                Filter {
                    reference: text("bbbbbbbbbb "),
                    ..all.clone()
                },
                "B",
            ),
            (
                Filter {
                    reference: text("BBBBBBBBB"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    reference: text("%"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    queue_id: text("4QCCCCCCCCCC"),
                    ..all.clone()
                },
                "C",
            ),
            (
                Filter {
                    queue_id: text("4qcccccccccc"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    address: text("<NGUOI.gui@example.com>"),
                    ..all.clone()
                },
                "BA",
            ),
            (
                Filter {
                    address: text("nguoi.gui@example.co"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    address: text("vanthu@daknong.gov.vn"),
                    ..all.clone()
                },
                "CA",
            ),
            (
                Filter {
                    rule: text("exe"),
                    ..all.clone()
                },
                "B",
            ),
            (
                Filter {
                    rule: text("ex"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    verdict: text("accept"),
                    ..all.clone()
                },
                "A",
            ),
            (
                Filter {
                    answer: text("reject"),
                    ..all.clone()
                },
                "C",
            ),
            (
                Filter {
                    since: Some(time("2026-11-02T00:00:00Z")),
                    ..all.clone()
                },
                "CB",
            ),
            (
                Filter {
                    until: Some(time("2026-11-02T00:00:00Z")),
                    ..all.clone()
                },
                "A",
            ),
            (
                Filter {
                    since: Some(time("2027-01-01T00:00:00Z")),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    address: text("nguoi.gui@example.com"),
                    rule: text("exe"),
                    until: Some(time("2026-11-30T00:00:00Z")),
                    ..all.clone()
                },
                "B",
            ),
            (
                Filter {
                    rule: text("exe"),
                    verdict: text("accept"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    reference: text("BBBBBBBBBB"),
                    address: text("other@example.net"),
                    rule: text("exe"),
                    ..all.clone()
                },
                "B",
            ),
            (
                Filter {
                    reference: text("BBBBBBBBBB"),
                    address: text("vanthu@daknong.gov.vn"),
                    ..all.clone()
                },
                "",
            ),
            (
                Filter {
                    reference: text("' OR 1=1 --"),
                    ..all.clone()
                },
                "",
            ),
        ] {
            let rows = find(&mut reader(ground), &filter, Order::Newest).await;
            let found: String = references(&rows).iter().map(|name| &name[..1]).collect();
            assert_eq!(found, wanted, "{filter:?}");
        }
    });
}

pub fn rows_stand_in_their_month_and_are_found_in_order(ground: &Ground<'_>) {
    let times = [
        "2026-10-31T23:59:59.999999Z",
        "2026-11-01T00:00:00Z",
        "2026-11-30T23:59:59.999999Z",
        "2026-12-01T00:00:00Z",
        "2027-01-15T12:00:00Z",
        // The clock was set back.
        "2026-11-05T12:00:00Z",
    ];
    let records: Vec<Record> = times
        .iter()
        .enumerate()
        .map(|(number, time)| record(number as u64, &event(&format!("MONTH0000{number}"), time)))
        .collect();
    wait(async {
        let mut store = writer(ground);
        put(&mut store, &records).await;
        let months = store.months().await.unwrap();
        let months: Vec<String> = months.iter().map(Month::to_string).collect();
        assert_eq!(months, ["2027-01", "2026-12", "2026-11", "2026-10"]);
        let rows = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        let numbers: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
        assert_eq!(numbers, [0, 1, 5, 2, 3, 4]);
    });
}

pub fn a_lost_answer_is_told_of_its_decision(ground: &Ground<'_>) {
    let lost = |reference: &str, time: &str| json!({"schema": "gacthu.unanswered/1", "time": time, "reference": reference});
    let records = [
        record(1, &event("HEARD00000", "2026-11-30T23:59:58Z")),
        record(2, &event("LOST000000", "2026-11-30T23:59:59Z")),
        // In the next month.
        record(3, &lost("LOST000000", "2026-12-01T00:00:00Z")),
        // Large messages may be lost before they are decided.
        record(4, &lost("NEVER00000", "2026-12-01T00:00:01Z")),
    ];
    wait(async {
        let mut store = writer(ground);
        put(&mut store, &records).await;
        put(&mut store, &records[1..]).await;
        let rows = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        let told: Vec<(String, bool)> = references(&rows)
            .into_iter()
            .zip(rows.iter().map(|row| row.answered))
            .collect();
        assert_eq!(
            told,
            [
                ("HEARD00000".to_owned(), true),
                ("LOST000000".to_owned(), false),
                ("NEVER00000".to_owned(), false)
            ]
        );
        assert_eq!(rows[2].event["schema"], "gacthu.unanswered/1");
    });
}

pub fn hostile_values_are_stored_and_found(ground: &Ground<'_>) {
    let mut nul = event("NUL0000000", "2026-11-22T08:00:00Z");
    nul["sender"] = "a\0b@x".into();
    nul["queue_id"] = "4Q\0".into();
    nul["files"]["list"][0]["name"] = "tên\0.exe".into();
    let mut long = event("LONG000000", "2026-11-22T08:00:01Z");
    long["sender"] = format!("{}@example.com", "ệ".repeat(5000)).into();
    let mut sql = event("SQL0000000", "2026-11-22T08:00:02Z");
    sql["sender"] = "'); DROP TABLE message; --@x".into();
    let mut many = event("MANY000000", "2026-11-22T08:00:03Z");
    let one = many["recipients"][0].clone();
    many["recipients"] = (0..1000)
        .map(|number| {
            let mut recipient = one.clone();
            recipient["address"] = format!("r{number}@daknong.gov.vn").into();
            recipient
        })
        .collect();
    let events = [nul, long, sql, many];
    let records: Vec<Record> = (1..)
        .zip(&events)
        .map(|(number, event)| record(number, event))
        .collect();
    wait(async {
        put(&mut writer(ground), &records).await;
        let mut store = reader(ground);
        let rows = find(&mut store, &Filter::default(), Order::Oldest).await;
        let stored: Vec<&Value> = rows.iter().map(|row| &row.event).collect();
        assert_eq!(stored, events.iter().collect::<Vec<_>>());
        for (address, reference) in [
            ("'); drop table message; --@x".to_owned(), "SQL0000000"),
            (format!("{}@example.com", "Ệ".repeat(5000)), "LONG000000"),
            ("r999@daknong.gov.vn".to_owned(), "MANY000000"),
        ] {
            let filter = Filter {
                address: Some(address),
                ..Filter::default()
            };
            let rows = find(&mut store, &filter, Order::Oldest).await;
            assert_eq!(references(&rows), [reference]);
        }
    });
}

pub fn what_is_no_event_does_not_stand_in_the_way(ground: &Ground<'_>) {
    let time = "2026-11-22T08:00:00Z";
    let mut twice = event("TWICE00000", time);
    // The same rule twice for one recipient: no event has that, and the key forbids nothing else.
    twice["recipients"][0]["rules"] = json!([{"id": "exe"}, {"id": "exe"}]);
    let records = [
        record(1, &event("FIRST00000", time)),
        Record {
            sequence: 2,
            payload: b"no JSON".to_vec(),
        },
        record(3, &json!({"schema": "gacthu.decision/9", "time": time})),
        record(4, &twice),
        record(5, &event("LAST000000", time)),
    ];
    wait(async {
        let refused = writer(ground).put("mx1", &records).await.unwrap();
        let numbers: Vec<u64> = refused.iter().map(|refused| refused.sequence).collect();
        assert_eq!(numbers, [2, 3], "{refused:?}");
        assert!(refused[0].why.contains("no JSON"), "{refused:?}");
        let rows = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        assert_eq!(
            references(&rows),
            ["FIRST00000", "TWICE00000", "LAST000000"]
        );
    });
}

pub fn what_is_too_old_is_forgotten_by_class(ground: &Ground<'_>) {
    let records: Vec<Record> = (1..=4)
        .map(|month| {
            let time = format!("2026-{month:02}-10T00:00:00Z");
            record(month, &event(&format!("PURGE0000{month}"), &time))
        })
        .collect();
    let day = |days: u64| std::time::Duration::from_secs(days * 86_400);
    let keep = Keep {
        technical: day(89),
        addresses: day(60),
        content: day(30),
    };
    let now = "2026-05-01T00:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_microsecond();
    wait(async {
        let mut store = writer(ground);
        put(&mut store, &records).await;
        let would = store.purge(&keep, now, true).await.unwrap();
        let all = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        assert_eq!(all.len(), 4, "nothing is done by asking");
        let done = store.purge(&keep, now, false).await.unwrap();
        assert_eq!(would, done);
        let named: Vec<String> = done
            .iter()
            .map(|Purged { month, class }| format!("{month} {class}"))
            .collect();
        assert_eq!(
            named,
            [
                "2026-03 content",
                "2026-02 addresses",
                "2026-02 content",
                "2026-01 technical"
            ]
        );
        assert_eq!(store.purge(&keep, now, false).await.unwrap(), [], "once");
        let rows = find(&mut reader(ground), &Filter::default(), Order::Oldest).await;
        assert_eq!(
            references(&rows),
            ["PURGE00002", "PURGE00003", "PURGE00004"]
        );
        let [february, march, april] = &rows[..] else {
            panic!()
        };
        assert_eq!(february.event["forgotten"], json!(["addresses", "content"]));
        assert_eq!(february.event["recipients"][0]["rules"][0]["id"], "exe");
        assert_eq!(march.event["forgotten"], json!(["content"]));
        assert_eq!(march.event["sender"], "Nguoi.Gui@Example.com");
        assert_eq!(april.event, event("PURGE00004", "2026-04-10T00:00:00Z"));
        let filter = Filter {
            address: Some("nguoi.gui@example.com".to_owned()),
            ..Filter::default()
        };
        let rows = find(&mut reader(ground), &filter, Order::Oldest).await;
        assert_eq!(references(&rows), ["PURGE00003", "PURGE00004"]);
        // What comes late finds its month again.
        put(&mut store, &records[..1]).await;
        assert_eq!(store.months().await.unwrap().len(), 4);
    });
    if ground.server.is_none() {
        let file = |month: &str| {
            let name = format!("journal/journal-2026-{month}.sqlite");
            let bytes = std::fs::read(ground.folder.path().join(name)).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert!(!file("02").contains("xample.com") && !file("02").contains("tháng 11"));
        assert!(file("03").contains("xample.com") && !file("03").contains("tháng 11"));
    }
}

pub fn a_newer_format_is_left_alone(ground: &Ground<'_>) {
    wait(async {
        let records = [record(1, &event("NEWER00000", "2026-11-22T08:00:00Z"))];
        put(&mut writer(ground), &records).await;
        let url = match ground.server {
            Some(_) => ground.url.clone(),
            None => format!(
                "sqlite://{}/journal/journal-2026-11.sqlite",
                ground.folder.path().display()
            ),
        };
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url)
            .await
            .unwrap();
        let schema = if ground.server.is_some() {
            "gacthu."
        } else {
            ""
        };
        let sql = format!("INSERT INTO {schema}version (number) VALUES (99)");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        let error = writer(ground).put("mx1", &records).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer(99)), "{error}");
        assert!(
            error.to_string().contains("use the newer gacthu"),
            "{error}"
        );
        let found = reader(ground)
            .find(&Filter::default(), Order::Newest, |_| {
                ControlFlow::Continue(())
            })
            .await;
        assert!(matches!(found, Err(StoreError::Newer(99))));
    });
}

pub fn many_rows_come_page_by_page(ground: &Ground<'_>) {
    // All at the same microsecond: the key goes on.
    let records: Vec<Record> = (0..1300)
        .map(|number| {
            record(
                number,
                &event(&format!("P{number:09}"), "2026-11-22T08:00:00Z"),
            )
        })
        .collect();
    wait(async {
        put(&mut writer(ground), &records).await;
        let mut store = reader(ground);
        for order in [Order::Oldest, Order::Newest] {
            let rows = find(&mut store, &Filter::default(), order).await;
            let mut numbers: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
            if order == Order::Newest {
                numbers.reverse();
            }
            assert_eq!(numbers, (0..1300).collect::<Vec<i64>>());
        }
        // A page of keys of which no row is wanted is not the end.
        for (filter, count) in [(("exe", "reject"), 1300), (("exe", "accept"), 0)] {
            let (rule, verdict) = filter;
            let filter = Filter {
                rule: Some(rule.to_owned()),
                address: Some("vanthu@daknong.gov.vn".to_owned()),
                verdict: Some(verdict.to_owned()),
                ..Filter::default()
            };
            assert_eq!(find(&mut store, &filter, Order::Newest).await.len(), count);
        }
        let late = Filter {
            rule: Some("exe".to_owned()),
            queue_id: Some("4QP000000003".to_owned()),
            ..Filter::default()
        };
        assert_eq!(find(&mut store, &late, Order::Newest).await.len(), 1);
        let mut count = 0;
        let all = Filter::default();
        let found = store.find(&all, Order::Oldest, |_| {
            count += 1;
            if count == 7 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        found.await.unwrap();
        assert_eq!(count, 7);
    });
}
