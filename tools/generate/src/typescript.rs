//! Types in TypeScript.

use std::fmt::Write as _;

use wechatpay_customs::options::{Convention, OptionField, OptionKind};

use crate::shapes::{Documented, Member, Record, Shape};

/// A comment, on one line or with a list of what the words mean.
fn comment(doc: &str, words: &[(&str, &str)]) -> String {
    match (doc, words) {
        ("", []) => String::new(),
        (doc, []) => format!("/** {doc} */\n"),
        (doc, words) => {
            let mut out = format!("/**\n * {doc}\n *\n");
            for (word, about) in words {
                let _ = writeln!(out, " * - `{word}`: {about}");
            }
            out + " */\n"
        }
    }
}

/// One type with its name.
pub fn definition(name: &str, Documented { doc, shape }: &Documented) -> String {
    match shape {
        Shape::Record(record) => interface(name, "", doc, record),
        Shape::Either(options) => {
            let word = |option: &Documented| matches!(option.shape, Shape::Word(_) | Shape::Text);
            let told: Vec<_> = options.iter().filter_map(meaning).collect();
            let all_words = options.iter().all(word);
            let mut out = comment(doc, if all_words { &told } else { &[] });
            let _ = writeln!(out, "export type {name} =");
            for option in options {
                if !all_words {
                    out.push_str(&indented(&comment(&option.doc, &[]), "  "));
                }
                let _ = writeln!(out, "  | {}", kind(&option.shape, options, "    "));
            }
            out + "\n"
        }
        shape => format!("{}export type {name} = {}\n\n", comment(doc, &[]), kind(shape, &[], "")),
    }
}

/// A word, if it is documented.
pub fn meaning(option: &Documented) -> Option<(&str, &str)> {
    match &option.shape {
        Shape::Word(word) if !option.doc.is_empty() => Some((word, &option.doc)),
        _ => None,
    }
}

/// An interface; `extends` is empty or begins with a space.
pub fn interface(name: &str, extends: &str, doc: &str, record: &Record) -> String {
    format!("{}export interface {name}{extends} {}\n\n", comment(doc, &[]), members(record, ""))
}

/// The members in braces.
pub fn members(record: &Record, indent: &str) -> String {
    let mut out = "{\n".to_owned();
    for Member { name, doc, shape, required } in &record.members {
        let mark = if *required { "" } else { "?" };
        let inner = format!("{indent}  ");
        let member = format!("{}{name}{mark}: {}\n", comment(doc, &[]), kind(shape, &[], ""));
        out.push_str(&indented(&member, &inner));
    }
    if record.open {
        let _ = writeln!(out, "{indent}  /** Fields that the documentation does not name, as sent. */");
        let _ = writeln!(out, "{indent}  [unknown: string]: unknown");
    }
    out + indent + "}"
}

fn indented(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{line}\n")).collect()
}

/// A type; `beside` are the alternatives to it.
fn kind(shape: &Shape, beside: &[Documented], indent: &str) -> String {
    match shape {
        Shape::Any => "unknown".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer | Shape::Milliseconds => "number".to_owned(),
        // Editors complete the words only if they are not swallowed by `string`.
        Shape::Text if beside.iter().any(|other| matches!(other.shape, Shape::Word(_) | Shape::Named(_))) => {
            "(string & {})".to_owned()
        }
        Shape::Text => "string".to_owned(),
        Shape::Word(word) => format!("'{word}'"),
        Shape::Bytes => "Uint8Array".to_owned(),
        Shape::List(item) => match **item {
            Shape::Either(_) => format!("({})[]", kind(item, &[], indent)),
            _ => format!("{}[]", kind(item, &[], indent)),
        },
        Shape::Tuple(items) => {
            let items: Vec<_> = items.iter().map(|item| kind(item, &[], indent)).collect();
            format!("[{}]", items.join(", "))
        }
        Shape::Map(value) => format!("Record<string, {}>", kind(value, &[], indent)),
        Shape::Record(record) => members(record, indent),
        Shape::Named(name) => name.clone(),
        Shape::Either(options) => {
            let options: Vec<_> = options.iter().map(|option| kind(&option.shape, options, indent)).collect();
            options.join(" | ")
        }
    }
}

/// The type of an option.
pub fn option(field: &OptionField) -> String {
    let kind = match field.kind {
        OptionKind::Text => "string".to_owned(),
        OptionKind::Texts => "string[]".to_owned(),
        OptionKind::KeyMaterial => "string | Uint8Array".to_owned(),
        OptionKind::KeyMaterials => "Record<string, string | Uint8Array>".to_owned(),
        OptionKind::Duration => "number".to_owned(),
        OptionKind::Count => "number".to_owned(),
        OptionKind::Flag => "boolean".to_owned(),
        OptionKind::Word(words) => words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" | "),
        OptionKind::Rules => "Rules".to_owned(),
        OptionKind::Ensured => "Ensured".to_owned(),
        OptionKind::Lost => "number | boolean".to_owned(),
        _ => "unknown".to_owned(),
    };
    format!("{}?: {kind}", Convention::JavaScript.name(field.name))
}
