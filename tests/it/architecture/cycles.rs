//! Files that need each other in a circle (Tarjan's strongly connected components, and the shortest circle of each).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::{Crate, Module};
use super::sources::{CRATES, Source};

/// One sentence for each circle of each crate.
pub(super) fn found(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in CRATES {
        let all = Crate::of(folder, sources);
        let graph = graph(&all);
        for circle in components(&graph) {
            let path =
                |module: &Module| all.files.get(module).map(|file| file.source.path.as_str()).unwrap_or_default();
            found.push(shortest(&graph, &circle).iter().map(path).collect::<Vec<_>>().join(" → "));
        }
    }
    found
}

/// How many files are in circles.
pub(super) fn count(sources: &[Source]) -> usize {
    let of = |folder: &&str| components(&graph(&Crate::of(folder, sources))).iter().map(BTreeSet::len).sum::<usize>();
    CRATES.iter().map(of).sum()
}

type Graph = BTreeMap<Module, Vec<Module>>;

fn graph(all: &Crate<'_>) -> Graph {
    all.files.keys().map(|module| (module.clone(), all.needs(module).into_keys().collect())).collect()
}

/// The sets of modules that all reach each other, of two or more.
fn components(graph: &Graph) -> Vec<BTreeSet<Module>> {
    let mut state =
        Tarjan { graph, numbers: BTreeMap::new(), lowest: BTreeMap::new(), stack: Vec::new(), found: Vec::new() };
    for module in graph.keys() {
        if !state.numbers.contains_key(module) {
            state.visit(module);
        }
    }
    state.found
}

struct Tarjan<'g> {
    graph: &'g Graph,
    numbers: BTreeMap<&'g Module, usize>,
    lowest: BTreeMap<&'g Module, usize>,
    stack: Vec<&'g Module>,
    found: Vec<BTreeSet<Module>>,
}

impl<'g> Tarjan<'g> {
    fn visit(&mut self, module: &'g Module) {
        let number = self.numbers.len();
        self.numbers.insert(module, number);
        self.lowest.insert(module, number);
        self.stack.push(module);
        for next in self.graph.get(module).into_iter().flatten() {
            let reached = if !self.numbers.contains_key(next) {
                self.visit(next);
                self.lowest[next]
            } else if self.stack.contains(&next) {
                self.numbers[next]
            } else {
                continue;
            };
            let lowest = self.lowest[module].min(reached);
            self.lowest.insert(module, lowest);
        }
        if self.lowest[module] == number {
            let at = self.stack.iter().position(|other| *other == module).expect("on the stack");
            let component: BTreeSet<Module> = self.stack.split_off(at).into_iter().cloned().collect();
            if component.len() > 1 {
                self.found.push(component);
            }
        }
    }
}

/// The shortest way from the first module of a component back to it.
fn shortest(graph: &Graph, component: &BTreeSet<Module>) -> Vec<Module> {
    let first = component.first().expect("two or more");
    let mut ways = VecDeque::from([vec![first.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last().expect("not empty");
        for next in graph.get(last).into_iter().flatten().filter(|next| component.contains(*next)) {
            let longer: Vec<Module> = way.iter().chain([next]).cloned().collect();
            if next == first {
                return longer;
            }
            if seen.insert(next.clone()) {
                ways.push_back(longer);
            }
        }
    }
    Vec::new()
}
