//! The Python package as its users get it: its wheel in an environment of its own on each CPython that is here.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    Result, fs,
    run::{command, quietly, step, target},
};

/// The versions that the package is for, by their minor number; later ones where they are found.
const MINORS: std::ops::RangeInclusive<u32> = 10..=14;

/// Installs the wheel for each CPython that is found, in `target/pythons/3.*`; `pip` is a Python that has it.
pub fn install(pip: &Path) -> Result {
    step("Python package on each CPython");
    let folder = target("pythons");
    fs::fresh(&folder)?;
    let wheels = fs::read_dir(target("wheels"))?;
    let is_it =
        |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("wechatpay_customs-"));
    let wheel = wheels.iter().find(is_it).ok_or("there is no wheel in target/wheels")?;
    for minor in MINORS {
        let Some(interpreter) = interpreter(minor) else { continue };
        let environment = folder.join(format!("3.{minor}"));
        quietly(command(interpreter, &["-m", "venv", "--without-pip"]).arg(&environment))?;
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let mut install = command(pip, &["-m", "pip", "--python"]);
        quietly(install.arg(&python).args(["install", "--quiet", "--no-deps", "--no-index"]).arg(wheel))?;
    }
    Ok(())
}

/// The versions that are not here.
pub fn missing() -> Vec<String> {
    let is_missing = |minor: &u32| !target("pythons").join(format!("3.{minor}")).exists();
    MINORS.filter(is_missing).map(|minor| format!("CPython 3.{minor} is not on this machine")).collect()
}

/// A CPython of this version, on the path or of pyenv's.
fn interpreter(minor: u32) -> Option<PathBuf> {
    let mut candidates = vec![PathBuf::from(format!("python3.{minor}"))];
    let versions = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let versions = versions.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv")));
    for version in fs::read_dir(versions?.join("versions")).into_iter().flatten() {
        if version.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("3.{minor}."))) {
            candidates.push(version.join("bin/python"));
        }
    }
    // A shim of pyenv's stands on the path also where nothing is behind it.
    let is_it = format!(
        "import sys, sysconfig, venv; sys.exit((sys.implementation.name, sys.version_info[:2]) != ('cpython', (3, {minor})) \
         or bool(sysconfig.get_config_var('Py_GIL_DISABLED')))"
    );
    candidates.into_iter().find(|python| quietly(&mut command(python, &["-c", &is_it])).is_ok())
}
