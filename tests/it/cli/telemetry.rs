//! What a run leaves for machines that watch over it: log lines, metrics, a trace.
#![expect(clippy::float_cmp, reason = "what is compared was written and is read back, and not computed")]

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::{CALM, Desk, INSTANT};

/// A little of everything that can go wrong without stopping the run.
const ODD: &str = "odds: { busy: 0.1, rejected: 0.1, lost_answer: 0.1, internal: 0.1, polls_fail: 0.3, truncated: 0.5 }\n";

#[test]
fn every_log_line_says_which_run_and_which_attempt_of_which_take() {
    let desk = Desk::of_shots(40);
    desk.put("script.yaml", &format!("seed: 3\n{INSTANT}{ODD}"));
    let ran = desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml -vv --log-format json"));
    let folder = fs::read_dir(desk.path("out.simulated/runs")).expect("runs").next().expect("a run").expect("an entry").path();
    let run = folder.file_name().expect("a name").to_string_lossy();
    let file = fs::read_to_string(folder.join("log.jsonl")).expect("a log");
    let printed = ran.err.lines().filter(|line| line.starts_with('{'));
    let mut about = 0;
    for line in file.lines().chain(printed) {
        let said: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(said["run"], *run, "{line}");
        assert!(said["timestamp"].is_string() && said["level"].is_string(), "{line}");
        let Some(take) = said["take"].as_str() else { continue };
        assert_eq!(take.rsplit_once("_T").map(|(shot, _)| shot), said["shot"].as_str(), "{line}");
        assert!(said["attempt"].as_u64() >= Some(1), "{line}");
        let event = said["event"].as_str().unwrap_or("no event");
        let unanswered = ["intent", "deferred", "rejected", "answer_lost"];
        assert_eq!(said["task"].is_string(), !unanswered.contains(&event), "{line}");
        about += 1;
    }
    assert!(about > 40 * 8, "only {about} lines about takes:\n{file}");
}

#[test]
fn the_metrics_are_what_prometheus_reads_and_what_the_run_says() {
    let desk = Desk::of_shots(40);
    desk.put("script.yaml", &format!("seed: 3\n{INSTANT}{ODD}"));
    desk.put("prices.yaml", "currency: USD\nper_take: 0.25\n");
    let more = "--output a\"b\\c --prices prices.yaml --metrics-file node/rushes.prom --trace run.json";
    let words = format!("run shots.yaml {CALM} --script script.yaml {more}");
    fs::create_dir(desk.path("node")).expect("a folder");
    let summary = desk.json(&words);

    let page = Page::read(&desk.read("node/rushes.prom"));
    let output = "a\\\"b\\\\c.simulated";
    let value = |name: &str| page.value(&format!("{name}{{output=\"{output}\"}}"));
    let with = |name: &str, label: &str| page.value(&format!("{name}{{output=\"{output}\",{label}}}"));
    assert_eq!(value("rushes_run_on"), 0.0);
    assert_eq!(Some(value("rushes_run_exit_code")), summary["exit"].as_f64());
    assert!(value("rushes_run_end_timestamp_seconds") >= value("rushes_run_start_timestamp_seconds"));
    for (name, calls) in [("submissions", "submissions"), ("polls", "polls"), ("downloads", "fetches")] {
        assert_eq!(Some(value(&format!("rushes_{name}_total"))), summary["calls"][calls].as_f64(), "{name}");
    }
    for outcome in ["stored", "rejected", "failed", "unresolved", "waiting", "held"] {
        let count = with("rushes_takes", &format!("outcome=\"{outcome}\""));
        assert_eq!(Some(count), summary["takes"][outcome].as_f64(), "{outcome}");
    }
    let stored = with("rushes_takes", "outcome=\"stored\"");
    assert_eq!(with("rushes_generation_seconds_count", "model=\"gen4_turbo\",seconds=\"5\""), stored);
    let money = [("reserved", "waiting"), ("spent", "stored"), ("refunded", "failed"), ("unresolved", "unresolved")];
    for (standing, outcome) in money {
        let takes = with("rushes_takes", &format!("outcome=\"{outcome}\""));
        assert!(takes > 0.0 || standing == "reserved", "{outcome}");
        assert_eq!(with("rushes_money", &format!("currency=\"USD\",standing=\"{standing}\"")), takes * 0.25, "{standing}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::metadata(desk.path("node/rushes.prom")).expect("a file").permissions();
        assert_eq!(permissions.mode() & 0o777, 0o644);
    }
    assert_eq!(fs::read_dir(desk.path("node")).expect("a folder").count(), 1, "a temporary file is left");

    let trace: Vec<Value> = serde_json::from_str(&desk.read("run.json")).expect("a trace");
    let submitted = trace.iter().filter(|event| event["ph"] == "B" && event["name"] == "submit").count();
    assert_eq!(Some(submitted as u64), summary["calls"]["submissions"].as_u64());
    assert_eq!(slices(&trace), 0, "slices are open");
}

#[test]
fn a_run_that_did_nothing_or_could_not_run_says_so_in_its_metrics() {
    let desk = Desk::new();
    let page = |desk: &Desk| Page::read(&desk.read("m.prom"));
    desk.rehearse("--metrics-file m.prom").ends(0);
    desk.rehearse("--metrics-file m.prom").ends(0).says(&["4 reused"]);
    assert_eq!(page(&desk).value("rushes_takes{output=\"out.simulated\",outcome=\"reused\"}"), 4.0);
    assert_eq!(page(&desk).value("rushes_submissions_total{output=\"out.simulated\"}"), 0.0);
    desk.rushes("run shots.yaml --metrics-file m.prom").ends(7);
    assert_eq!(page(&desk).value("rushes_run_exit_code{output=\"out\"}"), 7.0);
    desk.edit("prompt: a dog at sea", "prompt: 7");
    desk.rushes("run shots.yaml -o out --metrics-file m.prom --min-video 9 --max-video 8").ends(2);
    assert_eq!(page(&desk).value("rushes_run_exit_code{output=\"out\"}"), 2.0);
}

#[test]
fn what_cannot_be_written_is_a_warning() {
    let desk = Desk::new();
    let manifest = desk.read("shots.yaml");
    let warned = ["the metrics cannot be written", "the trace cannot be written"];
    desk.rehearse("--metrics-file shots.yaml --trace shots.yaml").ends(0).says(&warned).says(&["4 stored"]);
    assert_eq!(desk.read("shots.yaml"), manifest);
    let desk = Desk::new();
    desk.rehearse("--metrics-file no/such/folder.prom --trace no/such/folder.json").ends(0).says(&warned).says(&["4 stored"]);
}

#[cfg(not(feature = "otlp"))]
#[test]
fn what_it_was_built_without_is_said_before_anything_is_sent() {
    Desk::new().rehearse("--otlp http://127.0.0.1:4318").ends(2).says(&["--features otlp"]);
}

#[cfg(unix)]
#[test]
fn while_a_run_is_on_its_metrics_say_so_and_a_second_run_leaves_them_alone() {
    let desk = Desk::new();
    let words = format!("run shots.yaml {CALM} --metrics-file m.prom --trace run.json");
    desk.put("script.yaml", "generate: 100h\n");
    let mut running = desk.start(&format!("{words} --patience 1000h --script script.yaml"));
    running.until("accepted as task");
    let on = "rushes_run_on{output=\"out.simulated\"}";
    assert_eq!(Page::read(&desk.read("m.prom")).value(on), 1.0);
    desk.rushes(&words).ends(6);
    assert_eq!(Page::read(&desk.read("m.prom")).value(on), 1.0);
    // What is written so far can be read without the end, and a second Ctrl-C leaves everything in order.
    running.signal("INT");
    running.until("stopping");
    running.signal("INT");
    running.end().ends(3);
    let page = Page::read(&desk.read("m.prom"));
    assert_eq!((page.value(on), page.value("rushes_run_exit_code{output=\"out.simulated\"}")), (0.0, 3.0));
    let trace: Vec<Value> = serde_json::from_str(&desk.read("run.json")).expect("a trace");
    assert_eq!(slices(&trace), 0);
}

/// Holds that slices lie one within another on each lane, each begun before it ends. Returns how many are open in the end.
#[track_caller]
fn slices(trace: &[Value]) -> usize {
    let mut lanes: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for event in trace.iter().filter(|event| event["ph"] == "B" || event["ph"] == "E") {
        let (tid, ts) = (event["tid"].as_u64().expect("a lane"), event["ts"].as_u64().expect("a time"));
        assert!(last.insert(tid, ts).is_none_or(|before| before <= ts), "{event}");
        let lane = lanes.entry(tid).or_default();
        if event["ph"] == "B" {
            assert!(event["name"].is_string(), "{event}");
            lane.push(ts);
        } else {
            lane.pop().unwrap_or_else(|| panic!("{event} ends nothing"));
        }
    }
    lanes.values().map(Vec::len).sum()
}

/// A page of metrics, read as strictly as its format allows: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
struct Page(BTreeMap<String, f64>);

impl Page {
    #[track_caller]
    fn read(text: &str) -> Self {
        let (mut samples, mut seen, mut family) = (BTreeMap::new(), Vec::new(), (String::new(), String::new()));
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, _) = help.split_once(' ').expect("a name and words");
                assert!(!seen.iter().any(|other| other == name), "{name} comes twice");
                let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect("a type");
                assert!(["gauge", "counter", "histogram"].contains(&kind), "{kind}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
                assert!(lines.peek().is_some_and(|line| line.starts_with(name)), "{name} has no samples");
                assert!(
                    include_str!("../../../docs/running.md").contains(&format!("`{name}`")),
                    "{name} is not in docs/running.md"
                );
                seen.push(name.to_owned());
                family = (name.to_owned(), kind.to_owned());
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            let (name, labels) = series.split_once('{').expect("labels");
            let end = name.strip_prefix(&family.0).unwrap_or_else(|| panic!("{line} is not of {}", family.0));
            let ends: &[&str] = if family.1 == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(ends.contains(&end), "{line}");
            labels_are_well(labels);
            let value: f64 = value.parse().expect("a number");
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
        }
        let page = Self(samples);
        page.histograms_add_up();
        page
    }

    /// The value of a series as it is written.
    #[track_caller]
    fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.0))
    }

    fn histograms_add_up(&self) {
        for (series, count) in &self.0 {
            let Some((name, labels)) = series.split_once("_count{") else { continue };
            let labels = labels.trim_end_matches('}');
            let bucket = format!("{name}_bucket{{{labels},le=\"");
            let buckets = self.0.iter().filter_map(|(series, count)| Some((series.strip_prefix(&bucket)?, *count)));
            let mut buckets: Vec<(f64, f64)> =
                buckets.map(|(end, count)| (end.trim_end_matches("\"}").parse().expect("a bound"), count)).collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{series}: {buckets:?}");
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{series}");
            assert!(self.0.contains_key(&format!("{name}_sum{{{labels}}}")), "{series}");
        }
    }
}

/// Holds that this is `name="value",…}` with every value escaped, and no name twice.
#[track_caller]
fn labels_are_well(text: &str) {
    let (mut rest, mut names) = (text, Vec::new());
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{text}");
        assert!(!names.contains(&name), "{text}");
        names.push(name);
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect("an end of the value") {
                (_, '\\') => assert!(matches!(chars.next(), Some((_, '\\' | '"' | 'n'))), "{text}"),
                (at, '"') => break at,
                _ => {}
            }
        };
        match &after[end + 1..] {
            "}" => return,
            more => rest = more.strip_prefix(',').expect("another label"),
        }
    }
}
