//! No rule, code or documented refusal is without a test that meets it.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use wechatpay_customs::{Operation, catalogue, check::rules, error::CODES, life::Reason};
use wechatpay_customs_conformance::{root, vectors};

/// Every text that stands under a name, at any depth.
fn texts<'a>(value: &'a Value, name: &str, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(name).and_then(Value::as_str));
            members.values().for_each(|member| texts(member, name, found));
        }
        Value::Array(list) => list.iter().for_each(|item| texts(item, name, found)),
        _ => {}
    }
}

fn expected(name: &str) -> BTreeSet<String> {
    let vectors = vectors();
    let mut found = BTreeSet::new();
    for expect in vectors.iter().flat_map(|vector| [&vector["expect"], &vector["expect_wasm"]]) {
        texts(expect, name, &mut found);
    }
    found.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_rule_is_met_by_a_vector() {
    let met = expected("rule");
    let missing: Vec<_> = rules::ALL.iter().map(|rule| rule.name).filter(|name| !met.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_code_is_met_by_a_vector_or_a_test() {
    let met = expected("code");
    let mut sources = String::new();
    // What needs a network, a clock or a host's own signer cannot be a vector.
    for file in [
        "tests/conformance/src/lib.rs",
        "tests/conformance/tests/bad_input.rs",
        "tests/javascript/face.test.mjs",
        "tests/javascript/life.test.mjs",
        "tests/python/test_async.py",
        "core/tests/engine.rs",
        "core/tests/pages.rs",
    ] {
        sources.push_str(&fs::read_to_string(root().join(file)).expect("a test"));
    }
    let missing: Vec<_> =
        CODES.iter().map(|code| code.name).filter(|name| !met.contains(*name) && !sources.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_reason_for_a_step_is_met_by_a_vector_or_a_test() {
    let met = expected("reason");
    let model = fs::read_to_string(root().join("core/tests/ensure.rs")).expect("a test");
    let missing: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).filter(|name| !met.contains(*name)).collect();
    // Those of `ensure` alone need a service.
    let missing: Vec<_> = missing.into_iter().filter(|name| !model.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_documented_refusal_is_met_by_a_vector() {
    let vectors = vectors();
    let met: BTreeSet<(&str, &str)> = vectors
        .iter()
        .filter_map(|vector| Some((vector["operation"].as_str()?, vector["expect"]["error"]["reason"].as_str()?)))
        .collect();
    let missing: Vec<_> = catalogue::ENTRIES
        .iter()
        .map(|entry| (entry.operation.name(), entry.reason))
        // Printed twice for one message: the first of the two rows is found.
        .filter(|(_, reason)| *reason != "settlement_currency_still_differs")
        .filter(|entry| !met.contains(entry))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(catalogue::ENTRIES.len(), 31);
    let reasons: BTreeSet<&str> = met.iter().map(|(_, reason)| *reason).collect();
    let missing: Vec<_> = catalogue::MAINLAND.iter().filter(|entry| !reasons.contains(entry.reason)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_operation_is_met_in_every_way() {
    let vectors = vectors();
    for operation in Operation::ALL {
        for kind in ["prepare", "check", "parse"] {
            let met = vectors.iter().any(|vector| vector["operation"] == operation.name() && vector["kind"] == kind);
            // There is nothing to check in a request without fields.
            assert!(met || (*operation == Operation::Certificates && kind == "check"), "{operation}: {kind}");
        }
    }
}
