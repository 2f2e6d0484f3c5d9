//! Makes the API's types out of `gateway/openapi.json`, the only thing this program knows of the server.

#![expect(clippy::print_stdout, reason = "cargo takes directives from stdout")]

mod dialect;

use serde_json::Value;
use std::{env, error::Error, fs, path::Path};
use typify::{TypeSpace, TypeSpaceSettings};

/// Relative to this crate; the one checked-in copy.
const DOCUMENT: &str = "../gateway/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    let path = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(DOCUMENT);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut document: Value = serde_json::from_str(&text)?;
    let schemas = document.pointer_mut("/components/schemas").ok_or("the document has no schemas")?.take();
    let code = generate(dialect::translate(schemas))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("api.rs"), code)?;
    Ok(())
}

fn generate(schemas: Value) -> Result<String, Box<dyn Error>> {
    let root: schemars::schema::RootSchema =
        serde_json::from_value(serde_json::json!({ "definitions": schemas }))?;
    let mut settings = TypeSpaceSettings::default();
    settings
        .with_struct_builder(false)
        .with_derive("PartialEq".to_owned())
        .with_map_type("::std::collections::BTreeMap".to_owned());
    let mut types = TypeSpace::new(&settings);
    types.add_ref_types(root.definitions)?;
    let mut code: syn::File = syn::parse2(types.to_stream())?;
    tolerate_new_words(&mut code);
    Ok(prettyplease::unparse(&code))
}

/// Reads a word that is not known as [`dialect::OTHER`].
fn tolerate_new_words(code: &mut syn::File) {
    for item in &mut code.items {
        let syn::Item::Enum(item) = item else { continue };
        let other =
            item.variants.iter_mut().find(|variant| variant.ident == "Other" && variant.fields.is_empty());
        if let Some(variant) = other {
            variant.attrs.push(syn::parse_quote!(#[serde(other)]));
        }
    }
}
