//! The plan of the core: what stands on which floor, and that nothing imports upwards or in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use wechatpay_customs_tests::root;

/// The floors of `core/src` from the ground up, each with those that it may use.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("words", &["base"]),
    ("keys", &["base", "words"]),
    ("protocol", &["base", "words", "keys"]),
    ("engine", &["base", "words", "keys", "protocol"]),
    ("client", &["base", "words", "keys", "protocol", "engine"]),
    ("host", &["base", "words", "keys", "protocol", "engine"]),
];

/// JSON Schemas stand with the hosts, which want them; types name them in attributes wherever they stand.
const EXCEPTION: &str = "schema";

/// Files that are tables, and as long as these.
const TABLES: [&str; 2] = ["words/catalogue.rs", "words/error.rs"];
const MOST_LINES: usize = 400;

/// Every file of the core by its path below `core/src`, without its tests and comments.
fn files() -> BTreeMap<String, String> {
    fn collect(folder: &Path, base: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                collect(&entry, base, files);
            } else {
                let name = entry.strip_prefix(base).expect("below").display().to_string().replace('\\', "/");
                files.insert(name, fs::read_to_string(&entry).expect("a text"));
            }
        }
    }
    let (base, mut files) = (root().join("core/src"), BTreeMap::new());
    collect(&base, &base, &mut files);
    files
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths that follow a word such as `crate`, those in braces one by one, as far as names go.
fn paths(code: &str, word: &str) -> Vec<Vec<String>> {
    let start = format!("{word}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if !before.is_alphanumeric() && !['_', '$', ':'].contains(&before) {
            read(&code[at + start.len()..], &mut Vec::new(), &mut found);
        }
    }
    found
}

/// Reads one path, or several in braces, and gives what follows.
fn read<'a>(text: &'a str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let left = read(rest, &mut before.clone(), found);
            assert!(left.len() < rest.len(), "{rest:.80}");
            rest = left;
        }
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    before.push(name.to_owned());
    match rest.strip_prefix("::") {
        Some(more) if !more.starts_with('<') => read(more, before, found),
        _ => {
            found.push(before.clone());
            // A new name for it is no part of the path.
            let rest = rest.trim_start();
            let end = rest.find([',', '}', ';']).unwrap_or(0);
            if rest.starts_with("as ") { &rest[end..] } else { rest }
        }
    }
}

/// A floor and a module on it; a floor's own `mod.rs` is the module `mod`.
type Module = (String, String);

fn module_of(file: &str) -> Module {
    let (floor, rest) = file.split_once('/').unwrap_or(("", file));
    (floor.to_owned(), rest.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned())
}

/// What each module uses, by the files that say so.
fn arrows() -> BTreeMap<(Module, Module), BTreeSet<String>> {
    let files = files();
    // Where a floor's front page hands names on, those who use them use the module that has them.
    let mut handed_on: BTreeMap<(String, String), String> = BTreeMap::new();
    for (floor, _) in FLOORS {
        let front = code(&files[&format!("{floor}/mod.rs")]);
        for (at, _) in front.match_indices("use ") {
            let begins = front[..at].rsplit('\n').next().unwrap_or_default();
            if !["", "pub ", "pub(crate) "].contains(&begins) {
                continue;
            }
            let mut found = Vec::new();
            let statement = front[at + 4..].split(';').next().unwrap_or_default();
            read(statement, &mut Vec::new(), &mut found);
            for path in found {
                if let [module, .., name] = path.as_slice() {
                    handed_on.insert(((*floor).to_owned(), name.clone()), module.clone());
                }
            }
        }
    }
    let resolved = |floor: &str, name: &str| -> Module {
        let key = (floor.to_owned(), name.to_owned());
        let module = handed_on.get(&key).cloned().unwrap_or_else(|| match name.chars().next() {
            Some(letter) if letter.is_lowercase() && is_module(&files, floor, name) => name.to_owned(),
            _ => "mod".to_owned(),
        });
        (floor.to_owned(), module)
    };
    let mut arrows: BTreeMap<(Module, Module), BTreeSet<String>> = BTreeMap::new();
    for (file, text) in &files {
        let from = module_of(file);
        if from.0.is_empty() {
            continue;
        }
        let code = code(text);
        let mut targets = Vec::new();
        for path in paths(&code, "crate") {
            if path[0] != EXCEPTION && FLOORS.iter().any(|(floor, _)| path[0] == *floor) {
                let name = path.get(1).map(String::as_str).unwrap_or_default();
                targets.push(resolved(&path[0], name));
            } else if path[0] != EXCEPTION && path[0] != "each_operation" {
                panic!("{file} uses `crate::{}`, which is on no floor", path.join("::"));
            }
        }
        // From a file of the floor itself `super` is the floor; from one in a folder it is the module.
        let parts: Vec<&str> = file.split('/').collect();
        if matches!(parts.as_slice(), [_, name] if *name != "mod.rs") || matches!(parts.as_slice(), [_, _, "mod.rs"]) {
            targets.extend(paths(&code, "super").iter().map(|path| resolved(&from.0, &path[0])));
        }
        assert!(!code.contains("super::super::"), "{file}: name the floor instead of `super::super`");
        for to in targets {
            if to != from {
                arrows.entry((from.clone(), to)).or_default().insert(file.clone());
            }
        }
    }
    arrows
}

fn is_module(files: &BTreeMap<String, String>, floor: &str, name: &str) -> bool {
    files.contains_key(&format!("{floor}/{name}.rs")) || files.contains_key(&format!("{floor}/{name}/mod.rs"))
}

#[test]
fn no_import_runs_upwards() {
    let arrows = arrows();
    assert!(arrows.len() > 100, "{}", arrows.len());
    for ((from, to), files) in &arrows {
        let may = FLOORS.iter().find(|(floor, _)| *floor == from.0).map(|(_, may)| *may).unwrap_or_default();
        let right = from.0 == to.0 || may.contains(&to.0.as_str());
        assert!(right, "{files:?}: `{}` is below `{}`, or beside it, and must not use it", from.0, to.0);
    }
}

#[test]
fn no_modules_import_one_another() {
    let mut left: BTreeSet<(Module, Module)> = arrows().into_keys().filter(|(_, to)| to.1 != "mod").collect();
    // A floor's front page names all of its modules, and decides nothing.
    left.retain(|(from, _)| from.1 != "mod");
    loop {
        let using: BTreeSet<Module> = left.iter().map(|(from, _)| from.clone()).collect();
        let used: BTreeSet<Module> = left.iter().map(|(_, to)| to.clone()).collect();
        let before = left.len();
        left.retain(|(from, to)| using.contains(to) && used.contains(from));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "these stand in a circle: {left:?}");
}

#[test]
fn a_file_is_short_enough_to_be_read() {
    for (file, text) in files() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES || TABLES.contains(&file.as_str()), "{file} has {lines} lines");
    }
}
