//! Types in Python.

use std::fmt::Write as _;

use wechatpay_customs::{
    Operation,
    options::{OptionField, OptionKind},
};

use crate::{
    shapes::{Documented, Member, Record, Shape, line},
    typescript::meaning,
};

fn docstring(doc: &str, indent: &str) -> String {
    if doc.is_empty() { String::new() } else { format!("{indent}\"\"\"{doc}\"\"\"\n") }
}

/// `Literal["a", "b"]`.
pub fn literal<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    format!("Literal[{}]", words.join(", "))
}

/// One type with its name: a `TypedDict`, or another name for words.
pub fn definition(name: &str, Documented { doc, shape }: &Documented) -> String {
    match shape {
        Shape::Record(record) => {
            format!("\n\nclass {name}(TypedDict):\n{}\n{}", docstring(doc, "    "), attributes(record))
        }
        Shape::Either(options) => {
            let words: Vec<_> = options.iter().filter_map(meaning).collect();
            let mut out = format!("\n\n{name} = {}\n", kind(shape));
            if words.is_empty() {
                return out + &docstring(doc, "");
            }
            let _ = writeln!(out, "\"\"\"{doc}\n");
            words.iter().for_each(|(word, about)| {
                let _ = writeln!(out, "- ``{word}``: {about}");
            });
            out + "\"\"\"\n"
        }
        shape => format!("\n\n{name} = {}\n{}", kind(shape), docstring(doc, "")),
    }
}

/// The class of what an answer, or a record in it, holds; documented fields are its attributes.
pub fn answer(name: &str, base: &str, Documented { doc, shape }: &Documented) -> crate::Result<String> {
    let record = shape.record()?;
    let mut out = format!("\n\nclass {name}({base}):\n{}\n", docstring(doc, "    "));
    let records: Vec<_> = record
        .members
        .iter()
        .filter_map(|member| match &member.shape {
            Shape::List(item) => Some(format!("\"{}\": {}", member.name, kind(item))),
            _ => None,
        })
        .collect();
    if !records.is_empty() {
        let _ = writeln!(out, "    _records = {{{}}}", records.join(", "));
    }
    Ok(out + &attributes(record))
}

/// The attributes of an exception.
pub fn error(name: &str, Documented { doc, shape }: &Documented) -> crate::Result<String> {
    let mut record = shape.record()?.clone();
    for member in record.members.iter_mut().filter(|member| has_milliseconds(&member.shape)) {
        member.doc = member.doc.replace("milliseconds", "seconds");
    }
    Ok(format!("\n\nclass {name}:\n{}\n{}", docstring(doc, "    "), attributes(&record)))
}

fn has_milliseconds(shape: &Shape) -> bool {
    match shape {
        Shape::Milliseconds => true,
        Shape::Either(options) => options.iter().any(|option| has_milliseconds(&option.shape)),
        _ => false,
    }
}

fn attributes(record: &Record) -> String {
    let mut out = String::new();
    for Member { name, doc, shape, required } in &record.members {
        let none = if *required { "" } else { " | None" };
        let _ = write!(out, "    {name}: {}{none}\n{}", kind(shape), docstring(doc, "    "));
    }
    out
}

/// A type.
pub fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Any => "Any".to_owned(),
        Shape::Null => "None".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Integer => "int".to_owned(),
        Shape::Milliseconds => "float".to_owned(),
        Shape::Text => "str".to_owned(),
        Shape::Word(word) => literal([word.as_str()]),
        Shape::Bytes => "bytes".to_owned(),
        Shape::List(item) => format!("list[{}]", kind(item)),
        Shape::Tuple(items) => format!("tuple[{}]", items.iter().map(kind).collect::<Vec<_>>().join(", ")),
        Shape::Map(value) => format!("dict[str, {}]", kind(value)),
        // What is not named has no type of its own in Python.
        Shape::Record(_) => "dict[str, Any]".to_owned(),
        Shape::Named(name) => name.clone(),
        Shape::Either(options) => {
            let words = options.iter().filter_map(|option| match &option.shape {
                Shape::Word(word) => Some(word.as_str()),
                _ => None,
            });
            let words: Vec<_> = words.collect();
            let literal = (!words.is_empty()).then(|| literal(words));
            let others = options.iter().map(|option| &option.shape).filter(|shape| !matches!(shape, Shape::Word(_)));
            literal.into_iter().chain(others.map(kind)).collect::<Vec<_>>().join(" | ")
        }
    }
}

/// The type of an option.
pub fn option(field: &OptionField) -> String {
    let kind = match field.kind {
        OptionKind::Text => "str".to_owned(),
        OptionKind::Texts => "list[str]".to_owned(),
        OptionKind::KeyMaterial => "str | bytes".to_owned(),
        OptionKind::KeyMaterials => "Mapping[str, str] | Mapping[str, str | bytes]".to_owned(),
        OptionKind::Duration => "float".to_owned(),
        OptionKind::Word(words) => literal(words.iter().copied()),
        OptionKind::Rules => "Mapping[str, RuleLevel]".to_owned(),
        _ => "object".to_owned(),
    };
    format!("{}: {kind}", field.name)
}

/// The method that makes a call; `waits` is what stands before it and before what it waits for.
pub fn method(operation: Operation, name: &str, request: &Record, waits: [&str; 2]) -> crate::Result<String> {
    let [def, waited] = waits;
    let mut out =
        format!("\n    {def} {operation}(\n        self,\n        fields: object = None,\n        /,\n        *,\n");
    for field in &request.members {
        let _ = writeln!(out, "        {}: {} | None = None,", field.name, kind(&field.shape));
    }
    let _ = writeln!(
        out,
        "        timeout: float | None = None,\n        deadline: float | None = None,\n    ) -> {name}Answer:"
    );
    let _ = writeln!(out, "        \"\"\"{}\n", line(operation.about())?);
    let _ = writeln!(
        out,
        "        Takes keywords or one mapping (a dictionary, dataclass or model of pydantic's); a keyword that is None counts as not given.\n"
    );
    for field in &request.members {
        let _ = writeln!(out, "        :param {}: {}", field.name, field.doc);
    }
    let _ = writeln!(out, "        :param timeout: The longest that one attempt may take, in seconds.");
    let _ = writeln!(out, "        :param deadline: The longest that the whole call may take, in seconds.");
    let _ = writeln!(out, "        :raises WechatPayError: whatever goes wrong.\n        \"\"\"");
    let _ = writeln!(out, "        keywords: dict[str, object] = {{");
    for field in &request.members {
        let _ = writeln!(out, "            \"{0}\": {0},", field.name);
    }
    let _ = writeln!(
        out,
        "        }}\n        return {waited}self._operation(\"{operation}\", {name}Answer, fields, keywords, timeout, deadline)"
    );
    Ok(out)
}
