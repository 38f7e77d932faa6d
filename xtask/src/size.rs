//! What the npm WASM package weighs, and what takes the room.

use std::{cmp::Reverse, collections::BTreeMap, fs, path::PathBuf};

use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::{
    Result, build, root,
    run::{command, quietly},
    wasm::NAME,
};

/// What module, glue, face and one entry should come to together, each compressed by gzip; it is not reached yet.
const GOAL: usize = 130_000;
/// The most that they may have.
const BUDGET: usize = 150_000;

/// Builds the package, tells what takes the room, and fails above the budget.
pub fn size() -> Result {
    let named = build::only_wasm()?;
    let pkg = root().join("bindings-wasm/pkg");
    let glue = pkg.join("core").join(format!("{NAME}.js"));
    let parts = [
        ("module", vec![pkg.join("core").join(format!("{NAME}_bg.wasm"))]),
        ("glue", vec![glue]),
        ("face", vec![pkg.join("face.js")]),
        ("entry of a runtime", vec![pkg.join("default.js")]),
    ];
    println!("bytes after gzip -9:");
    let mut total = 0;
    for (what, files) in &parts {
        let bytes = gzipped(files)?;
        println!("{bytes:>9}  {what}");
        total += bytes;
    }
    println!("{total:>9}  together; {BUDGET} at most, {GOAL} wanted");
    println!("\nbytes of the module before gzip, code by crate:");
    let mut rooms: Vec<_> = rooms(&fs::read(named)?)?.into_iter().collect();
    rooms.sort_by_key(|(_, bytes)| Reverse(*bytes));
    rooms.iter().take(24).for_each(|(room, bytes)| println!("{bytes:>9}  {room}"));
    match total.checked_sub(BUDGET) {
        None | Some(0) => Ok(()),
        Some(above) => Err(format!("the package is {above} bytes above its budget").into()),
    }
}

fn gzipped(files: &[PathBuf]) -> Result<usize> {
    const SUM: &str = "const z = require('node:zlib'), f = require('node:fs')
        console.log(process.argv.slice(1).reduce((sum, file) => sum + z.gzipSync(f.readFileSync(file), { level: 9 }).length, 0))";
    Ok(quietly(command("node", &["-e", SUM]).args(files))?.trim().parse()?)
}

/// The bytes of each crate's functions, and of all data.
fn rooms(module: &[u8]) -> Result<BTreeMap<String, usize>> {
    let (mut imported, mut sizes, mut names) = (0, Vec::new(), BTreeMap::new());
    let mut rooms = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += usize::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
            Payload::DataSection(data) => {
                rooms.insert("(data)".to_owned(), data.range().len());
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(sections) = section.as_known() {
                    for section in sections {
                        let Name::Function(functions) = section? else { continue };
                        for function in functions {
                            let function = function?;
                            names.insert(function.index as usize, function.name.to_owned());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for (index, bytes) in sizes.into_iter().enumerate() {
        let name = names.get(&(imported + index)).map(String::as_str).unwrap_or_default();
        *rooms.entry(crate_of(name)).or_default() += bytes;
    }
    Ok(rooms)
}

/// The crate that a function is of: the first word in its name, which wasm-bindgen has made readable.
fn crate_of(name: &str) -> String {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let path = name.trim_start_matches(|character| !is_word(character));
    let word = path.split(|character| !is_word(character)).next().unwrap_or_default();
    if word.is_empty() { "(other)".to_owned() } else { word.to_owned() }
}
