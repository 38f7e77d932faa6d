//! What the npm WASM package weighs, and what takes the room.

use std::path::PathBuf;

use crate::{
    Result, build, root,
    run::{command, quietly},
    wasm::{NAME, tool},
};

/// What module, glue, face and one entry should come to together, each compressed by gzip; it is not reached yet.
const GOAL: usize = 130_000;
/// The most that they may have.
const BUDGET: usize = 210_000;

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
    print!("{}", quietly(tool(&["rooms"])?.arg(named))?);
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
