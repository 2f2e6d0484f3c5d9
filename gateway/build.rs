//! Puts the built console into the binary: lists the files of `console/dist` in a table with their bytes.
//!
//! Without a build there the table is empty, and the server says on `/` how to make one. `console/dist` itself is in
//! the repository (it holds its own .gitignore), so that cargo has something to watch.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../console/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    let site = dist.join("site");
    let mut files = Vec::new();
    if site.is_dir() {
        collect(&site.canonicalize()?, &mut files)?;
    }
    files.sort();
    let table = table(&site, &files)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("console.rs"), table)?;
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !is_compressed(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Compressed forms stand beside their file and are found from it.
fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn table(site: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(site.canonicalize()?)?.display().to_string();
        let compressed = |extension: &str| {
            let path = PathBuf::from(format!("{}.{extension}", file.display()));
            match path.is_file() {
                true => format!("Some(include_bytes!({:?}))", path.display()),
                false => "None".to_owned(),
            }
        };
        writeln!(
            table,
            "    File {{ name: {name:?}, plain: include_bytes!({:?}), brotli: {}, gzip: {} }},",
            file.display(),
            compressed("br"),
            compressed("gz"),
        )?;
    }
    table.push_str("]\n");
    Ok(table)
}
