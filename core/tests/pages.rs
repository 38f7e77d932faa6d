//! Records that shift between pages, and totals that lie.

use serde_json::{Map, Value, json};
use wechatpay_customs::pages::Pages;

fn fields(limit: u64) -> Map<String, Value> {
    let fields = json!({ "order_type": "transaction_id", "order_no": "1", "customs": "NINGBO", "limit": limit });
    serde_json::from_value(fields).expect("a map")
}

/// Reads all with a service that answers for an offset; gives the sub-orders read and how many queries it took.
fn read(limit: u64, mut service: impl FnMut(u64) -> Value) -> (Vec<String>, usize) {
    let (mut pages, mut read, mut queries) = (Pages::default(), Vec::new(), 0);
    let fields = fields(limit);
    while let Some(request) = pages.request(&fields) {
        assert_eq!((&request["order_no"], &request["limit"]), (&json!("1"), &json!(limit)));
        queries += 1;
        assert!(queries < 100, "it does not end");
        let answer = service(request["offset"].as_u64().expect("an offset"));
        // As a host does that keeps the state as data between two pages.
        let state = serde_json::to_string(&pages).expect("it can be written");
        pages = serde_json::from_str(&state).expect("it can be read");
        let records = pages.take(answer.as_object().expect("a map")).expect("it is of this order");
        read.extend(records.iter().map(|record| record["sub_order_no"].as_str().expect("a number").to_owned()));
    }
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
    // Without a total, an empty page is the end.
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
    let (records, queries) = read(2, |offset| page(&all, offset, 2, json!(1_000_000)));
    assert_eq!(records, all);
    assert!(queries <= 6, "{queries}");
    // A service that does not look at the offset.
    let (records, queries) = read(2, |_| page(&all, 0, 2, json!(9)));
    assert_eq!(records, ["a", "b"]);
    assert!(queries <= 4, "{queries}");
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
    assert_eq!(pages.request(&fields(1)), None, "all was given");
}
