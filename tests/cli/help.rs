//! `--help` of every command, `--version` and the completion scripts.
//!
//! The texts stand in `tests/cli/help/*.txt`. After a change, `FREIGHT_BLESS=1 cargo test --test
//! cli` writes them again, to be looked at in the diff.

use std::path::Path;

use crate::project::{Project, Run};

const COMMANDS: &[&str] = &[
    "",
    "init",
    "migrate",
    "migrate up",
    "migrate down",
    "migrate redo",
    "migrate status",
    "migrate new",
    "migrate diff",
    "migrate verify",
    "migrate baseline",
    "migrate adopt",
    "migrate repair",
    "diff",
    "apply",
    "introspect",
    "generate",
    "types",
    "run",
    "completions",
    "console",
    "cache",
    "cache status",
    "cache purge",
    "cache rotate",
];

#[test]
fn every_help_is_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/help");
    let is_blessing = std::env::var_os("FREIGHT_BLESS").is_some();
    for command in COMMANDS {
        let run = Project::empty().run(&format!("{command} --help"));
        assert_eq!((run.status, &*run.stderr), (Some(0), ""), "{command}");
        let name = format!("freight {command}").trim().replace(' ', "-");
        let file = folder.join(format!("{name}.txt"));
        if is_blessing {
            std::fs::write(&file, &run.stdout).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            run.stdout,
            expected,
            "{}: run with FREIGHT_BLESS=1",
            file.display()
        );
    }
}

#[test]
fn help_has_no_variable_of_the_environment_in_it() {
    let url = [("DATABASE_URL", "postgres://u:secret@h/d")];
    for command in COMMANDS {
        let run = Project::empty().run_with(&format!("{command} --help"), &url);
        assert!(!run.stdout.contains("secret"), "{command}");
    }
}

#[test]
fn version_is_one_line() {
    let project = Project::empty();
    let version = env!("CARGO_PKG_VERSION");
    let expected = Run::of(0, &format!("freight {version}\n"), "");
    assert_eq!(project.run("--version"), expected);
    assert_eq!(project.run("-V"), expected);
    let json = project.run("--version --json").json();
    assert_eq!(json["version"], version);
    assert_eq!(json["ok"], true);
}

#[test]
fn without_a_command_the_help_goes_to_stderr() {
    let run = Project::empty().run("");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""));
    assert!(run.stderr.contains("Usage: freight [OPTIONS] <COMMAND>"));
}

#[test]
fn completions_know_the_commands() {
    for (shell, mark) in [
        ("bash", "_freight()"),
        ("zsh", "#compdef freight"),
        ("fish", "complete -c freight"),
        ("elvish", "edit:completion:arg-completer[freight]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let run = Project::empty().run(&format!("completions {shell}"));
        assert_eq!((run.status, &*run.stderr), (Some(0), ""));
        assert!(run.stdout.contains(mark), "{shell}");
        assert!(run.stdout.contains("history-table"), "{shell}");
    }
    let json = Project::empty().run("completions bash --json").json();
    assert_eq!(json["shell"], "bash");
    assert!(json["script"].as_str().unwrap().contains("_freight()"));
}
