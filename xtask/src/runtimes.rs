//! The JavaScript runtimes, and the npm package as a user of each gets it.

use std::path::Path;

use crate::{
    Result,
    build::{npm_packages, python_environment},
    fs::{self, fresh},
    platforms, root,
    run::{command, quietly, step, target},
};

/// Debian's; browsers that test tools would download cannot be had everywhere.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Installs the runtimes, and the package as its users get it; it must have been built.
pub fn install() -> Result {
    chromium()?;
    peers()?;
    without_browser()
}

/// Other libraries for WeChat Pay, which the sandbox must serve: npm's in `tests/peers`, PyPI's in `target/peers`.
fn peers() -> Result {
    npm_packages(&root().join("tests/peers"), "wechatpay-axios-plugin")?;
    python_environment("peers", "tests/peers/requirements.txt", "wechatpayv3").map(drop)
}

/// Installs the runtimes that come from npm, and the packages as users get them from their tarballs in `dist/`: all in
/// `target/consumers`, the Node.js package without its addon in `target/consumers-without-addon`, and the sandbox's package
/// in folders `target/consumers-sandbox…`: beside the Node.js package with test runners in `tests` below it, beside the WASM package,
/// and alone.
pub fn without_browser() -> Result {
    npm_packages(&root().join("tests/runtimes"), "JavaScript runtimes and bundlers")?;
    npm_packages(&root().join("tests/node"), "npm packages that backends use")?;
    npm_packages(&root().join("tests/bundlers"), "bundlers, Next.js and Nitro")?;
    let version = env!("CARGO_PKG_VERSION");
    let addon = format!("{}-{version}", platforms::host()?.package());
    let (node, wasm) = (format!("wechatpay-customs-{version}"), format!("wechatpay-customs-wasm-{version}"));
    consumer("consumers", &[&node, &addon, &wasm], &[])?;
    consumer("consumers-without-addon", &[&node], &["--omit=optional"])?;
    let sandbox = format!("wechatpay-customs-sandbox-{version}");
    consumer("consumers-sandbox-wasm", &[&sandbox, &wasm], &[])?;
    consumer("consumers-sandbox-alone", &[&sandbox], &[])?;
    consumer("consumers-sandbox", &[&node, &addon, &sandbox], &[])?;
    // Below it, as npm would ask the registry about Vitest's own packages if it installed tarballs beside them.
    let folder = target("consumers-sandbox/tests");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(root().join("tests/sandbox").join(file), folder.join(file))?;
    }
    npm_packages(&folder, "test runners and Yarn")
}

/// A folder of its own into which npm installs tarballs.
fn consumer(name: &str, tarballs: &[&str], options: &[&str]) -> Result {
    let folder = target(name);
    fresh(folder.join("node_modules"))?;
    fs::write(folder.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
    // What a driver imports, so that the packages' own `exports` are asked.
    for (script, package) in [("node.js", "wechatpay-customs"), ("wasm.js", "wechatpay-customs-wasm")] {
        fs::write(folder.join(script), format!("export * from '{package}'\nexport {{ default }} from '{package}'\n"))?;
    }
    install_tarballs(&folder, tarballs, options)
}

/// What is not in the tarballs must not be looked for: another's package could bear the name of an addon of ours for another
/// platform. The cache is empty, so that no machine's own cache can hide what is missing.
fn install_tarballs(folder: &Path, tarballs: &[&str], options: &[&str]) -> Result {
    let cache = target("empty-npm-cache");
    fresh(&cache)?;
    let install =
        ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--cache"];
    let tarballs = tarballs.iter().map(|tarball| root().join(format!("dist/{tarball}.tgz")));
    quietly(command("npm", &install).arg(cache).args(options).args(tarballs).current_dir(folder))?;
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
        apt(&["update"]).and_then(|_| apt(&install)).map_err(|error| {
            format!(
                "{error}\nThe tests run a page in Chromium, as {CHROMIUM}. It could not be installed from here: do so by \
                 `apt-get install chromium` as root (elsewhere than on Debian, put a link to a Chromium there), and go on."
            )
        })?;
    }
    Ok(())
}
