//! Any value of any type of the contract, as JSON in which `tests/garbler` reads it.

use std::collections::BTreeMap;
use std::path::Path;

use mcphub_plugins::Data;
use serde_json::{Map, Value, json};
use wit_parser::{Resolve, Type, TypeDefKind};

/// Texts that mean something to somebody.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\r\nx-evil: 1",
    "{code}",
    "{client-secret}",
    "https://evil.example/take",
    "https://login.provider.example/token",
    "https://login.provider.example/authorize?state=mine",
    "https://login.provider.example",
    "http://127.0.0.1:1/",
    "https://169.254.169.254/",
    "//evil.example",
    "../..",
    "/access_token",
    "/~1",
    "~2",
    "state",
    "redirect_uri",
    "code_verifier",
    "code_challenge",
    "code_challenge_method",
    "client_id",
    "client_secret",
    "response_type",
    "grant_type",
    "nonce",
    "code",
    "scope",
    "resource",
    "authorization",
    "host",
    "cookie",
    "mcp-session-id",
    "ü\u{0}\u{7f}\u{202e}",
    "*",
    "evil.example",
    "*.example",
    "mcp.provider.example",
    "login.provider.example",
    "{}",
    "{\"issuer\":\"https://evil.example\"}",
    "{\"token_endpoint\":\"https://evil.example/token\",\"redirect_uris\":[\"https://evil.example/\"]}",
    "[1]",
    "(a+)+$",
    "[",
    "main",
    "read",
    "RS256",
    "none",
    "client_secret_basic",
    "application/json",
    "text/plain\r\nx-evil: 1",
    "2026-08-20",
    "1.0.0",
    "any",
];

/// The same numbers every time.
pub struct Dice(u64);

impl Dice {
    /// Those of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn text(&mut self) -> String {
        match self.roll(24) {
            0 => "a".repeat(3000),
            _ => TEXTS[self.roll(TEXTS.len())].to_owned(),
        }
    }

    fn number(&mut self, largest: u64) -> Value {
        let near = u64::try_from(self.roll(700)).expect("small");
        json!(match self.roll(4) {
            0 => 0,
            1 => largest,
            _ => near.min(largest),
        })
    }
}

/// The contract's functions and what they answer.
pub struct Contract {
    resolve: Resolve,
    functions: BTreeMap<String, Type>,
}

impl Contract {
    /// From `wit/`.
    #[must_use]
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/provider/v0.1");
        let mut resolve = Resolve::new();
        let (package, _) = resolve.push_path(path).expect("the contract");
        let mut functions = BTreeMap::new();
        for (name, id) in &resolve.packages[package].interfaces {
            for (function, of) in &resolve.interfaces[*id].functions {
                functions.insert(format!("{name}.{function}"), of.result.expect("an answer"));
            }
        }
        Self { resolve, functions }
    }

    /// `interface.function` of all.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// Something of the type that this function answers with.
    #[must_use]
    pub fn anything(&self, function: &str, dice: &mut Dice) -> Value {
        self.any(self.functions[function], dice)
    }

    /// The answer with one place in it changed to something of its type.
    pub fn spoil(&self, function: &str, answer: &mut Value, dice: &mut Dice) {
        self.spoil_at(self.functions[function], answer, dice);
    }

    fn any(&self, ty: Type, dice: &mut Dice) -> Value {
        match ty {
            Type::Bool => json!(dice.roll(2) == 0),
            Type::U8 => dice.number(u8::MAX.into()),
            Type::U16 => dice.number(u16::MAX.into()),
            Type::U32 => dice.number(u32::MAX.into()),
            Type::U64 => dice.number(u64::MAX),
            Type::String => json!(dice.text()),
            Type::Id(id) => self.any_of(&self.resolve.types[id].kind, dice),
            other => panic!("the contract has no {other:?}"),
        }
    }

    fn any_of(&self, kind: &TypeDefKind, dice: &mut Dice) -> Value {
        match kind {
            TypeDefKind::List(ty) => (0..dice.roll(4)).map(|_| self.any(*ty, dice)).collect(),
            TypeDefKind::Option(_) if dice.roll(3) == 0 => Value::Null,
            TypeDefKind::Type(ty) | TypeDefKind::Option(ty) => self.any(*ty, dice),
            TypeDefKind::Result(either) => match (dice.roll(3), either.ok, either.err) {
                (0, _, Some(err)) => json!({"Err": self.any(err, dice)}),
                (_, Some(ok), _) => json!({"Ok": self.any(ok, dice)}),
                _ => panic!("a result without values"),
            },
            TypeDefKind::Enum(of) => json!(camel(&of.cases[dice.roll(of.cases.len())].name)),
            TypeDefKind::Variant(of) => {
                let case = &of.cases[dice.roll(of.cases.len())];
                match case.ty {
                    Some(ty) => json!({camel(&case.name): self.any(ty, dice)}),
                    None => json!(camel(&case.name)),
                }
            }
            TypeDefKind::Record(of) => {
                Value::Object(of.fields.iter().map(|field| (snake(&field.name), self.any(field.ty, dice))).collect())
            }
            other => panic!("the contract has no {}", other.as_str()),
        }
    }

    fn spoil_at(&self, ty: Type, answer: &mut Value, dice: &mut Dice) {
        let Type::Id(id) = ty else {
            *answer = self.any(ty, dice);
            return;
        };
        match (&self.resolve.types[id].kind, answer) {
            (TypeDefKind::Type(ty), answer) => self.spoil_at(*ty, answer, dice),
            (TypeDefKind::Option(ty), answer) if !answer.is_null() => self.spoil_at(*ty, answer, dice),
            (TypeDefKind::Record(of), Value::Object(members)) => {
                let field = &of.fields[dice.roll(of.fields.len())];
                self.spoil_at(field.ty, members.get_mut(&snake(&field.name)).expect("a member"), dice);
            }
            (TypeDefKind::List(ty), Value::Array(items)) if !items.is_empty() && dice.roll(2) == 0 => {
                let at = dice.roll(items.len());
                self.spoil_at(*ty, &mut items[at], dice);
            }
            (TypeDefKind::List(ty), Value::Array(items)) => items.push(self.any(*ty, dice)),
            (kind, answer) => *answer = self.any_of(kind, dice),
        }
    }
}

/// What a component said, as the garbler is told it.
#[must_use]
pub fn told(data: &Data) -> Value {
    match data {
        Data::Flag(flag) => json!(flag),
        Data::Number(number) => json!(number),
        Data::Text(text) => json!(text),
        Data::List(items) => items.iter().map(told).collect(),
        Data::Record(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (snake(name), told(value))).collect::<Map<_, _>>())
        }
        Data::Case(name, Some(carried)) => json!({camel(name): told(carried)}),
        Data::Case(name, None) | Data::Choice(name) => json!(camel(name)),
        Data::Option(inner) => inner.as_deref().map_or(Value::Null, told),
    }
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(capital).collect()
}
