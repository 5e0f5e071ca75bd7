//! Prices: stated in the manifest or beside it, shown in the plan, reserved with every submission, and told ever after.

use serde_json::Value;

use super::{CALM, Desk, INSTANT, Ran};

const PRICES: &str = "prices: { currency: USD, per_take: 0.32, models: { gen4: { per_second: 0.07 } } }\n";

/// A desk whose manifest states prices: two takes at 0.32, one at 0.70, and one of a model without a price.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.edit("output: out\n", &format!("output: out\n{PRICES}"));
    desk.edit("{ id: DOG,", "{ id: DOG, model: gen4, seconds: 10,");
    desk.edit("{ id: EEL,", "{ id: EEL, model: gen3,");
    desk.edit("models: {", "models: { gen3: { seconds: { 10: 5 } },");
    desk
}

/// Rehearses the manifest to its end.
fn rehearse(desk: &Desk, more: &str) -> Ran {
    if !desk.path("script.yaml").exists() {
        desk.put("script.yaml", INSTANT);
    }
    desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml {more}"))
}

#[test]
fn a_plan_tells_what_a_run_would_cost() {
    let desk = desk();
    let ran = desk.rushes("plan shots.yaml").ends(0);
    let ran = ran.says(&["CAT_T01  submit      0.32 USD  new", "DOG_T01  submit      0.70 USD  new"]);
    ran.says(&["EEL_T01  submit                new", "out: 4 submit (1.34 USD for 3 of 4)"]);
    let plan = desk.json("plan shots.yaml");
    assert_eq!(plan["prices"]["submit"], serde_json::json!({ "takes": 4, "priced": 3, "sums": ["1.34 USD"] }));
    assert_eq!(plan["total"], plan["prices"]["submit"]);
    let prices: Vec<&Value> = plan["takes"].as_array().expect("takes").iter().map(|take| &take["price"]).collect();
    assert_eq!(prices, ["0.32 USD".into(), "0.32 USD".into(), Value::from("0.70 USD"), Value::Null].each_ref());
}

#[test]
fn what_is_reserved_is_told_ever_after_whatever_the_prices_are_then() {
    let desk = desk();
    desk.put("script.yaml", &format!("{INSTANT}shots: {{ CAT_T02: {{ fail: rejected }} }}"));
    rehearse(&desk, "").ends(1);
    let total = "; 1.02 USD for 2 of 3";
    desk.rushes("status shots.yaml --simulate").ends(1).says(&["PRICE", "0.70 USD  a dog at sea", total]);
    let results: Value = serde_json::from_str(&desk.read("out.simulated/results.json")).expect("JSON");
    let prices: Vec<_> = results["takes"].as_array().expect("takes").iter().map(|take| take["price"].as_str()).collect();
    assert_eq!(prices, [Some("0.32 USD"), None, Some("0.70 USD"), None], "nothing is reserved for what was refused");
    let table = desk.read("out.simulated/results.csv");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let headers = rows.headers().expect("a header").clone();
    let column = |name: &str| headers.iter().position(|header| header == name).expect("a column of that name");
    let (price, currency) = (column("price"), column("currency"));
    let listed: Vec<_> = rows.records().map(|row| row.map(|row| [row[price].to_owned(), row[currency].to_owned()])).collect();
    let listed: Vec<_> = listed.into_iter().collect::<Result<_, _>>().expect("rows");
    assert_eq!(listed, [["0.32", "USD"], ["", ""], ["0.70", "USD"], ["", ""]]);
    let sidecar: Value = serde_json::from_str(&desk.read("out.simulated/shots/DOG_T01.json")).expect("JSON");
    assert_eq!(sidecar["price"], "0.70 USD");
    let page = desk.read("out.simulated/index.html");
    assert!(page.contains(r#""price":"1.02 USD for 2 of 3""#) && page.contains(r#""price":"0.70 USD""#), "{page}");

    desk.edit("per_take: 0.32", "per_take: 99");
    rehearse(&desk, "").ends(1).says(&["0 submissions"]);
    assert_eq!(desk.read("out.simulated/results.csv"), table, "nothing was bought, so nothing has another price");
    let ran = desk.rushes("plan shots.yaml --simulate --retry-failed").ends(0);
    ran.says(&[
        "CAT_T01  keep         0.32 USD",
        "CAT_T02  submit      99.00 USD",
        "1 submit (99.00 USD)",
        "100.02 USD for 3 of 4 in all",
    ]);
}

#[test]
fn a_file_of_prices_wins_over_the_manifest_and_serves_csv() {
    let desk = desk();
    desk.put("euros.yaml", "currency: EUR\nper_take: 1\n");
    desk.rushes("plan shots.yaml --prices euros.yaml").ends(0).says(&["out: 4 submit (4.00 EUR)"]);
    desk.put("shots.csv", "id,prompt\nCAT,a cat\n");
    desk.rushes("plan shots.csv --prices euros.yaml").ends(0).says(&["out/shots: 1 submit (1.00 EUR)"]);
    desk.put("script.yaml", INSTANT);
    desk.rushes(&format!("run shots.csv {CALM} --script script.yaml --prices euros.yaml")).ends(0);
    desk.rushes("status shots.csv --simulate").ends(0).says(&["1.00 EUR  a cat", "; 1.00 EUR"]);
}

#[test]
fn a_mistake_in_a_price_costs_nothing() {
    let desk = desk();
    desk.put("bad.yaml", "currency: EUR\nper_take: 1,5\nper_secnd: 1\n");
    for verb in ["plan", "run --simulate"] {
        let ran = desk.rushes(&format!("{verb} shots.yaml --prices bad.yaml")).ends(2);
        ran.says(&["bad.yaml:2:11", "`1,5`", "bad.yaml:3:1", "did you mean `per_second`?", "2 mistakes", "nothing was sent"]);
        desk.rushes(&format!("{verb} shots.yaml --prices nowhere.yaml")).ends(2).says(&["nowhere.yaml"]);
    }
    desk.edit("per_take: 0.32", "per_take: free");
    desk.rushes("check shots.yaml").ends(2).says(&["shots.yaml:3:36", "`free`"]);
    assert!(!desk.path("out.simulated").exists());
}

#[test]
fn where_nobody_states_a_price_nothing_is_said_of_any() {
    let desk = Desk::new();
    let ran = desk.rushes("plan shots.yaml").ends(0).says(&["CAT_T01  submit      new", "out: 4 submit\n"]);
    assert!(!ran.out.contains("price"), "{}", ran.out);
    rehearse(&desk, "").ends(0);
    let status = desk.rushes("status shots.yaml --simulate").ends(0).out;
    assert!(!status.contains("PRICE"), "{status}");
}
