//! Which file of a crate needs which: by `use`, and by paths that begin with `crate`, `super`, `self` or a child module.
//!
//! A path leads to the file that defines its name, also through a file that only imports or re-exports it. What a file
//! re-exports of its own children is no need of it. Methods make no import: who holds a value may call it.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::Source;
use super::words::Word;

/// A module by its path in the crate; the root is empty.
pub(super) type Module = Vec<String>;

/// A crate, with the paths that its files write.
pub(super) struct Crate<'s> {
    pub(super) files: BTreeMap<Module, File<'s>>,
}

/// One file of a crate.
pub(super) struct File<'s> {
    pub(super) source: &'s Source,
    /// What its `use` items bring in.
    uses: Vec<Use>,
    /// Paths in its code.
    inline: Vec<Vec<String>>,
    /// The names that it defines.
    defines: BTreeSet<String>,
}

struct Use {
    path: Vec<String>,
    /// The name under which it is known in the file; `*` for all of a module.
    name: String,
    is_public: bool,
}

impl<'s> Crate<'s> {
    /// The crate below this folder. Files of tests and programs of their own are left out.
    pub(super) fn of(folder: &str, sources: &'s [Source]) -> Self {
        let mut files = BTreeMap::new();
        for source in sources {
            let Some(inside) = source.path.strip_prefix(folder) else { continue };
            let is_for_tests = source.text.contains("\n#![cfg(test)]\n");
            if let Some(module) = module_of(inside).filter(|_| !is_for_tests) {
                files.insert(module, File::read(source));
            }
        }
        Self { files }
    }

    /// The modules that a module needs, with the path that says so.
    pub(super) fn needs(&self, module: &Module) -> BTreeMap<Module, String> {
        let Some(file) = self.files.get(module) else { return BTreeMap::new() };
        let uses = file.uses.iter().filter(|import| !(import.is_public && self.is_of_child(module, &import.path)));
        let paths = uses.map(|import| if import.name == "*" { import.path.as_slice() } else { &import.path });
        // A name that was imported is no child module.
        let is_imported = |path: &&Vec<String>| file.uses.iter().any(|import| import.name == path[0]);
        let inline = file.inline.iter().filter(|path| is_start(&path[0]) || !is_imported(path));
        let mut needs = BTreeMap::new();
        for path in paths.chain(inline.map(Vec::as_slice)) {
            if let Some(found) = self.resolve(module, path, 0).filter(|found| found != module) {
                needs.entry(found).or_insert_with(|| path.join("::"));
            }
        }
        needs
    }

    /// The modules that the paths of a module name, whether such a file was read or not.
    pub(super) fn names(&self, module: &Module) -> BTreeSet<Module> {
        let Some(file) = self.files.get(module) else { return BTreeSet::new() };
        let paths = file.uses.iter().map(|import| &import.path).chain(&file.inline);
        let begun = paths.filter(|path| is_start(&path[0]));
        begun.map(|path| absolute(module, path)).map(|(at, rest)| [at.as_slice(), rest].concat()).collect()
    }

    fn is_of_child(&self, module: &Module, path: &[String]) -> bool {
        let own = if path[0] == "self" { path.get(1) } else { path.first() };
        own.is_some_and(|name| self.files.contains_key(&child(module, name)))
    }

    /// The module that defines what a path names. None: another crate does.
    fn resolve(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut at, mut rest) = absolute(module, path);
        if !is_start(&path[0]) && !self.files.contains_key(&child(module, &path[0])) || depth > 20 {
            return None;
        }
        while let Some((name, after)) = rest.split_first() {
            let below = child(&at, name);
            if !self.files.contains_key(&below) {
                return Some(self.definer(&at, name, after, depth).unwrap_or(at));
            }
            (at, rest) = (below, after);
        }
        Some(at)
    }

    /// Follows a name through what a file imports.
    fn definer(&self, at: &Module, name: &str, after: &[String], depth: usize) -> Option<Module> {
        let file = self.files.get(at)?;
        if file.defines.contains(name) {
            return Some(at.clone());
        }
        let named = file.uses.iter().filter(|import| import.name == name);
        let mut found = named.filter_map(|import| self.resolve(at, &[&import.path, after].concat(), depth + 1));
        let globs = || file.uses.iter().filter(|import| import.name == "*");
        let through_globs = || {
            let mut modules = globs().filter_map(|import| self.resolve(at, &import.path, depth + 1));
            modules.find(|module| self.files.get(module).is_some_and(|file| file.defines.contains(name)))
        };
        found.next().or_else(through_globs)
    }
}

impl<'s> File<'s> {
    fn read(source: &'s Source) -> Self {
        let words = &source.words;
        let mut file = Self { source, uses: Vec::new(), inline: Vec::new(), defines: BTreeSet::new() };
        let mut at = 0;
        while at < words.len() {
            match &*words[at] {
                "use" => {
                    let end = words[at..].iter().position(|word| &**word == ";").map_or(words.len(), |end| at + end);
                    let is_public = at > 0 && matches!(&*words[at - 1], "pub" | ")");
                    collect(&words[at + 1..end], &[], is_public, &mut file.uses);
                    at = end;
                }
                "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" | "union" => {
                    file.defines.extend(words.get(at + 1).map(ToString::to_string));
                }
                word if is_name(word) && words.get(at + 1).is_some_and(|next| &**next == "::") => {
                    let (start, path) = (at, path_at(words, at));
                    at += 2 * (path.len() - 1);
                    if path.len() > 1 && !is_behind(words, start) {
                        file.inline.push(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        file
    }
}

/// The module of a file. None: it is one of tests, or a program of its own.
fn module_of(inside: &str) -> Option<Module> {
    let path = inside.strip_suffix(".rs")?;
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    if module.iter().any(|part| part == "bin" || part.ends_with("tests")) || inside == "main.rs" {
        return None;
    }
    if module.last().is_some_and(|last| last == "mod") || inside == "lib.rs" {
        module.pop();
    }
    Some(module)
}

/// Where a path begins, and what follows.
fn absolute<'p>(module: &Module, path: &'p [String]) -> (Module, &'p [String]) {
    match path[0].as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            (module[..module.len().saturating_sub(up)].to_vec(), &path[up..])
        }
        _ => (module.clone(), path),
    }
}

/// A tree of `use` taken apart.
fn collect(words: &[Word], before: &[String], is_public: bool, found: &mut Vec<Use>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < words.len() {
        match &*words[at] {
            "{" => {
                for part in parts(&words[at + 1..words.len() - 1]) {
                    collect(part, &path, is_public, found);
                }
                return;
            }
            "as" => {
                found.push(Use { path, name: words[at + 1].to_string(), is_public });
                return;
            }
            "*" => {
                found.push(Use { path, name: "*".to_owned(), is_public });
                return;
            }
            "self" if !path.is_empty() => {}
            "::" => {}
            name => path.push(name.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last().cloned() {
        found.push(Use { path, name, is_public });
    }
}

/// The parts between commas.
fn parts(words: &[Word]) -> Vec<&[Word]> {
    let (mut depth, mut from, mut found) = (0_usize, 0, Vec::new());
    for (at, word) in words.iter().enumerate() {
        match &**word {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                found.push(&words[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < words.len() {
        found.push(&words[from..]);
    }
    found
}

fn path_at(words: &[Word], from: usize) -> Vec<String> {
    let mut path = vec![words[from].to_string()];
    let mut at = from + 1;
    while words.get(at).is_some_and(|sign| &**sign == "::") && words.get(at + 1).is_some_and(|word| is_name(word)) {
        path.push(words[at + 1].to_string());
        at += 2;
    }
    path
}

/// Whether a path goes on from something: then it does not begin here.
fn is_behind(words: &[Word], from: usize) -> bool {
    let before = from.checked_sub(1).and_then(|at| words.get(at));
    before.is_some_and(|word| matches!(&**word, "::" | "." | "in"))
}

fn is_name(word: &str) -> bool {
    word.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

fn is_start(part: &str) -> bool {
    matches!(part, "crate" | "super" | "self")
}

fn child(module: &Module, name: &str) -> Module {
    module.iter().map(String::as_str).chain([name]).map(str::to_owned).collect()
}
