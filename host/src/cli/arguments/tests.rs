use super::*;
use clap::CommandFactory;

#[test]
fn the_command_line_is_well_formed() {
    Arguments::command().debug_assert();
}

#[test]
fn without_a_command_the_hub_serves() {
    assert_eq!(Arguments::try_parse_from(["mcphub"]).expect("parses").log_level(), "info");
    assert!(Arguments::try_parse_from(["mcphub", "serve", "--no-browser"]).expect("parses").no_browser);
}

#[test]
fn wrong_usage_is_told() {
    for words in
        [&["mcphub", "auth"][..], &["mcphub", "auth", "login"], &["mcphub", "--listen", "here"], &["mcphub", "fly"]]
    {
        assert!(Arguments::try_parse_from(words).is_err(), "{words:?}");
    }
}

/// The help of a command and of all commands below it, one after the other.
fn help(command: &mut clap::Command, texts: &mut Vec<String>) {
    let name = command.get_bin_name().unwrap_or("mcphub").to_owned();
    texts.push(format!("$ {name} -h\n{}", command.render_help()));
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        help(inner, texts);
    }
}

#[test]
fn every_command_has_a_help() {
    let (mut command, mut texts) = (Arguments::command(), Vec::new());
    let global: Vec<String> = command
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .map(|name| format!("      --{name} "))
        .collect();
    command.build();

    help(&mut command, &mut texts);

    let (first, rest) = texts.split_first().expect("a help");
    // The options of every command stand in the first text.
    let rest = rest.iter().flat_map(|text| text.lines()).filter(|line| !global.iter().any(|own| line.starts_with(own)));
    insta::assert_snapshot!(format!("{first}\n{}", rest.collect::<Vec<_>>().join("\n")));
}
