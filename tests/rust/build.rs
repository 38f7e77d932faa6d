//! Takes the Rust quickstart out of the README, so that it is compiled and run as it stands there.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../../README.md");
    let readme = fs::read_to_string("../../README.md")?;
    let block = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("quickstart.rs"), block.ok_or("the README has no Rust quickstart")?)?;
    Ok(())
}
