//! What a project is written with knows every part of the contract.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use mcphub_tests::peers;

use super::Project;

/// Every part as it is meant where nothing is said, the helpers for the others, and what a slip is told.
const PYTHON: &str = r#"
import mcphub
from wit_world import exports

parts = [name for name, part in vars(exports).items() if hasattr(part, "profile")]
for name in parts:
    mcphub.profile(name)().profile()
mcphub.inputs({"key": "tenant", "title": "Tenant"})().inputs()
mcphub.setup(mcphub.guide("Application", "https://acme.example/", "2026-01-01", mcphub.step("Go.")))().guides()
mcphub.errors(mcphub.row(None, ("insufficient-scope", ["read"]), "more is needed", contains="scope"))().table()
mcphub.answering("Revocation", "profile", ("none", None))
mcphub.answering("Revocation", "profile", ("plan", mcphub.plan("https://acme.example/{random:32}", method="delete")))
mcphub.send("https://acme.example/{access-token}")
mcphub.done(account_label="me")
mcphub.flow_step(("choose", {"key": "site", "title": "Site", "options": []}))
mcphub.answer("OnMatch", "match_server", None)
mcphub.answer("OnError", "classify", mcphub.fault(("rate-limited", 3)))
mcphub.answer("OnRegistration", "attempts", [("setup", "application"), ("refuse", mcphub.fault("transient"))])
assert isinstance(mcphub.refusal("user-denied", "no"), Exception)
for slip in [{"rotaton": "none"}, {"shape": {"method": "get"}}]:
    try:
        mcphub.profile("Refresh", **slip)
    except ValueError as error:
        print(error)
print(len(parts), "parts")
"#;

/// The same in JavaScript; the parts' names are arguments.
const JAVASCRIPT: &str = r#"
import * as mcphub from "./src/mcphub.js";

const parts = process.argv.slice(1);
for (const part of parts) mcphub.profile(part).profile();
mcphub.inputs({ key: "tenant", title: "Tenant" }).inputs();
mcphub.guides(mcphub.guide("Application", "https://acme.example/", "2026-01-01", [mcphub.step("Go.")])).guides();
mcphub.table(mcphub.row(undefined, { tag: "insufficient-scope", val: ["read"] }, "more is needed")).table();
mcphub.plan({ url: "https://acme.example/{random:32}", method: "delete" });
mcphub.send({ url: "https://acme.example/{access-token}" });
mcphub.done({ accountLabel: "me" });
if (mcphub.refusal("user-denied", "no").payload.class.tag !== "user-denied") throw new Error("a refusal is a fault");
try {
  mcphub.profile("refresh", { rotaton: "none" });
} catch (error) {
  console.log(error.message);
}
console.log(parts.length, "parts");
"#;

#[test]
fn the_helpers_in_python_know_every_part_of_the_contract() {
    let Some(tool) = peers::componentize_py() else { return };
    let mut project = Project::python(["--like", "okta"], &tool);
    let directory = project.home.settings().with_file_name("acme");
    let exports: Vec<String> = exports(&directory).iter().map(|name| format!("    export {name};\n")).collect();
    let exports = exports.concat();
    let world = format!("package my:plugin;\n\nworld plugin {{\n{exports}}}\n");
    std::fs::write(directory.join("wit/plugin.wit"), world).expect("written");
    told(&mut project.commands[0]);

    let mut python = Command::new("python3");
    python.args(["-c", PYTHON]).env("PYTHONPATH", "build/bindings").current_dir(&directory);
    let told = told(&mut python);

    let expected = format!(
        "Refresh has no rotaton\nRequestShape needs placement, renames, omit, extra, headers\n{} parts\n",
        profiles(&directory).len()
    );
    assert_eq!(told, expected);
}

#[test]
fn the_helpers_in_javascript_know_every_part_of_the_contract() {
    let Some(peers) = peers::componentize_js() else { return };
    let project = Project::javascript(["--like", "slack"], &peers);
    let directory = project.home.settings().with_file_name("acme");
    let profiles = profiles(&directory);

    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", JAVASCRIPT]).args(&profiles).current_dir(&directory);

    assert_eq!(told(&mut node), format!("refresh has no rotaton\n{} parts\n", profiles.len()));
}

/// What a plugin may export.
fn exports(project: &Path) -> BTreeSet<String> {
    let world = contract(project, "world.wit");
    let exports = world.lines().filter_map(|line| line.trim().strip_prefix("export ")?.strip_suffix(';'));
    exports.map(|name| format!("mcphub:provider/{name}@0.1.0")).collect()
}

/// The parts that are data, named as in JavaScript.
fn profiles(project: &Path) -> Vec<String> {
    let interfaces = contract(project, "profile.wit");
    let interfaces = interfaces.split("\ninterface ").filter(|interface| interface.contains("profile: func()"));
    interfaces.filter_map(|interface| interface.split(' ').next()).map(camel).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
}

fn contract(project: &Path, file: &str) -> String {
    std::fs::read_to_string(project.join("wit/deps/mcphub-provider").join(file)).expect("the contract")
}

fn told(command: &mut Command) -> String {
    let output = command.output().expect("the tool runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
