//! Licences, sources and banned packages of all that may be compiled, by `deny.toml`; cargo-deny itself takes minutes to compile.

use std::{collections::BTreeSet, env, fs, process::Command};

use serde_json::Value;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};
use toml::{Table, Value as Setting};
use wechatpay_customs_tests::root;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What cargo says of all packages, with all features, for every platform.
fn packages() -> Vec<Value> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = ["metadata", "--all-features", "--locked", "--format-version", "1"];
    let output = Command::new(cargo).args(metadata).current_dir(root()).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let Value::Array(packages) = told["packages"].take() else { panic!("cargo metadata lists no packages") };
    assert!(packages.len() > 100, "{} packages", packages.len());
    packages
}

fn deny() -> Table {
    fs::read_to_string(root().join("deny.toml")).expect("deny.toml").parse().expect("TOML")
}

fn list<'a>(deny: &'a Table, part: &str, name: &str) -> &'a [Setting] {
    deny[part][name].as_array().unwrap_or_else(|| panic!("deny.toml has no list {part}.{name}"))
}

fn name(package: &Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap_or_default(), package["version"].as_str().unwrap_or_default())
}

#[test]
fn every_package_has_a_licence_that_is_allowed() {
    let deny = deny();
    let allow: Vec<Licensee> = list(&deny, "licenses", "allow")
        .iter()
        .map(|licence| Licensee::parse(licence.as_str().expect("a text")).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    let allowed = |licence: &LicenseReq| allow.iter().any(|known| known.satisfies(licence));
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| {
            let licence = package["license"].as_str().unwrap_or_default();
            // Old manifests write `MIT/Apache-2.0`.
            Expression::parse_mode(licence, ParseMode::LAX).map_or(true, |licence| !licence.evaluate(allowed))
        })
        .map(|package| format!("{}: {}", name(package), package["license"]))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn every_package_is_ours_or_from_crates_io() {
    let deny = deny();
    assert_eq!(deny["sources"]["unknown-registry"].as_str(), Some("deny"));
    assert_eq!(deny["sources"]["unknown-git"].as_str(), Some("deny"));
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| match package["source"].as_str() {
            None => !package["manifest_path"].as_str().is_some_and(|path| root().join(path).starts_with(root())),
            Some(source) => source != CRATES_IO,
        })
        .map(|package| format!("{}: {}", name(package), package["source"]))
        .collect();
    assert_eq!(elsewhere, Vec::<String>::new());
}

#[test]
fn no_package_is_banned_and_none_of_ours_takes_any_version() {
    let deny = deny();
    let banned: BTreeSet<&str> =
        list(&deny, "bans", "deny").iter().filter_map(|banned| banned["name"].as_str()).collect();
    assert!(!banned.is_empty(), "deny.toml bans nothing");
    let packages = packages();
    for package in &packages {
        assert!(!banned.contains(package["name"].as_str().unwrap_or_default()), "{} is banned", name(package));
        let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        for dependency in dependencies {
            let any = dependency["req"] == "*" && dependency["path"].is_null();
            assert!(!any, "{} takes any version of {}", name(package), dependency["name"]);
        }
    }
}
