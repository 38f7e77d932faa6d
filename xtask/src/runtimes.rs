//! The JavaScript runtimes, and the npm package as a user of each gets it.

use std::{fs, path::Path};

use crate::{
    Result,
    build::{npm_packages, pack, step},
    npm, root,
    run::{command, quietly, target},
};

/// Debian's; browsers that test tools would download cannot be had everywhere.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Installs the runtimes, and the package as its users get it; it must have been built.
pub fn install() -> Result {
    chromium()?;
    npm::sandbox_consumers()?;
    without_browser()
}

/// Installs the runtimes that come from npm, and in `target/consumers` the package from its tarball.
pub fn without_browser() -> Result {
    npm_packages(&root().join("tests/runtimes"), "JavaScript runtimes and bundlers")?;
    let consumers = target("consumers");
    if consumers.exists() {
        fs::remove_dir_all(&consumers)?;
    }
    fs::create_dir_all(&consumers)?;
    let packed = pack("bindings-wasm", &consumers)?;
    fs::write(consumers.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
    // What a driver imports, so that the package's own `exports` are asked.
    fs::write(consumers.join("package.js"), "export * from 'wechatpay-customs-wasm'\n")?;
    let install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    quietly(command("npm", &install).arg(format!("./{packed}")).current_dir(&consumers))?;
    Ok(())
}

fn chromium() -> Result {
    if Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    step("Chromium (apt-get)");
    let root = quietly(&mut command("id", &["-u"]))?.trim() == "0";
    let apt = |arguments: &[&str]| {
        let mut apt =
            command(if root { "apt-get" } else { "sudo" }, if root { &[] } else { &["--non-interactive", "apt-get"] });
        quietly(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = ["install", "--yes", "--no-install-recommends", "chromium"];
    if apt(&install).is_err() {
        apt(&["update"])?;
        apt(&install)?;
    }
    Ok(())
}
