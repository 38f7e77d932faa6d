//! The npm packages that hold what was compiled for a platform.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    Result,
    build::{bundle, fresh, licences, npm_packages, pack, step},
    platforms::{self, Platform},
    root,
    run::{command, quietly, target},
};

/// Packs the addon of one platform, which npm installs where it fits, by what `package.json` says of it.
pub fn platform_package(platform: &Platform, addon: &Path, into: &Path) -> Result {
    let folder = target("npm").join(platform.name());
    fresh(&folder)?;
    let name = platform.package();
    let mut manifest = json!({
        "name": name,
        "version": env!("CARGO_PKG_VERSION"),
        "description": format!("The addon of wechatpay-customs for {}", platform.name()),
        "license": "MIT OR Apache-2.0",
        "repository": {
            "type": "git",
            "url": "git+https://github.com/wechatpay-customs/wechatpay-customs.git",
            "directory": "bindings-node",
        },
        "main": platform.addon(),
        "files": [platform.addon(), "LICENSE-APACHE", "LICENSE-MIT"],
        "os": [platform.os],
        "cpu": [platform.cpu],
        "engines": { "node": ">=20" },
    });
    if let Some(libc) = platform.libc {
        manifest["libc"] = json!([libc]);
    }
    fs::write(folder.join("package.json"), format!("{manifest:#}\n"))?;
    fs::write(
        folder.join("README.md"),
        format!(
            "# {name}\n\nThe native addon of `wechatpay-customs` for {}; install that package instead.\n",
            platform.name()
        ),
    )?;
    fs::copy(addon, folder.join(platform.addon()))?;
    licences(&folder)?;
    pack(&folder, into)?;
    Ok(())
}

/// Packs the package that starts the sandbox, with its program for these platforms.
pub fn sandbox(programs: &[(&Platform, PathBuf)], into: &Path) -> Result {
    let package = root().join("sandbox/node");
    let (lib, bin) = (package.join("lib"), package.join("bin"));
    step("npm package of the sandbox");
    fresh(&lib)?;
    let mut types = command("node", &["node_modules/typescript/bin/tsc", "--project"]);
    quietly(types.arg(&package).current_dir(root().join("bindings-wasm/face")))?;
    fs::write(lib.join("types/package.json"), r#"{ "type": "commonjs" }"#)?;
    for file in ["index.js", "index.d.ts"] {
        fs::copy(package.join("entry").join(file), lib.join(file))?;
    }
    bundle(&package.join("src/index.ts"), &lib.join("index.cjs"))?;
    fresh(&bin)?;
    for (platform, program) in programs {
        let folder = bin.join(platform.name());
        fs::create_dir(&folder)?;
        fs::copy(program, folder.join(program.file_name().ok_or("a program has a name")?))?;
    }
    licences(&package)?;
    pack(package, into)?;
    Ok(())
}

/// Installs the sandbox's package from its tarball, in folders below `target/`: beside the Node.js package and a pinned
/// Vitest, beside the WASM package, and alone. `dist/` must have been built.
pub fn sandbox_consumers() -> Result {
    let dist = root().join("dist");
    let version = env!("CARGO_PKG_VERSION");
    let tarball = |name: &str| dist.join(format!("{name}-{version}.tgz"));
    let sandbox = || tarball("wechatpay-customs-sandbox");
    let node = vec![sandbox(), tarball("wechatpay-customs"), tarball(&platforms::host()?.package())];
    let wasm = vec![sandbox(), tarball("wechatpay-customs-wasm")];
    for (folder, packages) in
        [("consumers-sandbox", node), ("consumers-sandbox-wasm", wasm), ("consumers-sandbox-alone", vec![sandbox()])]
    {
        let folder = target(folder);
        if packages.len() == 3 {
            fs::create_dir_all(&folder)?;
            for file in ["package.json", "package-lock.json"] {
                fs::copy(root().join("tests/sandbox").join(file), folder.join(file))?;
            }
            npm_packages(&folder, "Vitest")?;
        } else {
            fresh(&folder)?;
            fs::write(folder.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
        }
        let install = ["install", "--offline", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
        quietly(command("npm", &install).args(packages).current_dir(folder))?;
    }
    Ok(())
}
