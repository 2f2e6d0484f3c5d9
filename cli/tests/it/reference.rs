//! `docs/cli.md`, made from the definition of the command line. `UPDATE_GOLDEN=1` writes it anew.

use clap::{Arg, Command, CommandFactory as _};
use dbx_cli::args::Cli;
use std::{env, fmt::Write as _, fs, path::Path};

const HEAD: &str = "\
# `dbx`: reference

<!-- Made from the program by cli/tests/it/reference.rs; do not edit.
     After a change: UPDATE_GOLDEN=1 cargo test -p dbx-cli reference -->
";

fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = HEAD.to_owned();
    let _ = write!(text, "\n{}\n", about(&root));
    let after = root.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    for section in after.split("\n\n") {
        let (title, lines) = section.split_once('\n').unwrap_or((section, ""));
        match lines {
            "" => drop(write!(text, "\n{title}\n")),
            lines => drop(write!(text, "\n{title}\n\n```text\n{lines}\n```\n")),
        }
    }
    text.push_str("\n## For every command\n");
    options(&mut text, "", root.get_arguments().filter(|arg| arg.is_global_set()));
    for command in root.get_subcommands() {
        describe(&mut text, command, 2);
    }
    text
}

fn describe(text: &mut String, command: &Command, depth: usize) {
    if command.get_name() == "help" {
        return;
    }
    let name = command.get_bin_name().unwrap_or_default();
    let _ = write!(text, "\n{} `{name}`\n\n{}\n", "#".repeat(depth), about(command));
    if command.has_subcommands() {
        for command in command.get_subcommands() {
            describe(text, command, depth + 1);
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace("\n       ", "\n");
    let _ = write!(text, "\n```text\n{usage}\n```\n");
    options(text, &usage, command.get_arguments().filter(|arg| !arg.is_global_set()));
    let aliases: Vec<&str> = command.get_visible_aliases().collect();
    if !aliases.is_empty() {
        let _ = write!(text, "\nAlso called: `{}`\n", aliases.join("`, `"));
    }
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    if about.ends_with('.') { about } else { about + "." }
}

fn options<'a>(text: &mut String, usage: &str, arguments: impl Iterator<Item = &'a Arg>) {
    let mut shown =
        arguments.filter(|arg| !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version");
    let Some(first) = shown.next() else { return };
    text.push_str("\n| Argument | Meaning |\n|---|---|\n");
    for argument in std::iter::once(first).chain(shown) {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|_| argument.get_action().takes_values() && !argument.is_hide_possible_values_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        let mut spelled = argument.to_string();
        // Needed unless a hidden spelling of it is there; the usage knows.
        let needed = spelled.replace('[', "<").replace(']', ">");
        if argument.is_positional() && usage.contains(&needed) {
            spelled = needed;
        }
        let spelled = spelled.replace('|', "\\|");
        let short = argument.get_short().filter(|_| argument.get_long().is_some());
        let short = short.map(|short| format!("`-{short}`, ")).unwrap_or_default();
        let _ = writeln!(text, "| {short}`{spelled}` | {}{values} |", help.replace('|', "\\|"));
    }
}

#[test]
fn reference_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let page = page();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/cli.md is stale; run: UPDATE_GOLDEN=1 cargo test -p dbx-cli reference");
}

#[test]
fn every_command_and_argument_is_described() {
    fn check(command: &Command) {
        let name = command.get_bin_name().unwrap_or("dbx");
        assert!(command.get_about().is_some(), "{name} has no description");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name} {argument} has no description");
        }
        command.get_subcommands().filter(|command| command.get_name() != "help").for_each(check);
    }
    let mut root = Cli::command();
    root.build();
    check(&root);
}
