//! Writes the types of the other languages and `docs/errors.md` from the core's own types and tables.

mod errors_page;
mod life_page;
mod network_page;
mod options_page;
mod python;
mod sandbox_types;
mod shapes;
mod typescript;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::Path,
    process::ExitCode,
};

use errors_page::errors_page;
use life_page::life_page;
use network_page::network_page;
use options_page::options_page;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;
use wechatpay_customs::{
    ErrorKind, Finding, Operation, Options, Part, Payment, RealtimeUploadFields,
    catalogue::Advice,
    check::rules,
    customs_message::CustomsOrderFields,
    engine::{Emit, Event, Now, Step},
    error::{INVALID_OPTION, NOT_LOADED},
    explain::Explanation,
    life::{EnsureOptions, Ensured, NextStep, WaitOptions, Which},
    options::{Convention, OptionField, OptionKind, PER_CALL},
    request::Signed,
    schema::{OwnCode, Reason, RemarkName, RuleName, ServiceCode},
};

use crate::{
    python::Calls,
    sandbox_types::Faults,
    shapes::{Documented, Record, Shape, line},
};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const TYPESCRIPT: &str = "face/src/generated.ts";
const ENGINE: &str = "face/src/generated_engine.ts";
const PYTHON: &str = "bindings-python/python/wechatpay_customs/_generated.py";
const SANDBOX_TYPESCRIPT: &str = "sandbox/node/src/generated.ts";
const SANDBOX_PYTHON: &str = "sandbox/python/src/wechatpay_customs_sandbox/_generated.py";
const PYTHON_CALLS: &str = "bindings-python/python/wechatpay_customs/_generated_calls.py";
const ERRORS: &str = "docs/errors.md";
const OPTIONS: &str = "docs/options.md";
const NETWORK: &str = "docs/network-faults.md";
const LIFE: [&str; 2] = ["docs/life-of-a-declaration.md", "docs/life-of-a-declaration.zh-CN.md"];

/// Writes the files, or with `--check` tells whether one of them differs.
fn main() -> ExitCode {
    match generate(env::args().any(|argument| argument == "--check")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's folder.
fn root() -> &'static Path {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR"));
    tool.ancestors().nth(2).unwrap_or(tool)
}

fn generate(check: bool) -> Result {
    let (types, faults) = (Types::of_the_core()?, Faults::of_the_sandbox()?);
    let files = [
        (TYPESCRIPT, types.typescript()?),
        (ENGINE, types.engine()),
        (PYTHON, types.python()?),
        (SANDBOX_TYPESCRIPT, faults.typescript()),
        (SANDBOX_PYTHON, faults.python()),
        (PYTHON_CALLS, types.python_calls()?),
        (ERRORS, errors_page()),
        (OPTIONS, options_page()?),
        (NETWORK, network_page(&fs::read_to_string(root().join("tests/network.json"))?)?),
        (LIFE[0], life_page(&fs::read_to_string(root().join(LIFE[0]))?, false)?),
        (LIFE[1], life_page(&fs::read_to_string(root().join(LIFE[1]))?, true)?),
    ];
    for (path, text) in files {
        let file = root().join(path);
        match check {
            true if fs::read_to_string(&file).ok().as_deref() != Some(&text) => {
                return Err(format!("{path} is not what the core says; run `cargo xtask generate`").into());
            }
            true => {}
            false => write(&file, &text)?,
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result {
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("wrote {}", file.strip_prefix(root()).unwrap_or(file).display());
    Ok(())
}

/// Types by name.
type Named = BTreeMap<String, Documented>;

/// Everything that travels as data.
struct Types {
    /// What users meet.
    public: Named,
    /// What passes between an engine and its driver.
    engine: Named,
    /// The records inside answers.
    records: Named,
    /// Request and answer of each operation.
    operations: Vec<(Operation, Documented, Documented)>,
    /// What functions take beside requests, by name.
    taken: Vec<(&'static str, Documented)>,
    /// What stands on every answer.
    answer: Record,
    /// What an error says.
    error: Documented,
}

impl Types {
    fn of_the_core() -> Result<Types> {
        let mut public = definitions(told::<(
            Operation,
            ErrorKind,
            RuleName,
            RemarkName,
            OwnCode,
            ServiceCode,
            Reason,
            Finding,
            Advice,
            (CustomsOrderFields, RealtimeUploadFields, NextStep, Ensured),
            Explanation,
            Emit,
            Signed,
            rules::Level,
        )>())?;

        // What is optional in a request or answer may be missing, as these types read it.
        let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let mut operations = Vec::new();
        for operation in Operation::ALL {
            let [request, answer] = operation.schemas(&mut generator);
            let read = |schema: schemars::Schema| Documented::read(&Value::from(schema));
            operations.push((*operation, read(request)?, read(answer)?));
        }
        let taken = vec![
            ("Which", taken_as::<Which>(&mut generator)?),
            ("Payment", taken_as::<Payment>(&mut generator)?),
            ("Part", taken_as::<Part>(&mut generator)?),
        ];
        let (records, words): (Named, Named) =
            definitions(generator)?.into_iter().partition(|(_, type_)| matches!(type_.shape, Shape::Record(_)));
        public.extend(words);

        let mut engine = definitions(told::<Step>())?;
        engine.extend(definitions(given::<(Event, Now)>())?);
        engine.retain(|name, _| !public.contains_key(name));

        let mut answer = ok(&engine["Outcome"]).ok_or("an outcome `ok` has no `value`")?;
        answer.members.retain(|member| member.name != "value");
        let mut error = engine["ErrorDetails"].clone();
        if let Shape::Record(record) = &mut error.shape {
            // Every language's own error has it.
            record.members.retain(|member| member.name != "message");
        }
        Ok(Types { public, engine, records, operations, taken, answer, error })
    }
}

/// What a function takes, with the types that it names in the generator.
fn taken_as<T: JsonSchema>(generator: &mut SchemaGenerator) -> Result<Documented> {
    let mut schema = Value::from(T::json_schema(generator));
    schema.as_object_mut().map(|schema| schema.remove("title"));
    Documented::read(&schema)
}

/// The schemas of what the core gives.
fn told<T: JsonSchema>() -> SchemaGenerator {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.subschema_for::<T>();
    generator
}

/// The schemas of what the core takes.
fn given<T: JsonSchema>() -> SchemaGenerator {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    generator.subschema_for::<T>();
    generator
}

fn definitions(mut generator: SchemaGenerator) -> Result<Named> {
    let definitions = generator.take_definitions(true);
    definitions.iter().map(|(name, schema)| Ok((name.clone(), Documented::read(schema)?))).collect()
}

/// What an outcome that was answered holds.
fn ok(outcome: &Documented) -> Option<Record> {
    let Shape::Either(options) = &outcome.shape else { return None };
    options.iter().find_map(|option| {
        let with = option.shape.record().ok()?.members.iter().find(|member| member.name == "with")?;
        let record = with.shape.record().ok()?;
        record.members.iter().any(|member| member.name == "value").then(|| record.clone())
    })
}

/// `verify_identity` → `VerifyIdentity`.
fn pascal(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn quoted<'a>(words: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    words.into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(between)
}

/// An option's documentation, with the unit of its value.
fn about(option: &OptionField, unit: &str) -> Result<String> {
    let doc = line(option.doc)?;
    Ok(if option.kind == OptionKind::Duration { format!("{doc} In {unit}.") } else { doc })
}

const TYPESCRIPT_HEAD: &str = "// Generated by `cargo xtask generate` from the core. Do not edit.\n\n";

impl Types {
    fn typescript(&self) -> Result<String> {
        let mut out = TYPESCRIPT_HEAD.to_owned();
        let operations = quoted(Operation::ALL.iter().map(|operation| operation.name()), ", ");
        let _ = writeln!(out, "/** Every operation. */\nexport const OPERATIONS = [{operations}] as const\n");
        for (name, type_) in &self.public {
            out.push_str(&typescript::definition(name, type_));
        }
        out.push_str(
            "/** What to do about what goes wrong where the core is not asked. */\nexport const FACE_ADVICE = {\n",
        );
        for code in [INVALID_OPTION, NOT_LOADED] {
            let Advice { en, zh } = code.advice();
            let _ = writeln!(out, "  {}: {{ en: '{en}', zh: '{zh}' }},", code.name);
        }
        out.push_str("} as const\n\n");
        let business = rules::ALL.iter().filter(|rule| !rule.integrity).map(|rule| rule.name);
        let _ = writeln!(
            out,
            "/** What to make of business rules, by name. */\nexport type Rules = Partial<\n  Record<\n    | {},\n    RuleLevel\n  >\n>\n",
            quoted(business, "\n    | ")
        );
        out.push_str("/** The options that the core reads. */\nexport interface CoreOptions {\n");
        for option in Options::FIELDS {
            let about = about(option, "milliseconds")?;
            let _ = writeln!(out, "  /** {about} */\n  {}", typescript::option(option));
        }
        out.push_str("}\n\n/** The options of one call. */\n");
        let per_call = quoted(PER_CALL.map(|name| Convention::JavaScript.name(name)).iter().map(String::as_str), " | ");
        let _ = writeln!(out, "export type CallOptions = Pick<CoreOptions, {per_call}>\n");
        out.push_str(&typescript::interface("Answer", "", "What stands on every answer.", &self.answer));
        let mut attributes = self.error.shape.record()?.clone();
        for member in &mut attributes.members {
            member.name = format!("readonly {}", Convention::JavaScript.name(&member.name));
        }
        out.push_str(&typescript::interface("ErrorAttributes", "", &self.error.doc, &attributes));
        for (name, type_) in &self.records {
            out.push_str(&typescript::definition(name, type_));
        }
        for (operation, request, answer) in &self.operations {
            let name = pascal(operation.name());
            out.push_str(&typescript::definition(&format!("{name}Request"), request));
            let (extends, record) = (" extends Answer", answer.shape.record()?);
            out.push_str(&typescript::interface(&format!("{name}Answer"), extends, &answer.doc, record));
        }
        for (name, type_) in &self.taken {
            out.push_str(&typescript::definition(name, type_));
        }
        let runs = [("EnsureLimits", "ensure", EnsureOptions::FIELDS), ("WaitLimits", "wait", WaitOptions::FIELDS)];
        for (name, method, options) in runs {
            let _ = writeln!(
                out,
                "/** The options of `{method}` that the core reads beside those of one call. */\nexport interface {name} {{"
            );
            for option in options {
                let _ = writeln!(out, "  /** {} */\n  {}", about(option, "milliseconds")?, typescript::option(option));
            }
            out.push_str("}\n\n");
        }
        out.push_str("/** The calls of a client. */\nexport interface Operations<PerCall> {\n");
        for (operation, request, _) in &self.operations {
            let _ = writeln!(
                out,
                "  /** {} */\n  {}(fields{}: {name}Request, options?: PerCall): Promise<{name}Answer>",
                line(operation.about())?,
                Convention::JavaScript.name(operation.name()),
                if request.shape.record()?.members.is_empty() { "?" } else { "" },
                name = pascal(operation.name()),
            );
        }
        out.push_str("}\n");
        Ok(out)
    }

    fn engine(&self) -> String {
        let mut out = TYPESCRIPT_HEAD.to_owned();
        let mut names = BTreeSet::new();
        self.engine.values().for_each(|type_| type_.shape.names(&mut names));
        names.retain(|name| !self.engine.contains_key(name));
        let names: Vec<_> = names.into_iter().collect();
        let _ = writeln!(out, "import type {{ {} }} from './generated.js'\n", names.join(", "));
        for (name, type_) in &self.engine {
            out.push_str(&typescript::definition(name, type_));
        }
        out.truncate(out.trim_end().len());
        out + "\n"
    }

    fn python(&self) -> Result<String> {
        let mut out = String::from(PYTHON_HEAD);
        for (name, type_) in &self.public {
            out.push_str(&python::definition(name, type_));
        }
        out.push_str(&python::options(|option| about(option, "seconds"))?);
        out.push_str(&python::error("ErrorAttributes", &self.error)?);
        for (name, record) in &self.records {
            out.push_str(&python::answer(name, "Record", record)?);
        }
        let mut names: Vec<_> = self.public.keys().chain(self.records.keys()).cloned().collect();
        names.push("Options".to_owned());
        for (operation, request, answer) in &self.operations {
            let name = pascal(operation.name());
            out.push_str(&python::request(&format!("{name}Request"), request)?);
            out.push_str(&python::answer(&format!("{name}Answer"), "Answer", answer)?);
            names.extend([format!("{name}Request"), format!("{name}Answer")]);
        }
        for (name, type_) in &self.taken {
            out.push_str(&python::request(name, type_)?);
            names.push((*name).to_owned());
        }
        out.push_str("\n\nANSWERS: dict[str, type[Answer]] = {\n");
        for (operation, ..) in &self.operations {
            let _ = writeln!(out, "    \"{operation}\": {}Answer,", pascal(operation.name()));
        }
        out.push_str("}\n\"\"\"The class of each operation's answer.\"\"\"\n");
        names.sort();
        let names: String = names.iter().map(|name| format!("    \"{name}\",\n")).collect();
        Ok(out.replace("__ALL__", &names))
    }

    fn python_calls(&self) -> Result<String> {
        let operations: Vec<_> =
            self.operations.iter().map(|(operation, ..)| (operation.name(), pascal(operation.name()))).collect();
        let mut names: Vec<String> = ["Operation", "ANSWERS", "Model", "Ensured", "Which"].map(str::to_owned).into();
        let mut out = String::new();
        for (head, calls) in [(PYTHON_OPERATIONS, Calls::Waiting), (PYTHON_ASYNC_OPERATIONS, Calls::Awaited)] {
            out.push_str(head);
            for (operation, request, answer) in &self.operations {
                let (name, request) = (pascal(operation.name()), request.shape.record()?);
                out.push_str(&python::method(*operation, &name, request, calls)?);
                names.extend([format!("{name}Request"), format!("{name}Answer")]);
                if *operation != Operation::Query {
                    continue;
                }
                let records = answer.shape.record()?.members.iter().find_map(|member| match &member.shape {
                    Shape::List(item) => Some(python::kind(item)),
                    _ => None,
                });
                let record = records.ok_or("the answer to a query holds no records")?;
                out.push_str(&python::pages(&format!("{operation}_all"), &name, &record, request, calls)?);
                names.push(record);
            }
            out.push_str(&python::parse(&operations, Some(calls)));
            let declare = self.operations.iter().find(|(operation, ..)| *operation == Operation::Declare);
            let (_, declare, _) = declare.ok_or("there is no declare")?;
            for run in [
                python::Run {
                    method: "ensure",
                    about: "Makes a declaration be as wanted, whatever happened before: asks, and then declares, modifies, pushes again, waits, or says why a person must decide.\n\n        Its deadline is 15 minutes unless given, and 60 seconds without ``wait``. What it gives is plain data, to be given back as ``after``.",
                    takes: "DeclareRequest",
                    request: declare.shape.record()?,
                    options: EnsureOptions::FIELDS,
                    returns: "Ensured",
                    wraps: false,
                },
                python::Run {
                    method: "wait",
                    about: "Looks at a declaration until it stops moving, and gives its record, also for FAIL and EXCEPT.\n\n        Its deadline is 15 minutes unless given; then it raises STILL_MOVING, whose ``detail`` is the last record.",
                    takes: "Which",
                    request: self.taken[0].1.shape.record()?,
                    options: WaitOptions::FIELDS,
                    returns: "Declaration",
                    wraps: true,
                },
            ] {
                out.push_str(&python::run(&run, calls)?);
            }
        }
        out.push('\n');
        out.push_str(&python::parse(&operations, None));
        let mut used = BTreeSet::new();
        for (_, request, _) in &self.operations {
            request.shape.names(&mut used);
        }
        names.extend(used);
        names.sort();
        names.dedup();
        let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
        Ok(PYTHON_CALLS_HEAD.replace("__NAMES__", &names) + &out)
    }
}

const PYTHON_HEAD: &str = r#""""Generated by `cargo xtask generate` from the core. Do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NoReturn, Protocol, TypedDict

from ._answer import Answer, Record

__all__ = [
__ALL__]


class Dataclass(Protocol):
    """A dataclass; an attribute that is None counts as not given."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Pydantic(Protocol):
    """A model of pydantic's; an attribute that is None counts as not given."""

    def model_dump(self) -> dict[str, Any]:
        """Gives its fields."""


# `dict[str, Any]` fits into the last of these, a dictionary of known values does not.
Model = Dataclass | Pydantic | dict[str, NoReturn]
"""What fields may be given as, beside typed dictionaries; a ``dict[str, Any]`` is checked when the call is made."""
"#;

const PYTHON_CALLS_HEAD: &str = r#""""Generated by `cargo xtask generate` from the core. Do not edit.

As long as a call is under way, and when it raises, no frame here holds what the caller gave: tools that report errors print it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, cast, overload

from . import _native
from ._answer import Answer
from ._driver import Driver, wrapped
from ._frames import shown
from ._generated import (
__NAMES__)

if TYPE_CHECKING:
    from ._async_driver import AsyncDriver
    from ._client import AnyOptions
"#;

const PYTHON_OPERATIONS: &str = r#"

class Operations:
    """The calls of a client."""

    _driver: Driver
"#;

const PYTHON_ASYNC_OPERATIONS: &str = r#"

class AsyncOperations:
    """The calls of an asynchronous client."""

    _driver: AsyncDriver
"#;
