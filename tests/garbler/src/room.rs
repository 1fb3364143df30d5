//! The answers in the file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

const MARK: &[u8] = b"{\"mark\":\"mcphub-garbler\"}";
const SIZE: usize = 64 * 1024;

/// The mark and the room behind it, which the answers are written over.
#[used]
static ROOM: [u8; SIZE] = room();

const fn room() -> [u8; SIZE] {
    let mut room = [b' '; SIZE];
    let mut at = 0;
    while at < MARK.len() {
        room[at] = MARK[at];
        at += 1;
    }
    room
}

/// What a function is to answer.
pub(crate) fn told<T: DeserializeOwned>(function: &str) -> Option<T> {
    answer(function).map(|answer| read(function, answer.get()))
}

/// What a function is to answer at the call of this number; the last answer is for all further ones.
pub(crate) fn told_at<T: DeserializeOwned>(function: &str, number: u8) -> Option<T> {
    let turns: Vec<&RawValue> = read(function, answer(function)?.get());
    let turn = turns.get(usize::from(number)).or(turns.last())?;
    Some(read(function, turn.get()))
}

/// There is no answer where one is needed.
pub(crate) fn fail<T>() -> T {
    fail_with("no answer")
}

fn answer(function: &str) -> Option<&'static RawValue> {
    let room = std::hint::black_box(&ROOM);
    let order = std::str::from_utf8(room.trim_ascii_end()).unwrap_or_default();
    let mut answers: BTreeMap<&str, &RawValue> = read("the order", order);
    if answers.get("trap").is_some_and(|trapped| trapped.get().trim_matches('"') == function) {
        std::process::abort();
    }
    answers.remove(function)
}

fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| fail_with(&format!("{what}: {error}")))
}

fn fail_with(why: &str) -> ! {
    eprintln!("the order cannot be followed: {why}");
    std::process::abort();
}
