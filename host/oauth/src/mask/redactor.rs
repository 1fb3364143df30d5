//! A text of somebody else's without the secrets that they were sent.
//!
//! Whoever got a token may say it back in an error, whole or cut, and as their language writes it: percent-encoded, in a
//! JSON string, in HTML, in base64, in hexadecimal digits. No sixteen characters in a row of a secret are shown; of a shorter one, not all.

mod decoded;
mod encoded;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use decoded::{Unit, decoded, plain};
use encoded::{BASE64, HEX};

use super::MASK;

/// Shorter texts are no secrets: hiding them would hide words.
const SHORTEST: usize = 6;
/// So many characters of a secret in a row are not shown.
const WIDTH: usize = 16;
/// Of a longer secret only so many bytes are looked for: no header carries more.
const LONGEST: usize = 16 << 10;
/// So many characters of a value that may be secret are one window: practically all of it.
const WHOLE: usize = 256;
/// Longer texts are not looked into behind base64 and hexadecimal digits, bytes: it takes six readings.
const MAX_DECODED: usize = 1 << 20;
/// Windows that are kept; the oldest secrets go first.
const MAX_WINDOWS: usize = 1 << 18;
/// Of the hash: any odd number does.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Secrets, and nothing that could be read back: hashes of their parts. `Debug` shows a number.
#[derive(Default)]
pub struct Redactor {
    windows: HashMap<Window, u32>,
    /// How many windows there are of each width.
    widths: BTreeMap<usize, usize>,
    known: HashSet<Window>,
    /// In the order they came.
    secrets: VecDeque<(Window, Vec<Window>)>,
    total: usize,
}

/// Some characters in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Window {
    width: usize,
    hash: u64,
}

impl Redactor {
    /// Hides a secret from now on, and every part of it that is not short.
    pub fn add(&mut self, secret: &str) {
        self.insert(secret, WIDTH);
    }

    /// Hides a value that may be secret, where all of it is said.
    pub fn add_whole(&mut self, value: &str) {
        self.insert(value, WHOLE);
    }

    /// Whether this secret is hidden.
    #[must_use]
    pub fn knows(&self, secret: &str) -> bool {
        self.known.contains(&whole(&normal(kept(secret))))
    }

    /// The text with a mark in the place of every secret.
    #[must_use]
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.windows.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut found = Vec::new();
        self.find(plain(text), &mut found);
        if text.contains(['%', '\\', '&']) {
            self.find(decoded(plain(text)), &mut found);
            self.find(decoded(decoded(plain(text))), &mut found);
        }
        if text.len() <= MAX_DECODED {
            BASE64.readings(text).chain(HEX.readings(text)).for_each(|reading| self.find(reading, &mut found));
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(marked(text, found)) }
    }

    fn insert(&mut self, secret: &str, width: usize) {
        let secret = kept(secret);
        let characters = normal(secret);
        let id = whole(&characters);
        if characters.len() < SHORTEST || !self.known.insert(id) {
            return;
        }
        let mut windows = windows(&characters, width);
        if !secret.is_ascii() {
            // Escapes are undone byte by byte, which leaves ASCII alone as it was.
            let escaped: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            windows.extend(self::windows(&normal(&escaped), width));
        }
        for window in &windows {
            *self.windows.entry(*window).or_default() += 1;
            *self.widths.entry(window.width).or_default() += 1;
        }
        self.total += windows.len();
        self.secrets.push_back((id, windows));
        while self.total > MAX_WINDOWS && self.secrets.len() > 1 {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((id, windows)) = self.secrets.pop_front() else { return };
        self.known.remove(&id);
        self.total -= windows.len();
        for window in windows {
            if let Some(count) = self.windows.get_mut(&window) {
                *count -= 1;
                if *count == 0 {
                    self.windows.remove(&window);
                }
            }
            if let Some(count) = self.widths.get_mut(&window.width) {
                *count -= 1;
                if *count == 0 {
                    self.widths.remove(&window.width);
                }
            }
        }
    }

    /// Every place where a window of a secret stands: a rolling hash for each width.
    fn find(&self, units: impl Iterator<Item = Unit>, found: &mut Vec<(usize, usize)>) {
        let mut rolling: Vec<Rolling> = self.widths.keys().map(|&width| Rolling::new(width)).collect();
        let widest = self.widths.keys().next_back().copied().unwrap_or_default();
        let mut last: VecDeque<(u64, usize)> = VecDeque::with_capacity(widest);
        for unit in units {
            last.push_back((value(unit.character), unit.start));
            for hash in &mut rolling {
                let gone = last.len().checked_sub(hash.width + 1).and_then(|at| last.get(at));
                hash.roll(value(unit.character), gone.map(|gone| gone.0));
                let start = last.len().checked_sub(hash.width).and_then(|at| last.get(at));
                let window = Window { width: hash.width, hash: hash.hash };
                if let Some((_, start)) = start.filter(|_| self.windows.contains_key(&window)) {
                    found.push((*start, unit.end));
                }
            }
            if last.len() > widest {
                last.pop_front();
            }
        }
    }
}

impl<'s> FromIterator<&'s str> for Redactor {
    fn from_iter<T: IntoIterator<Item = &'s str>>(secrets: T) -> Self {
        let mut redactor = Self::default();
        secrets.into_iter().for_each(|secret| redactor.add(secret));
        redactor
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// The hash of the last characters, `width` of them.
struct Rolling {
    width: usize,
    hash: u64,
    /// What the oldest of `width` + 1 characters is multiplied by.
    weight: u64,
}

impl Rolling {
    fn new(width: usize) -> Self {
        Self { width, hash: 0, weight: (0..width).fold(1, |weight: u64, _| weight.wrapping_mul(BASE)) }
    }

    const fn roll(&mut self, new: u64, gone: Option<u64>) {
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(new);
        if let Some(gone) = gone {
            self.hash = self.hash.wrapping_sub(gone.wrapping_mul(self.weight));
        }
    }
}

/// Characters as they are compared: in one case, and in one alphabet of base64.
fn value(character: char) -> u64 {
    let one = match character {
        '-' => '+',
        '_' => '/',
        other => other.to_ascii_lowercase(),
    };
    u64::from(u32::from(one)) + 1
}

/// What is looked for of a secret.
fn kept(secret: &str) -> &str {
    secret.get(..secret.floor_char_boundary(LONGEST)).unwrap_or(secret)
}

fn normal(text: &str) -> Vec<u64> {
    text.chars().map(value).collect()
}

fn hash(characters: &[u64]) -> u64 {
    characters.iter().fold(0, |hash: u64, character| hash.wrapping_mul(BASE).wrapping_add(*character))
}

fn whole(characters: &[u64]) -> Window {
    Window { width: characters.len(), hash: hash(characters) }
}

/// All windows of a secret; one that is shorter than a window is one itself.
fn windows(characters: &[u64], width: usize) -> Vec<Window> {
    let width = width.min(characters.len());
    if width < SHORTEST {
        return Vec::new();
    }
    characters.windows(width).map(whole).collect()
}

fn marked(text: &str, mut found: Vec<(usize, usize)>) -> String {
    found.sort_unstable();
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    for (start, end) in found {
        if start >= at && (start > at || at == 0) {
            shown.push_str(text.get(at..start).unwrap_or_default());
            shown.push_str(MASK);
        }
        at = at.max(end);
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests;
