//! Files, with errors that name the file and the step.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Result, run::step_failed};

fn named<T>(done: io::Result<T>, what: &str, path: &Path) -> Result<T> {
    done.map_err(|error| step_failed(&format!("cannot {what} {}: {error}", path.display())))
}

/// The bytes of a file.
pub fn read(file: impl AsRef<Path>) -> Result<Vec<u8>> {
    named(fs::read(&file), "read", file.as_ref())
}

/// The text of a file.
pub fn read_to_string(file: impl AsRef<Path>) -> Result<String> {
    named(fs::read_to_string(&file), "read", file.as_ref())
}

/// What lies in a folder, by name.
pub fn read_dir(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(&folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries: Vec<PathBuf> = named(entries, "list", folder.as_ref())?;
    entries.sort();
    Ok(entries)
}

/// How many bytes a file has.
pub fn size(file: impl AsRef<Path>) -> Result<u64> {
    Ok(named(fs::metadata(&file), "read", file.as_ref())?.len())
}

/// Makes a file of these bytes.
pub fn write(file: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result {
    named(fs::write(&file, bytes), "write", file.as_ref())
}

/// Copies a file.
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result {
    let what = format!("copy {} to", from.as_ref().display());
    named(fs::copy(&from, &to), &what, to.as_ref()).map(drop)
}

/// Copies a folder's files and subfolders.
pub fn copy_dir(from: &Path, to: &Path) -> Result {
    create_dir_all(to)?;
    for entry in read_dir(from)? {
        let into = to.join(entry.file_name().ok_or("what lies in a folder has a name")?);
        if entry.is_dir() {
            copy_dir(&entry, &into)?;
        } else {
            copy(&entry, into)?;
        }
    }
    Ok(())
}

/// Makes a folder, unless it is there.
pub fn create_dir_all(folder: impl AsRef<Path>) -> Result {
    named(fs::create_dir_all(&folder), "make", folder.as_ref())
}

/// Makes a folder that has nothing in it.
pub fn fresh(folder: impl AsRef<Path>) -> Result {
    remove_dir_all(&folder)?;
    create_dir_all(folder)
}

/// Removes a file.
pub fn remove_file(file: impl AsRef<Path>) -> Result {
    named(fs::remove_file(&file), "remove", file.as_ref())
}

/// Removes a folder, if it is there.
pub fn remove_dir_all(folder: impl AsRef<Path>) -> Result {
    if !folder.as_ref().exists() {
        return Ok(());
    }
    named(fs::remove_dir_all(&folder), "remove", folder.as_ref())
}

#[cfg(test)]
mod tests {
    use super::{copy, copy_dir, read, read_dir, read_to_string, remove_file, size, write};
    use crate::{Result, run::step};

    #[test]
    fn an_error_names_the_file_and_the_step() {
        step("a test");
        let missing = std::env::temp_dir().join("no such folder").join("file");
        let told = |done: Result<()>| done.expect_err("there is no such folder").to_string();
        for said in [
            told(read(&missing).map(drop)),
            told(read_to_string(&missing).map(drop)),
            told(read_dir(&missing).map(drop)),
            told(size(&missing).map(drop)),
            told(write(&missing, "")),
            told(copy(&missing, &missing)),
            told(copy_dir(&missing, &std::env::temp_dir())),
            told(remove_file(&missing)),
        ] {
            assert!(said.starts_with("a test: cannot ") && said.contains("no such folder/file: "), "{said}");
        }
    }
}
