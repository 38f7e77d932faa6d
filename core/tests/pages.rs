//! Records that shift between pages, and totals that lie.

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use wechatpay_customs::{host, options::Convention, pages::Pages};

fn fields(limit: u64) -> Map<String, Value> {
    let fields = json!({ "order_type": "transaction_id", "order_no": "1", "customs": "NINGBO", "limit": limit });
    serde_json::from_value(fields).expect("a map")
}

/// Reads all by the function that hosts call, with a service that answers for an offset; gives the sub-orders read, how
/// many queries it took, and the code of the error that it ended with.
fn outcome(limit: u64, mut service: impl FnMut(u64) -> Value) -> (Vec<String>, usize, Option<String>) {
    let (mut state, mut answer, mut read, mut queries) = (Value::Null, Value::Null, Vec::new(), 0);
    loop {
        let arguments = json!({ "fields": fields(limit), "state": state, "answer": answer });
        let page = match host::call("query_all", arguments, None, Convention::Python) {
            Ok(page) => json!(page),
            Err(error) => return (read, queries, Some(error.code.clone())),
        };
        let records = page["records"].as_array().expect("a list");
        read.extend(records.iter().map(|record| record["sub_order_no"].as_str().expect("a number").to_owned()));
        let request = &page["request"];
        if request.is_null() {
            return (read, queries, None);
        }
        assert_eq!((&request["order_no"], &request["limit"]), (&json!("1"), &json!(limit)));
        queries += 1;
        assert!(queries < 200, "it does not end");
        answer = service(request["offset"].as_u64().expect("an offset"));
        // As a host does that keeps the state as data between two pages.
        state = serde_json::from_str(&page["state"].to_string()).expect("it can be read");
    }
}

/// The same of what ends well.
fn read(limit: u64, service: impl FnMut(u64) -> Value) -> (Vec<String>, usize) {
    let (read, queries, error) = outcome(limit, service);
    assert_eq!(error, None);
    (read, queries)
}

fn page(all: &[&str], offset: u64, limit: usize, total: Value) -> Value {
    let records = all.iter().skip(offset as usize).take(limit);
    let data: Vec<Value> = records.map(|number| json!({ "sub_order_no": number, "state": "SUCCESS" })).collect();
    json!({ "data": data, "total_count": total })
}

#[test]
fn pages_are_read_to_the_end() {
    let all = ["a", "b", "c", "d", "e"];
    assert_eq!(read(2, |offset| page(&all, offset, 2, json!(5))), (all.map(str::to_owned).to_vec(), 3));
    assert_eq!(read(20, |offset| page(&[], offset, 20, json!(0))), (vec![], 1));
    // What comes in one page needs no other.
    assert_eq!(read(20, |offset| page(&all, offset, 20, json!(5))).1, 1);
    // After a full page there may be more, whatever is counted; without a total, an empty page is the end.
    assert_eq!(read(2, |offset| page(&all[..4], offset, 2, json!(4))).1, 3);
    assert_eq!(read(2, |offset| page(&all[..4], offset, 2, Value::Null)).1, 3);
}

#[test]
fn a_record_that_moves_to_the_next_page_comes_once() {
    let mut queries = 0;
    let (mut read, _) = read(2, |offset| {
        queries += 1;
        let all: &[&str] = if queries == 1 { &["a", "b", "c"] } else { &["new", "a", "b", "c"] };
        page(all, offset, 2, json!(all.len()))
    });
    read.sort();
    assert_eq!(read, ["a", "b", "c", "new"]);
}

#[test]
fn a_record_that_slips_behind_the_pages_is_found_in_another_round() {
    let mut queries = 0;
    let (mut read, _) = read(2, |offset| {
        queries += 1;
        // After the first page its first record goes to the end.
        let all: &[&str] = if queries == 1 { &["a", "b", "c", "d"] } else { &["b", "c", "d", "a"] };
        page(all, offset, 2, json!(4))
    });
    read.sort();
    assert_eq!(read, ["a", "b", "c", "d"]);
}

#[test]
fn a_total_that_lies_ends_all_the_same() {
    let all = ["a", "b", "c"];
    let missing = Some("RECORDS_MISSING".to_owned());
    let (records, queries, error) = outcome(2, |offset| page(&all, offset, 2, json!(1_000_000)));
    assert_eq!((records.as_slice(), &error), (all.map(str::to_owned).as_slice(), &missing));
    assert!(queries <= 8, "{queries}");
    // A service that does not look at the offset.
    let (records, queries, error) = outcome(2, |_| page(&all, 0, 2, json!(9)));
    assert_eq!((records, error), (vec!["a".to_owned(), "b".to_owned()], missing));
    assert!(queries <= 4, "{queries}");
    // One that counts what it gives.
    let many: Vec<String> = (0..45).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for total in [0, 1, 20, 44] {
        let (records, queries) = read(20, |offset| page(&many, offset, 20, json!(total)));
        assert_eq!(records, many, "{total}");
        assert!(queries <= 8, "{queries}");
    }
}

#[test]
fn two_records_that_change_places_are_both_found() {
    let numbers: Vec<String> = (0..45).map(|number| number.to_string()).collect();
    for (one, other) in [(25, 42), (5, 42), (39, 40)] {
        let mut queries = 0;
        let (mut read, _) = read(20, |offset| {
            queries += 1;
            let mut all: Vec<&str> = numbers.iter().map(String::as_str).collect();
            if queries > 2 {
                all.swap(one, other);
            }
            page(&all, offset, 20, json!(45))
        });
        read.sort_by_key(|number| number.parse::<u64>().expect("a number"));
        assert_eq!(read, numbers, "{one} {other}");
    }
}

#[test]
fn an_empty_page_in_the_middle_is_passed_over() {
    let numbers: Vec<String> = (0..45).map(|number| number.to_string()).collect();
    let all: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let mut queries = 0;
    let once = |offset: u64| {
        queries += 1;
        if queries == 2 { page(&[], offset, 20, json!(45)) } else { page(&all, offset, 20, json!(45)) }
    };
    let (mut records, _) = read(20, once);
    records.sort_by_key(|number| number.parse::<u64>().expect("a number"));
    assert_eq!(records, numbers);
    // One that stays empty hides what is in it, which is said.
    let always =
        |offset: u64| if offset == 20 { page(&[], 20, 20, json!(45)) } else { page(&all, offset, 20, json!(45)) };
    let (records, _, error) = outcome(20, always);
    assert_eq!((records.len(), error.as_deref()), (25, Some("RECORDS_MISSING")));
}

#[test]
fn whatever_moves_nothing_is_lost_without_a_word() {
    let moves = proptest::collection::vec((0..6u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12);
    let strategy = (0..30usize, 1..8u64, moves);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    let run = runner.run(&strategy, |(count, limit, moves)| {
        let mut all: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let mut moves = moves.into_iter();
        let (mut read, _, error) = outcome(limit, |offset| {
            // One thing moves between two queries, and then all stays as it is.
            if let (Some((what, one, other)), false) = (moves.next(), all.is_empty()) {
                let (one, other) = (one.index(all.len()), other.index(all.len()));
                match what {
                    0 => all.insert(one, format!("new{}", all.len())),
                    1 => {
                        let moved = all.remove(one);
                        all.insert(other.min(all.len()), moved);
                    }
                    2 => all.rotate_left(one),
                    _ => all.swap(one, other),
                }
            }
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            page(&all, offset, limit as usize, json!(all.len()))
        });
        let (came, mut all) = (read.len(), all.clone());
        read.sort_unstable();
        read.dedup();
        prop_assert_eq!(read.len(), came, "one came twice");
        all.sort_unstable();
        prop_assert!(error.is_some() || read == all, "{:?} {:?}", read, all);
        Ok(())
    });
    run.expect("it holds");
}

#[test]
fn records_without_ids_are_told_apart_by_the_rest() {
    let record = |number: u64, state: &str| json!({ "mch_customs_no": "1", "order_fee": number, "state": state });
    let mut pages = Pages::default();
    let mut take = |data: Value| {
        let answer = json!({ "data": data, "total_count": 9 });
        pages.take(answer.as_object().expect("a map")).expect("it is of this order").len()
    };
    assert_eq!(take(json!([record(1, "FAIL"), record(1, "FAIL"), record(2, "FAIL")])), 3);
    assert_eq!(take(json!([record(2, "SUCCESS"), record(3, "FAIL")])), 1);
}

#[test]
fn the_answer_of_another_order_ends_it() {
    let answer = json!({ "data": [], "warnings": [{ "rule": "id_echo", "issue": "it names `b`" }] });
    let error = Pages::default().take(answer.as_object().expect("a map")).expect_err("it is refused");
    assert_eq!(error.code, "ID_MISMATCH");
}

#[test]
fn a_state_that_was_changed_elsewhere_does_no_harm() {
    let state = json!({ "offset": u64::MAX, "given": { "a": u64::MAX, "b": 1 }, "new": true, "finished": false });
    let mut pages: Pages = serde_json::from_value(state).expect("a state");
    let answer = page(&["c"], 0, 1, json!(1));
    assert_eq!(pages.take(answer.as_object().expect("a map")).expect("it is of this order").len(), 1);
    assert!(pages.request(&fields(1)).is_some(), "more came than is counted");
    assert_eq!(pages.take(answer.as_object().expect("a map")).expect("it is of this order").len(), 0);
    assert_eq!(pages.request(&fields(1)), None, "all was given");
}
