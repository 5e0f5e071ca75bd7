//! Shot lists of a producer at the command line: from the sheet to the reports.

use serde_json::Value;

use super::job::state;
use super::{Desk, QUICK};

/// As a spreadsheet program in Germany exports it.
const SHEET: &str = "\u{feff}Scene;Shot;Description;Movement;Duration;Notes;Lens;X_Crew;;\r\n\
                     10;10;\"A pier;\nat dawn\";Push in;5 s;=magic hour;35 mm;Ada;;\r\n\
                     10;20;A gull;-;0:10;;;;;\r\n;;;;;;;;;\r\n";

/// A desk with the sheet on it, and the words that rehearse it.
fn desk() -> (Desk, String) {
    let desk = Desk::new();
    desk.put("list.csv", SHEET);
    (desk, format!("run list.csv {QUICK} --output out --extra-columns keep"))
}

#[test]
fn what_is_said_about_a_shot_goes_to_the_reports_and_costs_nothing() {
    let (desk, run) = desk();
    desk.rushes(&run).ends(0).says(&["2 takes: 2 stored; 2 submissions"]);
    let about = |file: &str| -> Value {
        let json: Value = serde_json::from_str(&desk.read(format!("out.simulated/{file}"))).expect("JSON");
        let row = json.get("takes").map_or(&json, |takes| &takes[0]);
        serde_json::json!([row["scene"], row["notes"], row["metadata"]])
    };
    let said = serde_json::json!(["SC010", "=magic hour", { "lens": "35 mm", "x_crew": "Ada" }]);
    assert_eq!((about("results.json"), about("shots/SC010_SH010_T01.json")), (said.clone(), said));
    let csv = desk.read("out.simulated/results.csv");
    for text in [",scene,notes,", ",metadata.lens,metadata.x_crew\n", ",SC010,'=magic hour,", ",35 mm,Ada\n"] {
        assert!(csv.contains(text), "{text:?}: {csv}");
    }
    let page = desk.read("out.simulated/index.html");
    assert!(page.contains(r#""notes":"=magic hour""#) && page.contains(r#"["lens","35 mm"]"#), "{page}");

    let nothing = "2 takes: 2 reused; 0 submissions, 0 polls, 0 downloads";
    let before = state(&desk.path("out.simulated"));
    desk.rushes(&run).ends(0).says(&[nothing]);
    assert_eq!(state(&desk.path("out.simulated")), before);

    desk.put("list.csv", &SHEET.replace("=magic hour", "blue hour").replace("35 mm", "50 mm").replace("Ada", "Bo"));
    desk.rushes("plan list.csv --output out --simulate --extra-columns keep").ends(0).says(&[": 2 keep"]);
    assert_eq!(state(&desk.path("out.simulated")), before);
    desk.rushes(&run).ends(0).says(&[nothing]);
    assert_eq!(about("results.json"), serde_json::json!(["SC010", "blue hour", { "lens": "50 mm", "x_crew": "Bo" }]));
    let after = state(&desk.path("out.simulated"));
    desk.rushes(&run).ends(0).says(&[nothing]);
    assert_eq!(state(&desk.path("out.simulated")), after);
}

#[test]
fn a_column_that_nobody_knows_is_kept_when_the_command_says_so() {
    let (desk, _) = desk();
    for verb in ["check", "plan", "run --simulate"] {
        let ran = desk.rushes(&format!("{verb} list.csv")).ends(2);
        ran.says(&["list.csv:1:48", "no column is called `Lens`", "call it `x_lens`", "--extra-columns keep"]);
    }
    desk.rushes("check list.csv --extra-columns keep").ends(0).says(&["2 shots, 2 takes, no mistakes"]);
    desk.rushes("check list.csv --extra-columns maybe").ends(2).says(&["refuse", "keep"]);
    desk.rushes("moves list.csv").ends(0).says(&["push in"]);
}
