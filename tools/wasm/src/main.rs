//! Reads and rewrites WASM modules, for `cargo xtask`; apart from it, as this takes a hundred crates.

use std::{cmp::Reverse, collections::BTreeMap, env, fs, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{KnownCustom, Name, Parser, Payload};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
bind web | nodejs MODULE FOLDER    puts the module and its glue into the folder
rooms MODULE                       prints what takes the room in it, by crate";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["bind", "web", module, into] => bind(Bindgen::new().web(true), module, into),
        ["bind", "nodejs", module, into] => bind(Bindgen::new().nodejs(true), module, into),
        ["rooms", module] => print_rooms(module),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn bind<E: Into<Box<dyn std::error::Error>>>(
    bindgen: std::result::Result<&mut Bindgen, E>,
    module: &str,
    into: &str,
) -> Result {
    bindgen.map_err(E::into)?.typescript(false).input_path(module).generate(into)?;
    Ok(())
}

fn print_rooms(module: &str) -> Result {
    let bytes = fs::read(module).map_err(|error| format!("cannot read {module}: {error}"))?;
    let mut rooms: Vec<_> = rooms(&bytes)?.into_iter().collect();
    rooms.sort_by_key(|(_, bytes)| Reverse(*bytes));
    rooms.iter().take(24).for_each(|(room, bytes)| println!("{bytes:>9}  {room}"));
    Ok(())
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
