//! The README and the pages of `docs/` do as they say: their `sh` blocks are run line by line as they are written, with the built
//! executable in place of `cargo run --release --`, for each page in its own copy of what a fresh checkout has. Their `bash` blocks
//! need a key, a network or patience, and are not run; but every command and flag that a page names anywhere exists.
//!
//! A line that is to fail says so: `# exits 4`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use rushes::simulator::Fault;

pub(crate) const EXECUTABLE: &str = env!("CARGO_BIN_EXE_rushes");

/// Flags of cargo, which a page may speak of as if everybody knew whose they are.
const CARGO: &[&str] = &["--release", "--path", "--open", "--features", "--no-default-features"];

/// Flags of other programs, which stand only in commands.
const OTHERS: &[&str] = &[
    "--cap-drop",
    "--failed",
    "--from-file",
    "--locked",
    "--now",
    "--read-only",
    "--rm",
    "--stop-timeout",
    "--system",
    "--target",
];

#[test]
fn every_line_of_its_sh_blocks_does_what_it_says() {
    let run = thread::scope(|scope| {
        let pages: Vec<_> = pages().into_iter().map(|page| scope.spawn(move || run_as_written(&page))).collect();
        pages.into_iter().map(|page| page.join().expect("a page that does as it says")).sum::<usize>()
    });
    assert!(run >= 60, "only {run} lines were run: have the pages lost their blocks?");
}

#[test]
fn every_command_and_flag_that_a_page_names_exists() {
    let (verbs, flags) = all_there_is();
    let mut unknown = BTreeSet::new();
    for page in pages() {
        for code in codes(&read(&page)) {
            // `sudo -u rushes rushes …`: a user may be called so.
            let named = after_each(&code, "rushes ").filter(|word| *word != "rushes");
            unknown.extend(named.filter(|word| !verbs.contains(*word)).map(str::to_owned));
            let of_others = |flag: &str| CARGO.contains(&flag) || (OTHERS.contains(&flag) && !code.starts_with('-'));
            unknown.extend(flags_in(&code).filter(|flag| !flags.contains(*flag) && !of_others(flag)).map(str::to_owned));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_verb_is_in_it() {
    let (verbs, _) = all_there_is();
    let readme = read("README.md");
    let missing: Vec<_> = verbs.iter().filter(|verb| *verb != "help" && !readme.contains(&format!("`rushes {verb}"))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_page_is_in_its_table_and_it_is_read_in_five_minutes() {
    let readme = read("README.md");
    for page in pages().iter().filter(|page| *page != "README.md") {
        assert!(readme.lines().any(|line| line.starts_with(&format!("| [{page}]({page}) |"))), "{page} is not in the table");
    }
    assert!(readme.lines().count() <= 400, "what is long belongs into a page of docs/");
}

#[test]
fn its_manifest_in_yaml_and_that_in_csv_are_good_and_ask_for_the_same() {
    let readme = read("README.md");
    let checkout = tempfile::tempdir().unwrap();
    fresh_checkout(checkout.path());
    for format in ["yaml", "csv"] {
        fs::write(checkout.path().join(format!("teaser.{format}")), blocks(&readme, &[format]).join("\n")).unwrap();
        let output = sh(checkout.path(), &format!("rushes check teaser.{format} --deny-warnings"));
        assert!(output.status.success(), "{output:#?}");
    }
    let output = sh(checkout.path(), "rushes run teaser.yaml --simulate -q && rushes plan teaser.csv --simulate");
    let plan = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(plan.ends_with("out/teaser.simulated: 3 keep\n"), "{plan}");
}

#[test]
fn every_fault_is_on_its_page_and_in_the_script_that_shows_them() {
    let (page, script) = (read("docs/rehearsals.md"), read("manifests/faults.yaml"));
    let code = script.lines().map(|line| line.split_once('#').map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n");
    let names = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>();
    let shown = names(&code);
    for fault in Fault::all() {
        assert!(page.contains(&format!("`{fault}`")), "{fault} is not in docs/rehearsals.md");
        assert_eq!(shown.iter().filter(|name| *name == fault.name()).count(), 1, "{fault} in manifests/faults.yaml");
    }
}

#[test]
fn ci_runs_its_two_commands_to_the_letter() {
    let ci = read(".ci/run");
    let two: Vec<_> = sh_lines("README.md").into_iter().take(2).collect();
    assert_eq!(two.len(), 2);
    for command in two {
        assert!(ci.lines().any(|line| line == format!("step {command}")), "{command}");
    }
}

#[test]
fn what_the_documents_point_to_is_there() {
    for name in pages().iter().map(String::as_str).chain(["ARCHITECTURE.md", "CHANGELOG.md"]) {
        let folder = root().join(name).parent().expect("a folder").to_owned();
        for target in targets(&read(name)) {
            let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if path.is_empty() { root().join(name) } else { folder.join(path) };
            assert!(path.exists(), "{name} points to {target}");
            let is_there = || headings(&fs::read_to_string(&path).expect("text")).contains(heading);
            assert!(heading.is_empty() || is_there(), "{name} points to {target}");
        }
    }
}

/// The README and the pages of `docs/`, by their paths.
pub(crate) fn pages() -> Vec<String> {
    let docs = fs::read_dir(root().join("docs")).expect("a folder").flatten();
    let names = docs.map(|entry| format!("docs/{}", entry.file_name().to_str().expect("UTF-8")));
    let mut pages: Vec<_> =
        names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md")).collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    pages
}

/// Runs the `sh` blocks of a page in a fresh copy; how many lines they have.
fn run_as_written(page: &str) -> usize {
    let checkout = tempfile::tempdir().unwrap();
    fresh_checkout(checkout.path());
    let lines: Vec<_> = sh_lines(page).into_iter().filter(|line| line != "cargo test").collect();
    for line in &lines {
        let command = line.replace("cargo run --release --", "rushes");
        let expected = line.split_once("# exits ").map_or(0, |(_, code)| code.trim().parse().expect("an exit code"));
        let output = sh(checkout.path(), &command);
        assert_eq!(output.status.code(), Some(expected), "{page}: {command}\n{output:#?}");
    }
    lines.len()
}

/// What a new user has: the manifests, and `rushes` on the path.
fn fresh_checkout(folder: &Path) {
    for name in ["manifests", "bin"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    for entry in fs::read_dir(root().join("manifests")).unwrap().flatten() {
        fs::copy(entry.path(), folder.join("manifests").join(entry.file_name())).unwrap();
    }
    std::os::unix::fs::symlink(EXECUTABLE, folder.join("bin/rushes")).unwrap();
}

fn sh(folder: &Path, command: &str) -> std::process::Output {
    let command = format!("PATH=\"$PWD/bin:$PATH\"\n{command}");
    let mut sh = Command::new("sh");
    sh.args(["-c", &command])
        .current_dir(folder)
        .env_remove("COMETAPI_KEY")
        .env_remove("COMETAPI_QUOTA_KEY")
        .output()
        .expect("a POSIX shell")
}

/// Every line of a page's `sh` blocks.
fn sh_lines(page: &str) -> Vec<String> {
    blocks(&read(page), &["sh"])
}

/// Every line of the blocks in these languages.
pub(crate) fn blocks(text: &str, languages: &[&str]) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) => inside = !inside && languages.contains(&language),
            None if inside && !line.trim().is_empty() => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}

/// Everything that is written as code: lines of shell blocks, and what stands between backticks.
fn codes(text: &str) -> Vec<String> {
    let inline = text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2));
    blocks(text, &["sh", "bash"]).into_iter().chain(inline.map(str::to_owned)).collect()
}

/// The lower-case words that follow `before`, where that is a word of its own.
fn after_each<'a>(code: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    let alone = move |at: usize| code[..at].chars().next_back().is_none_or(char::is_whitespace);
    let hits = code.match_indices(before).filter(move |(at, _)| alone(*at));
    hits.map(move |(at, _)| word(&code[at + before.len()..])).filter(|word| !word.is_empty())
}

fn flags_in(code: &str) -> impl Iterator<Item = &str> {
    let starts = code.match_indices("--").filter(|(at, _)| code[at + 2..].starts_with(|c: char| c.is_ascii_lowercase()));
    starts.map(|(at, _)| &code[at..at + 2 + word(&code[at + 2..]).len()])
}

/// The lower-case letters and dashes that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(text.len());
    &text[..end]
}

/// The verbs and flags that the executable explains.
pub(crate) fn all_there_is() -> (BTreeSet<String>, BTreeSet<String>) {
    let main = help(&["--help"]);
    let listed = main.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let verbs: BTreeSet<String> = listed.map(|line| word(line.trim_start()).to_owned()).collect();
    let pages = verbs.iter().filter(|verb| *verb != "help").map(|verb| help(&[verb, "--help"]));
    let flags = pages.chain([main.clone()]).flat_map(|page| flags_in(&page).map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(verbs.contains("run"), "{main}");
    (verbs, flags)
}

fn help(args: &[&str]) -> String {
    let output = Command::new(EXECUTABLE).args(args).output().expect("the executable");
    String::from_utf8(output.stdout).expect("help in UTF-8")
}

/// What the links of a document lead to, but for those into the web.
pub(crate) fn targets(document: &str) -> BTreeSet<String> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.starts_with("https://")).map(str::to_owned).collect()
}

/// The headings of a document, as links name them. Nothing within a block of code is one.
fn headings(document: &str) -> BTreeSet<String> {
    let prose = document.split("\n```").step_by(2).flat_map(str::lines);
    let titles = prose.filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    titles.map(|title| title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
