//! Types in Python.

use std::fmt::Write as _;

use wechatpay_customs::{
    Operation, Options,
    options::{OptionField, OptionKind, PER_CALL},
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
fn option_kind(kind: OptionKind) -> String {
    match kind {
        OptionKind::Text => "str".to_owned(),
        OptionKind::Texts => "list[str]".to_owned(),
        OptionKind::KeyMaterial => "str | bytes".to_owned(),
        OptionKind::KeyMaterials => "Mapping[str, str] | Mapping[str, str | bytes]".to_owned(),
        OptionKind::Duration => "float".to_owned(),
        OptionKind::Count => "int".to_owned(),
        OptionKind::Flag => "bool".to_owned(),
        OptionKind::Word(words) => literal(words.iter().copied()),
        OptionKind::Rules => "Mapping[str, RuleLevel]".to_owned(),
        OptionKind::Ensured => "Ensured".to_owned(),
        OptionKind::Lost => "int | bool".to_owned(),
        _ => "object".to_owned(),
    }
}

fn option(field: &OptionField) -> String {
    let kind = option_kind(field.kind);
    format!("{}: {kind}", field.name)
}

/// The options of a client: those that every client needs, and the others.
pub fn options(about: impl Fn(&OptionField) -> crate::Result<String>) -> crate::Result<String> {
    let mut out = String::new();
    let mut list = String::new();
    let mut groups = [String::new(), String::new()];
    for field in Options::FIELDS {
        let about = about(field)?;
        let needed = usize::from(NEEDED.contains(&field.name));
        let _ = write!(groups[needed], "    {}\n    \"\"\"{about}\"\"\"\n", option(field));
        let _ = writeln!(list, "- ``{}``: {about}", field.name);
    }
    let [others, needed] = groups;
    let _ = write!(
        out,
        "\n\nclass NeededOptions(TypedDict):\n    \"\"\"What every client that sends needs.\"\"\"\n\n{needed}"
    );
    let _ = write!(
        out,
        "\n\nclass OtherOptions(TypedDict, total=False):\n    \"\"\"What it may be made from besides.\"\"\"\n\n{others}"
    );
    let _ = write!(
        out,
        "\n\nclass Options(OtherOptions, total=False):\n    \"\"\"Options to read answers and explain messages with.\"\"\"\n\n{needed}"
    );
    let _ = write!(
        out,
        "\n\nOPTIONS = \"\"\"\\\n{list}\"\"\"\n\"\"\"What the core's options mean, for documentation.\"\"\"\n"
    );
    Ok(out)
}

/// Options without which nothing can be sent, however it is signed.
const NEEDED: [&str; 1] = ["mchid"];

/// The mapping that a request may be given as.
pub fn request(name: &str, Documented { doc, shape }: &Documented) -> crate::Result<String> {
    let record = shape.record()?;
    let of = |required: bool| {
        let members = record.members.iter().filter(|member| member.required == required).cloned();
        // What is left out is not there; it is not None.
        attributes(&Record {
            members: members.map(|member| Member { required: true, ..member }).collect(),
            open: false,
        })
    };
    let (needed, others) = (of(true), of(false));
    let doc = if doc.is_empty() { "What a request says." } else { doc };
    let mut out = String::new();
    let base = match needed.is_empty() {
        true => "TypedDict".to_owned(),
        false => {
            let _ = write!(out, "\n\nclass _{name}(TypedDict):\n{needed}");
            format!("_{name}")
        }
    };
    let _ = write!(out, "\n\nclass {name}({base}, total=False):\n{}\n{others}", docstring(doc, "    "));
    Ok(out)
}

/// How the calls of one of the two clients are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    Waiting,
    Awaited,
}

impl Calls {
    fn def(self) -> &'static str {
        if self == Calls::Awaited { "async def" } else { "def" }
    }

    fn run(self) -> &'static str {
        if self == Calls::Awaited { "await self._driver.run_async(call)" } else { "self._driver.run(call)" }
    }
}

/// The options of one call.
fn per_call() -> impl Iterator<Item = &'static OptionField> {
    Options::FIELDS.iter().filter(|option| PER_CALL.contains(&option.name))
}

fn limits() -> String {
    per_call()
        .map(|option| format!("{}: {} | None = None", option.name, option_kind(option.kind)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The same as arguments to be passed on, and as names to be deleted.
fn passed() -> (String, String) {
    let names: Vec<_> = per_call().map(|option| option.name).collect();
    let pairs: Vec<_> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    (pairs.join(", "), names.join(", "))
}

const RAISED: &str = "        except BaseException as error:\n            raise shown(error)\n";

/// The ways in which type checkers let the fields of a request be given.
fn overloads(def: &str, method: &str, name: &str, request: &Record, returns: &str) -> String {
    let keywords = |all_optional: bool| {
        let (needed, others): (Vec<_>, Vec<_>) =
            request.members.iter().partition(|member| member.required && !all_optional);
        let mut keywords: Vec<_> =
            needed.iter().map(|member| format!("{}: {}", member.name, kind(&member.shape))).collect();
        keywords.extend(others.iter().map(|member| format!("{}: {} | None = None", member.name, kind(&member.shape))));
        keywords.push(limits());
        keywords.join(", ")
    };
    let mut out = String::new();
    for parameters in [
        format!("fields: None = None, /, *, {}", keywords(false)),
        format!("fields: {name}Request | Model, /, *, {}", keywords(true)),
    ] {
        let _ = writeln!(out, "\n    @overload\n    {def} {method}(self, {parameters}) -> {returns}: ...");
    }
    out
}

/// What stands above the body of a method that takes fields.
fn head(def: &str, method: &str, returns: &str, about: &str, request: &Record) -> crate::Result<String> {
    let mut out =
        format!("\n    {def} {method}(\n        self, fields: object = None, /, *, {}, **more: object\n", limits());
    let _ = writeln!(out, "    ) -> {returns}:\n        \"\"\"{about}\n");
    if !request.members.is_empty() {
        let _ = writeln!(
            out,
            "        Takes keywords or one mapping (a dictionary, dataclass or model of pydantic's); a keyword that is None counts as not given.\n"
        );
    }
    for field in &request.members {
        let _ = writeln!(out, "        :param {}: {}", field.name, field.doc);
    }
    for option in per_call() {
        // What follows is the client's default.
        let about = crate::about(option, "seconds")?;
        let about = about.split(';').next().unwrap_or_default();
        let unit = if option.kind == OptionKind::Duration { ", in seconds" } else { "" };
        let _ = writeln!(out, "        :param {}: {about}{unit}; the client's unless given.", option.name);
    }
    let _ = writeln!(out, "        :raises WechatPayError: whatever goes wrong.\n        \"\"\"");
    out.push_str("        __tracebackhide__ = True\n");
    Ok(out)
}

/// The method that makes a call.
pub fn method(operation: Operation, name: &str, request: &Record, calls: Calls) -> crate::Result<String> {
    let returns = format!("{name}Answer");
    let method = operation.name();
    let mut out = match request.members.is_empty() {
        true => String::new(),
        false => overloads(calls.def(), method, name, request, &returns),
    };
    let mut head = head(calls.def(), method, &returns, &line(operation.about())?, request)?;
    if request.members.is_empty() {
        head = head.replace("fields: object = None", &format!("fields: {name}Request | None = None"));
        head = head.replace(", **more: object", "");
    }
    out.push_str(&head);
    let (limits, names) = passed();
    let (more, gone) = if request.members.is_empty() { ("{}", "") } else { ("more", ", more") };
    let _ = write!(
        out,
        "        try:\n            call = self._driver.native.begin(\n                {{\"call\": \"operation\", \"operation\": \"{method}\"}},\n                {{{limits}}},\n                fields,\n                {more},\n            )\n        finally:\n            del fields{gone}, {names}\n",
    );
    let _ = write!(out, "        try:\n            return {returns}({})\n{RAISED}", calls.run());
    Ok(out)
}

/// A run of several calls: `ensure` or `wait`.
pub struct Run<'a> {
    pub method: &'a str,
    pub about: &'a str,
    /// The type of the mapping that names the declaration, and its members.
    pub takes: &'a str,
    pub request: &'a Record,
    pub options: &'a [OptionField],
    pub returns: &'a str,
    /// Wraps the plain result in its class, if it has one.
    pub wraps: bool,
}

/// The method that makes a run.
pub fn run(run: &Run<'_>, calls: Calls) -> crate::Result<String> {
    let Run { method, about, takes, request, options, returns, wraps } = run;
    let own = options.iter().map(|option| format!("{}: {} | None = None", option.name, option_kind(option.kind)));
    let progress = format!("on_progress: Callable[[{returns}], object] | None = None");
    let all = own.chain([progress, limits()]).collect::<Vec<_>>().join(", ");
    let def = calls.def();
    let more = |parameters: String| parameters.replace(&limits(), &all);
    let mut out = more(overloads(def, method, takes, request, returns)).replace(&format!("{takes}Request"), takes);
    let mut head = more(head(def, method, returns, about, request)?);
    let mut documented = String::new();
    for option in *options {
        let _ = writeln!(documented, "        :param {}: {}", option.name, crate::about(option, "seconds")?);
    }
    let _ = writeln!(
        documented,
        "        :param on_progress: Called before each pause with what the run would give now; its exceptions are reported as unraisable."
    );
    if let Some(at) = head.find("        :param timeout:") {
        head.insert_str(at, &documented);
    }
    // The deadline is the run's own.
    let deadline = "        :param deadline: The longest that the whole run may take, at least a millisecond, in seconds; see above for how long that is unless given.";
    let raised = ":raises WechatPayError: whatever goes wrong.";
    let head = head.replace(raised, ":raises WechatPayError: for what no later run can mend.");
    let lines: Vec<_> =
        head.lines().map(|line| if line.starts_with("        :param deadline:") { deadline } else { line }).collect();
    out.push_str(&lines.join("\n"));
    out.push('\n');
    let names: Vec<_> = options.iter().map(|option| option.name).collect();
    let pairs: Vec<_> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    let (limits, limit_names) = passed();
    let _ = write!(
        out,
        "        try:\n            call = self._driver.native.begin(\n                {{\"call\": \"{method}\"}},\n                {{{}, {limits}}},\n                fields,\n                more,\n            )\n        finally:\n            del fields, more, {}, {limit_names}\n",
        pairs.join(", "),
        names.join(", "),
    );
    let reached = if *wraps { format!("wrapped({returns}, on_progress)") } else { "on_progress".to_owned() };
    let driven = calls.run().replace("(call)", &format!("(call, {reached})"));
    let result = if *wraps { format!("{returns}({driven})") } else { format!("cast(\"{returns}\", {driven})") };
    let _ = write!(out, "        try:\n            return {result}\n{RAISED}");
    Ok(out)
}

/// The method that goes through all pages of an operation whose answer holds records.
pub fn pages(method: &str, name: &str, record: &str, request: &Record, calls: Calls) -> crate::Result<String> {
    let (iterator, each) = match calls {
        Calls::Waiting => ("Iterator", format!("            yield from map({record}, records)\n")),
        Calls::Awaited => {
            ("AsyncIterator", format!("            for record in records:\n                yield {record}(record)\n"))
        }
    };
    let returns = format!("{iterator}[{record}]");
    // What gives an asynchronous iterator is not awaited.
    let mut out = overloads("def", method, name, request, &returns);
    let about = "All records of a query, page by page; does not look at ``offset``.";
    out.push_str(&head(calls.def(), method, &returns, about, request)?);
    let (limits, names) = passed();
    let _ = write!(
        out,
        "        try:\n            given = _native.Given(fields, more, {{{limits}}})\n        finally:\n            del fields, more, {names}\n        answer = None\n        while True:\n            records, call = self._driver.native.page(\"{method}\", given, answer)\n{each}            if call is None:\n                return\n            try:\n                answer = {}\n            except BaseException as error:\n                raise shown(error)\n",
        calls.run()
    );
    Ok(out)
}

/// The reading of answers that the caller received: as a method, or as a function that takes options.
pub fn parse(operations: &[(&str, String)], calls: Option<Calls>) -> String {
    let (indent, first, options) = match calls {
        Some(_) => ("    ", "self, ", ""),
        None => ("", "", "options: AnyOptions, "),
    };
    let def = calls.map_or("def", Calls::def);
    let parameters = |operation: &str| {
        format!(
            "{first}operation: {operation}, response: Mapping[str, object], {options}request: object = None, now: int | None = None"
        )
    };
    let mut out = String::new();
    let mut overload = |operation: &str, answer: &str| {
        let _ = writeln!(out, "\n{indent}@overload\n{indent}{def} parse({}) -> {answer}: ...", parameters(operation));
    };
    for (operation, name) in operations {
        overload(&literal([*operation]), &format!("{name}Answer"));
    }
    overload("Operation", "Answer");
    let (client, run) = match calls {
        Some(calls) => ("self._driver.native", calls.run().to_owned()),
        None => ("client", "driver.run(call)".to_owned()),
    };
    let body = format!(
        r#"
def parse({}) -> Answer:
    """Verifies and reads an answer that the caller received; raises as the call would.

    :param response: ``status``, ``headers`` (a mapping or pairs) and ``body`` (exactly as received).
    :param request: The fields that were sent, to compare the ids in the answer with.
    :param now: Unix seconds; the current time unless given.
    """
    __tracebackhide__ = True
    try:
{}        call = {client}.begin(
            {{"call": "parse", "operation": operation, "response": response, "request": request, "now": now}}, {{}}
        )
    finally:
        del operation, response, {}request, now
    try:
        answer = {run}
    except BaseException as error:
        raise shown(error)
    return ANSWERS[call.name](answer)
"#,
        parameters("Operation"),
        if calls.is_none() {
            "        driver = Driver(*_native.opened(options, False))\n        client = driver.native\n"
        } else {
            ""
        },
        if calls.is_none() { "options, " } else { "" },
    );
    let def = body.replace("\ndef parse", &format!("\n{def} parse"));
    for line in def.lines() {
        let _ = writeln!(out, "{}{line}", if line.is_empty() { "" } else { indent });
    }
    out
}
