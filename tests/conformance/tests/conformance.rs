//! Every surface gives the same bytes, findings, answers and errors: those that independent implementations expect.

use std::collections::BTreeSet;

use serde_json::Value;
use wechatpay_customs_conformance::{Driver, differences, drivers, vectors, with_each};

#[test]
fn every_surface_meets_every_vector() {
    let vectors = vectors();
    let ids: BTreeSet<_> = vectors.iter().map(|vector| vector["id"].to_string()).collect();
    assert_eq!(ids.len(), vectors.len(), "ids are unique");
    let drivers = drivers(env!("CARGO_BIN_EXE_driver"));
    let failures = with_each(&drivers, |driver| failures(driver, &vectors)).concat();
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

/// What is wrong with a surface's reports.
fn failures(driver: &Driver, vectors: &[Value]) -> Vec<String> {
    let reports = match driver.run(vectors) {
        Ok(reports) => reports,
        Err(error) => return vec![error],
    };
    let mut failures = Vec::new();
    for vector in vectors {
        let id = vector["id"].as_str().expect("an id");
        let report = &reports[id];
        let expected = driver.expected(vector);
        if expected.get("error").is_none() && report.get("error").is_some() {
            failures.push(format!("{}: {id}: {}", driver.name, report["error"]));
        }
        failures.extend(differences(&expected, report).iter().map(|why| format!("{}: {id}: {why}", driver.name)));
        // The service's codes have it where they are documented, ours have it always, on every surface alike.
        let advice = &report["error"]["advice"];
        let missing = ["en", "zh"].iter().any(|language| advice[language].as_str().is_none_or(str::is_empty));
        if report.get("error").is_some_and(|error| error["kind"] != "api") && missing {
            failures.push(format!("{}: {id}: lacks advice: {}", driver.name, report["error"]));
        }
        let told = report.to_string();
        let hidden = vector["hidden"].as_array().into_iter().flatten().filter_map(|text| text.as_str());
        failures.extend(
            hidden
                .filter(|text| told.contains(*text))
                .map(|text| format!("{}: {id}: shows `{text}`: {told}", driver.name)),
        );
    }
    let refused = vectors.iter().filter(|vector| driver.refuses(vector)).count();
    println!("{}: {} vectors, {refused} of them to be refused there", driver.name, reports.len());
    failures
}
