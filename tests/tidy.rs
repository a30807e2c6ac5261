//! The rules of `docs/architecture.md`, "Invariants", as tests over the text of this repository.
//!
//! Every rule looks at the files and lists what breaks it as `file:line: what`; none compiles or
//! runs anything. Rust is looked at as *code*, with comments and the insides of strings blanked
//! out, so that a comment may speak of what the code must not use. Rules about the product leave
//! test modules out.
//!
//! What is allowed to break a rule stands in a list beside the rule, with the reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of product code that may be longer than [`LONGEST_FILE`] lines, and why.
const LONG_FILES: &[(&str, &str)] = &[];
const LONGEST_FILE: usize = 600;

/// Files outside `dialect/` that may name a variant of `DialectName`, and why.
const DIALECT_NAMERS: &[(&str, &str)] = &[(
    "freight-core/src/driver/url.rs",
    "the scheme of a URL is what names the dialect",
)];

/// The only modules where synchronous code meets asynchronous code: a file, and what lies in the
/// folder of the same name.
const ASYNC_MODULES: &[&str] = &[
    "freight-core/src/driver/runtime",
    "freight-core/src/dialect/postgres/driver",
    "freight-core/src/dialect/mysql/driver",
];

// ------------------------------------------------------------------------------ who uses what

#[test]
fn database_crates_are_named_only_by_dialects() {
    // `sqlx` is a tool with migrations, too, so that the word alone says nothing.
    let names = [
        "sea_query",
        "rusqlite",
        "libsqlite3_sys",
        "sqlx::",
        "use sqlx",
    ];
    let offences = rust_files()
        .iter()
        .filter(|file| !file.path.starts_with("freight-core/src/dialect/"))
        // A benchmark compares with what the libraries do by themselves.
        .filter(|file| !file.path.starts_with("tests/bench/"))
        .flat_map(|file| file.find(&file.code, &names))
        .collect();
    assert_none(
        "database crates outside freight-core/src/dialect/",
        offences,
    );
}

#[test]
fn asynchronous_code_stays_in_three_modules() {
    let offences = product_files()
        .iter()
        .filter(|file| !ASYNC_MODULES.iter().any(|module| file.is_part_of(module)))
        .flat_map(|file| file.find(file.product(), &["async", "await", "tokio"]))
        .collect();
    assert_none("async, await or tokio outside the three modules", offences);
}

#[test]
fn each_crate_uses_its_own_kind_of_library() {
    let command_line = [
        "clap",
        "clap_complete",
        "comfy_table",
        "dotenvy",
        "indicatif",
        "rustyline",
    ];
    let mut offences = Vec::new();
    for file in product_files() {
        if !file.path.starts_with("freight-lua/") {
            offences.extend(file.find(file.product(), &["mlua"]));
        }
        if !file.path.starts_with("freight-cli/") {
            offences.extend(file.find(file.product(), &command_line));
        }
    }
    assert_none(
        "mlua outside freight-lua, or command line crates outside freight-cli",
        offences,
    );
}

#[test]
fn only_the_printer_prints() {
    let calls = [
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "dbg!",
        "stdout()",
        "stderr()",
    ];
    let offences = product_files()
        .iter()
        .filter(|file| !file.path.starts_with("freight-cli/src/printer"))
        .flat_map(|file| file.find(file.product(), &calls))
        .collect();
    assert_none("printing outside freight-cli/src/printer.rs", offences);
}

#[test]
fn the_engine_reads_no_environment_variable() {
    let calls = ["env::var", "env::vars", "env::var_os", "env::set_var"];
    let offences = product_files()
        .iter()
        .filter(|file| file.path.starts_with("freight-core/"))
        .flat_map(|file| file.find(file.product(), &calls))
        .collect();
    assert_none("environment variables in freight-core", offences);
}

#[test]
fn only_dialects_match_on_the_dialect() {
    let names = [
        "DialectName::Sqlite",
        "DialectName::Postgres",
        "DialectName::Mysql",
    ];
    let offences = product_files()
        .iter()
        .filter(|file| !file.path.starts_with("freight-core/src/dialect/"))
        .filter(|file| !DIALECT_NAMERS.iter().any(|(path, _)| *path == file.path))
        .flat_map(|file| file.find(file.product(), &names))
        .collect();
    assert_none(
        "a dialect named outside freight-core/src/dialect/",
        offences,
    );
}

#[test]
fn dialects_have_the_same_files() {
    let folder = root().join("freight-core/src/dialect");
    let files_of = |dialect: &str| -> BTreeSet<String> {
        fs::read_dir(folder.join(dialect))
            .unwrap_or_else(|error| panic!("freight-core/src/dialect/{dialect}: {error}"))
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // A folder holds the parts of the file of the same name.
            .filter(|name| name.ends_with(".rs"))
            .collect()
    };
    let expected = files_of("sqlite");
    assert!(expected.contains("mod.rs"));
    for dialect in ["postgres", "mysql"] {
        let found = files_of(dialect);
        let differing: Vec<_> = expected.symmetric_difference(&found).collect();
        assert!(
            differing.is_empty(),
            "freight-core/src/dialect/{dialect} and …/sqlite differ in {differing:?}"
        );
    }
}

#[test]
fn results_never_come_out_of_a_hash_table() {
    let ordered = ["schema", "diff", "plan", "model"];
    let offences = product_files()
        .iter()
        .filter(|file| {
            ordered
                .iter()
                .any(|part| file.is_part_of(&format!("freight-core/src/{part}")))
        })
        .flat_map(|file| file.find(file.product(), &["HashMap", "HashSet"]))
        .collect();
    assert_none(
        "HashMap or HashSet where order is part of the result",
        offences,
    );
}

// -------------------------------------------------------------------------------------- errors

#[test]
fn every_kind_of_error_is_raised_somewhere() {
    let files = product_files();
    let unused: Vec<_> = error_kinds()
        .into_iter()
        .filter(|kind| {
            let names = ["ErrorKind", "Kind"].map(|of| format!("{of}::{}", kind.variant));
            !files.iter().filter(|file| file.path != KINDS).any(|file| {
                !file
                    .find(file.product(), &names.each_ref().map(String::as_str))
                    .is_empty()
            })
        })
        .map(|kind| format!("{KINDS}:{}: {} is never used", kind.line, kind.variant))
        .collect();
    assert_none("kinds of error that no code raises", unused);
}

#[test]
fn every_kind_of_error_is_explained() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let headings: Vec<(usize, &str, &str)> = page
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (code, variant) = line.strip_prefix("## FR")?.split_once(' ')?;
            Some((index + 1, code, variant))
        })
        .collect();
    let kinds = error_kinds();
    let mut offences = Vec::new();
    for kind in &kinds {
        let entry = headings
            .iter()
            .find(|(_, code, _)| kind.code.strip_prefix("FR") == Some(code));
        match entry {
            None => offences.push(format!(
                "{KINDS}:{}: {} {} has no entry `## {} {}` in docs/errors.md",
                kind.line, kind.code, kind.variant, kind.code, kind.variant
            )),
            Some((line, _, variant)) if *variant != kind.variant => offences.push(format!(
                "docs/errors.md:{line}: {} is called {}",
                kind.code, kind.variant
            )),
            Some(_) => {}
        }
    }
    for (line, code, _) in &headings {
        if !kinds.iter().any(|kind| kind.code == format!("FR{code}")) {
            offences.push(format!(
                "docs/errors.md:{line}: no error has the code FR{code}"
            ));
        }
    }
    if !headings.is_sorted_by_key(|(_, code, _)| *code) {
        offences.push("docs/errors.md: the entries are not in the order of their codes".to_owned());
    }
    assert_none("docs/errors.md and the kinds of error differ", offences);
}

// --------------------------------------------------------------------------------------- files

#[test]
fn every_file_says_what_it_is() {
    let offences = rust_files()
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}:1: no module comment", file.path))
        .collect();
    assert_none("files that do not begin with `//!`", offences);
}

#[test]
fn no_file_is_too_long() {
    let files = product_files();
    let length = |file: &Source| file.product().lines().count();
    let too_long = files
        .iter()
        .filter(|file| length(file) > LONGEST_FILE)
        .filter(|file| !LONG_FILES.iter().any(|(path, _)| *path == file.path))
        .map(|file| format!("{}:{LONGEST_FILE}: {} lines", file.path, length(file)));
    let forgotten = LONG_FILES
        .iter()
        .filter(|(path, _)| {
            !files
                .iter()
                .any(|file| file.path == *path && length(file) > LONGEST_FILE)
        })
        .map(|(path, _)| format!("{path} is in LONG_FILES and is not long"));
    assert_none("files over 600 lines", too_long.chain(forgotten).collect());
}

#[test]
fn nothing_is_unfinished() {
    let mut offences = Vec::new();
    for file in rust_files() {
        offences.extend(file.find(&file.code, &["todo!", "unimplemented!", "#[ignore"]));
        // A documentation test that is not run; the fence stands in a comment.
        offences.extend(file.find(&file.text, &[concat!("```", "ignore")]));
    }
    assert_none("todo!, unimplemented! or #[ignore]", offences);
}

#[test]
fn no_line_ends_in_blanks() {
    let mut offences = Vec::new();
    for path in all_files() {
        let is_ours = ["rs", "md", "toml", "yaml", "yml", "sh"]
            .iter()
            .any(|extension| path.extension().is_some_and(|found| found == *extension));
        // What tests read may have to look odd.
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let is_fixture =
            path.starts_with("tests") && (!is_rust || path.starts_with("tests/fixtures"));
        if !is_ours || is_fixture {
            continue;
        }
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for (index, line) in text.lines().enumerate() {
            if line.trim_end() != line {
                offences.push(format!(
                    "{}:{}: blanks at the end",
                    path.display(),
                    index + 1
                ));
            }
        }
    }
    assert_none("blanks at line ends", offences);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut offences = Vec::new();
    let documents: Vec<_> = all_files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| !path.starts_with("tests"))
        .collect();
    assert!(documents.contains(&PathBuf::from("README.md")));
    for path in &documents {
        let text = fs::read_to_string(root().join(path)).unwrap();
        for (line, target) in links(&text) {
            if let Err(problem) = follow(path, target) {
                offences.push(format!("{}:{line}: `{target}` {problem}", path.display()));
            }
        }
    }
    assert_none("links that lead nowhere", offences);
}

/// The targets of `[text](target)` outside fenced blocks and code spans, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        let mut start = 0;
        while let Some(at) = line[start..].find("](").map(|at| start + at) {
            let target = &line[at + 2..];
            let end = target.find(')').unwrap_or(target.len());
            if line[..at].matches('`').count() % 2 == 0 {
                found.push((index + 1, &target[..end]));
            }
            start = at + 2;
        }
    }
    found
}

/// Looks for what a link in `document` points at: a file, and a heading in it.
fn follow(document: &Path, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        root().join(document)
    } else {
        root().join(document.parent().unwrap()).join(file)
    };
    if !path.exists() {
        return Err("does not exist".to_owned());
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|heading| slug(heading.trim_start_matches('#').trim()) == anchor)
        .then_some(())
        .ok_or_else(|| "names a heading that does not exist".to_owned())
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| {
            if c == ' ' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

// ------------------------------------------------------------------------- reading the sources

const KINDS: &str = "freight-core/src/error/kind.rs";

struct Kind {
    variant: String,
    code: String,
    line: usize,
}

/// The lines `Variant "FR0101" "name";` of the list in `kind.rs`.
fn error_kinds() -> Vec<Kind> {
    let text = fs::read_to_string(root().join(KINDS)).unwrap();
    let kinds: Vec<_> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (variant, rest) = line.trim().split_once(" \"FR")?;
            let (digits, _) = rest.split_once('"')?;
            (rest.ends_with("\";") && variant.chars().all(char::is_alphanumeric)).then(|| Kind {
                variant: variant.to_owned(),
                code: format!("FR{digits}"),
                line: index + 1,
            })
        })
        .collect();
    assert!(
        kinds.len() > 40,
        "{KINDS} is not written as this test reads it"
    );
    kinds
}

/// A Rust file.
struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    /// The text with comments and the insides of strings replaced by blanks, line by line.
    code: String,
}

impl Source {
    /// True for the file of a module, and for those in its folder.
    fn is_part_of(&self, module: &str) -> bool {
        self.path
            .strip_prefix(module)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// The code before the file's test module.
    fn product(&self) -> &str {
        let end = self
            .code
            .find("#[cfg(test)]\nmod ")
            .unwrap_or(self.code.len());
        &self.code[..end]
    }

    /// Where one of `names` stands in `code`, not as a part of a longer name.
    fn find(&self, code: &str, names: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (index, line) in code.lines().enumerate() {
            for name in names {
                let is_whole = |at: usize| {
                    let goes_on_before =
                        is_word(line[..at].chars().next_back()) && is_word(name.chars().next());
                    let goes_on_after = is_word(line[at + name.len()..].chars().next())
                        && is_word(name.chars().next_back());
                    !goes_on_before && !goes_on_after
                };
                if line.match_indices(name).any(|(at, _)| is_whole(at)) {
                    found.push(format!("{}:{}: {name}", self.path, index + 1));
                }
            }
        }
        found
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Every Rust file of the repository; what tests only read is none.
fn rust_files() -> Vec<Source> {
    let files: Vec<_> = all_files()
        .into_iter()
        .filter(|path| !path.starts_with("tests/fixtures"))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            Source {
                path: path.to_str().unwrap().to_owned(),
                code: code_only(&text),
                text,
            }
        })
        .collect();
    assert!(files.iter().any(|file| file.path == "tests/tidy.rs"));
    files
}

/// The Rust files that are compiled into the product.
fn product_files() -> Vec<Source> {
    let mut files = rust_files();
    files.retain(|file| {
        file.path.starts_with("freight-")
            && file.path.contains("/src/")
            && !file.path.ends_with("/tests.rs")
            && !file.path.contains("/tests/")
    });
    assert!(files.iter().any(|file| file.path == KINDS));
    files
}

/// Every file of the repository, from its root, sorted; without what is built or hidden.
fn all_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            let name = entry.file_name().into_string().unwrap();
            if name == "target" || name == ".git" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn assert_none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// Rust text with comments and the insides of strings and characters replaced by blanks. Lines
/// stay where they are.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = is_word(code.chars().next_back());
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, 0),
            'r' if !after_word => raw_string(rest, 1).unwrap_or(0),
            'b' | 'c' if !after_word && rest[1..].starts_with('"') => quoted(rest, 1),
            'b' | 'c' if !after_word && rest[1..].starts_with('r') => {
                raw_string(rest, 2).unwrap_or(0)
            }
            '\'' => character(rest),
            _ => 0,
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
            code.extend(rest[..skipped].chars().map(blank));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the block comment at the start of `text`; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string whose quote is at `prefix`.
fn quoted(text: &str, prefix: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(prefix + 1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string whose `#`s or quote begin at `prefix`; `None` when it is none.
fn raw_string(text: &str, prefix: usize) -> Option<usize> {
    let hashes = text[prefix..].len() - text[prefix..].trim_start_matches('#').len();
    let body = text[prefix + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(prefix + hashes + 1 + length)
}

/// The length of the character literal at the start of `text`; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        None => 0,
    }
}

#[test]
fn comments_and_strings_are_not_code() {
    let cases = [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c\n */ d */ e", "a          \n         e"),
        (r#"f("a\"b", c)"#, "f(      , c)"),
        ("r#\"a\"b\"# c", "         c"),
        ("for\"x\"", "for   "),
        ("br\"a\" b\"c\" bar", "           bar"),
        (
            "&'a str, 'x', '\\'', '\\\\', y",
            "&'a str,    ,     ,     , y",
        ),
        ("\"é\" 'é' z", "        z"),
        ("if c == '\"' { async }", "if c ==     { async }"),
    ];
    for (text, expected) in cases {
        assert_eq!(code_only(text), expected, "{text}");
    }
}
