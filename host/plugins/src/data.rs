//! The profile as the component says it, in the contract's words: what a plugin in another language would write.

use wasmtime::component::Val;
use wasmtime::component::types::ComponentItem;

use crate::error::CallError;
use crate::load::interface;
use crate::plugin::Plugin;

/// What stands for a hook in an error.
const HOOK: &str = "the profile";

/// What an interface of the profile answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPart {
    /// Its name, such as `token-response`.
    pub interface: String,
    /// The function of the contract that answered.
    pub function: String,
    /// What it answered, made of plain values.
    pub answer: Data,
}

/// A value of a WIT type, of those that profiles are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A `bool` of the contract.
    Flag(bool),
    /// A whole number of any width.
    Number(u64),
    /// A `string`, or the name of an enum's case.
    Text(String),
    /// A `list` of values.
    List(Vec<Data>),
    /// `record`: fields with their values, in order.
    Record(Vec<(String, Data)>),
    /// A case of a `variant`, and what it carries.
    Case(String, Option<Box<Data>>),
    /// A case of an `enum`.
    Choice(String),
    /// An `option`, with its value where it has one.
    Option(Option<Box<Data>>),
}

impl Plugin {
    /// What the static interfaces answer, in the order of the component's exports.
    pub async fn data(&self) -> Result<Vec<DataPart>, CallError> {
        let mut parts = Vec::new();
        for (export, function) in self.questions().await? {
            let Some((interface, _)) = interface(&export) else { continue };
            let interface = interface.to_owned();
            let answer = self.ask(&export, &function).await?;
            parts.push(DataPart { interface, function, answer });
        }
        Ok(parts)
    }

    /// Interfaces with one function that takes nothing: those of the profile.
    async fn questions(&self) -> Result<Vec<(String, String)>, CallError> {
        let component = self.opened(HOOK).await?.component.component();
        let (engine, ty) = (component.engine(), component.component_type());
        let interfaces = ty.exports(engine).filter_map(|(name, export)| {
            let ComponentItem::ComponentInstance(instance) = export.ty else { return None };
            let mut functions = instance.exports(engine).filter_map(|(name, export)| match export.ty {
                ComponentItem::ComponentFunc(function) => Some((name.to_owned(), function.params().len())),
                _ => None,
            });
            match (functions.next(), functions.next()) {
                (Some((function, 0)), None) => Some((name.to_owned(), function)),
                _ => None,
            }
        });
        Ok(interfaces.collect())
    }

    async fn ask(&self, export: &str, function: &str) -> Result<Data, CallError> {
        let mut run = self.start(HOOK).await?;
        let ended = run.deadline.wait(async {
            let (store, instance) = (&mut run.store, &run.instance);
            let interface = instance.get_export_index(&mut *store, None, export);
            let index = instance.get_export_index(&mut *store, interface.as_ref(), function);
            let found = index.and_then(|index| instance.get_func(&mut *store, index));
            let found = found.ok_or_else(|| wasmtime::format_err!("{export} has no {function}"))?;
            let mut results = [Val::Bool(false)];
            found.call_async(&mut *store, &[], &mut results).await?;
            let [answer] = results;
            data(answer)
        });
        let ended = ended.await;
        self.end(HOOK, &run, ended, &function)
    }
}

fn data(value: Val) -> wasmtime::Result<Data> {
    Ok(match value {
        Val::Bool(flag) => Data::Flag(flag),
        Val::U8(number) => Data::Number(number.into()),
        Val::U16(number) => Data::Number(number.into()),
        Val::U32(number) => Data::Number(number.into()),
        Val::U64(number) => Data::Number(number),
        Val::String(text) => Data::Text(text),
        Val::List(items) => Data::List(items.into_iter().map(data).collect::<wasmtime::Result<_>>()?),
        Val::Record(fields) => {
            let field = |(name, value)| Ok((name, data(value)?));
            Data::Record(fields.into_iter().map(field).collect::<wasmtime::Result<_>>()?)
        }
        Val::Variant(name, carried) => Data::Case(name, carried.map(|carried| boxed(*carried)).transpose()?),
        Val::Enum(name) => Data::Choice(name),
        Val::Option(inner) => Data::Option(inner.map(|inner| boxed(*inner)).transpose()?),
        other => return Err(wasmtime::format_err!("profiles have no {other:?}")),
    })
}

fn boxed(value: Val) -> wasmtime::Result<Box<Data>> {
    data(value).map(Box::new)
}
