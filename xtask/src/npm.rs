//! The npm packages that hold what was compiled for a platform.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{
    Result,
    build::{bundle, licences, pack},
    fs::{self, fresh},
    platforms::Platform,
    root,
    run::{command, quietly, step, target},
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
        "license": env!("CARGO_PKG_LICENSE"),
        "repository": {
            "type": "git",
            "url": concat!("git+", env!("CARGO_PKG_REPOSITORY"), ".git"),
            "directory": "bindings-node",
        },
        "main": "index.js",
        "files": ["index.js", platform.addon(), "LICENSE-APACHE", "LICENSE-MIT"],
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
    // A `.node` file as `main` would end bundlers that know no such kind, before the main package can say what to do. What
    // copies the files that a script needs follows the path, and what is required within `try` may be missing.
    let script = format!(
        "try {{\n  module.exports = require(require('node:path').join(__dirname, '{}'))\n\
         }} catch (error) {{\n  throw error\n}}\n",
        platform.addon()
    );
    fs::write(folder.join("index.js"), script)?;
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
    quietly(types.arg(&package).current_dir(root().join("face")))?;
    fs::write(lib.join("types/package.json"), r#"{ "type": "commonjs" }"#)?;
    for file in ["index.js", "index.d.ts"] {
        fs::copy(package.join("entry").join(file), lib.join(file))?;
    }
    for name in ["index", "cli"] {
        bundle(&package.join("src").join(format!("{name}.ts")), &lib.join(format!("{name}.cjs")))?;
    }
    fresh(&bin)?;
    for (platform, program) in programs {
        let folder = bin.join(platform.name());
        fs::create_dir_all(&folder)?;
        fs::copy(program, folder.join(program.file_name().ok_or("a program has a name")?))?;
    }
    licences(&package)?;
    pack(package, into)?;
    Ok(())
}
