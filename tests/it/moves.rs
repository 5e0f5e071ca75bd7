//! Camera moves by name, as authors write them: the same in YAML and in CSV, together with axes and over defaults, overridden by a
//! manifest, and wrong at the right place.

use proptest::prelude::*;
use rushes::manifest::{Source, read};
use rushes::motion::Motion;

use crate::manifest::{check_mistakes, shots};

/// What the only shot of a manifest sends, as a manifest would say it.
fn motion(name: &str, text: &str) -> String {
    shots(name, text)[0].request.motion.to_string()
}

/// Checks that both formats make the same of a text of moves.
fn check(text: &str, expected: &str) {
    let quoted = serde_json::to_string(text).unwrap();
    for (name, manifest) in [
        ("a.yaml", format!("- id: a\n  prompt: b\n  motion: {text}\n")),
        ("a.yaml", format!("- {{ id: a, prompt: b, motion: {quoted} }}")),
        ("a.yaml", format!("- {{ id: a, prompt: b, motion: [{quoted}] }}")),
        ("a.yaml", format!("- {{ id: a, prompt: b, options: {{ motion_vector: {quoted} }} }}")),
        ("a.yaml", format!("defaults: {{ motion: {quoted} }}\nshots: [{{ id: a, prompt: b }}]")),
        ("a.csv", format!("id,prompt,motion\na,b,\"{text}\"\n")),
        ("a.csv", format!("motion,id,prompt\n{},a,b\n", text.replace(',', ";"))),
    ] {
        assert_eq!(motion(name, &manifest), expected, "{manifest}");
    }
}

#[test]
fn moves_are_the_same_in_every_format() {
    check("static", "static");
    check("Locked-Off", "static");
    check("push in", "{ z: 1 }");
    check("Dolly_In slow", "{ z: 0.5 }");
    check("push in slow, pan left", "{ z: 0.5, bg_x_pan: -1 }");
    check("push in 0.4 + fast tilt down and roll-right; truck left, crane up", {
        "{ x: -1, y: 1, z: 0.4, r: 1, bg_y_pan: -2 }"
    });
}

#[test]
fn moves_and_axes_go_together_where_they_do_not_meet() {
    for (name, text) in [
        ("a.yaml", "- { id: a, prompt: b, motion: push in slow, r: -6 }"),
        ("a.yaml", "- { id: a, prompt: b, r: -6, motion: [push in slow] }"),
        ("a.yaml", "- { id: a, prompt: b, motion: [slow push in, { r: -6 }] }"),
        ("a.yaml", "- { id: a, prompt: b, motion: [{ z: 0.5, r: -6 }] }"),
        ("a.yaml", "- { id: a, prompt: b, motion: [push in slow, roll left 6] }"),
        ("a.csv", "id,prompt,motion,motion.r\na,b,push in slow,-6\n"),
    ] {
        assert_eq!(motion(name, text), "{ z: 0.5, r: -6 }", "{text}");
    }
}

#[test]
fn moves_say_all_of_a_movement_and_axes_a_part_of_it() {
    for (default, own, expected) in [
        ("push in", "", "{ z: 1 }"),
        ("push in", "motion: pan left", "{ bg_x_pan: -1 }"),
        ("push in", "motion: [{ x: 1 }]", "{ x: 1 }"),
        ("push in", "motion: static", "static"),
        ("push in", "motion: { x: 1 }", "{ x: 1, z: 1 }"),
        ("push in", "motion: { z: 3 }", "{ z: 3 }"),
        ("push in", "motion: { z: 0 }", "static"),
        ("{ x: 1, y: 1 }", "motion: pan left", "{ bg_x_pan: -1 }"),
        ("{ x: 1, y: 1 }", "motion: pan left, y: 2", "{ y: 2, bg_x_pan: -1 }"),
        ("static", "motion: { y: 2 }", "{ y: 2 }"),
    ] {
        let text = format!("defaults: {{ motion: {default} }}\nshots: [{{ id: a, prompt: b, {own} }}]");
        assert_eq!(motion("a.yaml", &text), expected, "{text}");
    }
}

#[test]
fn a_manifest_says_what_its_moves_are() {
    let moves = "moves: { Push-In: { z: 3, y: 0.5 }, drift: { x: 0.2 } }";
    for (text, expected) in [
        ("push in", "{ y: 0.5, z: 3 }"),
        ("dolly in slow", "{ y: 0.25, z: 1.5 }"),
        ("pull out", "{ z: -1 }"),
        ("DRIFT 2, pan left", "{ x: 0.4, bg_x_pan: -1 }"),
    ] {
        let before = format!("{moves}\nshots: [{{ id: a, prompt: b, motion: \"{text}\" }}]");
        let after = format!("shots: [{{ id: a, prompt: b, motion: \"{text}\" }}]\n{moves}");
        let default = format!("defaults: {{ motion: \"{text}\" }}\n{moves}\nshots: [{{ id: a, prompt: b }}]");
        for text in [before, after, default] {
            assert_eq!(motion("a.yaml", &text), expected, "{text}");
        }
    }
    assert_eq!(motion("a.yaml", "moves:\nshots: [{ id: a, prompt: b, motion: push in }]"), "{ z: 1 }", "an empty section");
    let merged =
        "moves: { <<: &base { push in: { z: 3 } }, pull out: { z: -3 } }\nshots: [{ id: a, prompt: b, motion: push in }]";
    assert_eq!(motion("a.yaml", merged), "{ z: 3 }");
}

#[test]
fn every_wrong_move_is_shown_where_it_stands() {
    let yaml = r#"
shots:
  - { id: a, prompt: é, motion: »push sideways }
  - { id: b, prompt: é, motion: "push in slow, »pann left" }
  - { id: c, prompt: é, motion: 'pan left + »pan right 2' }
  - { id: d, prompt: é, motion: [push in, »tilt, { z: »1, »q: 2, r: ».nan, x: »[] }, »[], »0.4] }
  - { id: e, prompt: é, motion: "still and »push in" }
  - { id: f, prompt: é, motion: "push in, »static" }
  - { id: g, prompt: é, motion: push in »-0.4 }
  - { id: h, prompt: é, motion: push in fast »slow }
  - { id: i, prompt: é, motion: »static fast }
  - { id: j, prompt: é, motion: "»1e308, pan left »1e999" }
  - { id: k, prompt: é, motion: »[] }
  - { id: l, prompt: é, motion: { »push in: 1 } }
  - { id: m, prompt: é, motion: push in, »pan left }
  - { id: n, prompt: é, motion: truck left, x: »3 }
  - { id: o, prompt: é, »motion: }
  - { id: p, prompt: é, motion: [push in, »~] }
  - { id: q, prompt: é, motion: »true }
  - { id: r, prompt: é, motion: »"" }
  - id: s
    prompt: é
    motion: pan left,
      »pan right
"#;
    check_mistakes("a.yaml", yaml, 26);
    let csv = "id,prompt,motion,motion.z,x\n\
        a,é,»push sideways,,\n\
        b,é,\"»é, »pann left\",,\n\
        c,é,pan left + »pan right,,\n\
        d,é,push in,»0.3,\n\
        e,é,static,,»0\n\
        f,é,push in »-0.4,,\n\
        g,é,»slow,,\n";
    check_mistakes("a.csv", csv, 8);
}

#[test]
fn every_wrong_definition_is_shown_where_it_stands() {
    let yaml = r#"
moves:
  push in: { »w: 1, z: ».inf }
  pull out: { z: 1, z: »2 }
  »Push_In: { z: 2 }
  »slow drift: { x: 1 }
  »static: { x: 1 }
  »up, down: { x: 1 }
  »orbit 360: { x: 1 }
  »"a:b": { x: 1 }
  hold: »{ x: 0 }
  spin: »4
  sway: { x: »fast }
  twist: { r: »[1] }
  »nod:
defaults: { motion: spin }
shots:
  - { id: a, prompt: b, motion: "spin, sway slow, nod" }
  - { id: b, prompt: b, motion: »jump }
"#;
    check_mistakes("a.yaml", yaml, 15);
    check_mistakes("a.yaml", "moves: »[push in]\nshots: [{ id: a, prompt: b }]", 1);
    check_mistakes("a.yaml", "moves: {}\n»moves: {}\nshots: [{ id: a, prompt: b }]", 1);
}

#[test]
fn moves_that_were_asked_for_are_told_with_their_numbers() {
    let text = "moves: { drift: { x: 0.2 } }\ndefaults: { motion: push in slow }\nshots:\n\
                - { id: a, prompt: b }\n- { id: b, prompt: b, motion: \"dolly-in SLOW, drift 2\" }\n- { id: c, prompt: b, motion: static }\n";
    let manifest = read(&Source::new("a.yaml", text.into()), None).expect("no mistakes");
    let steps: Vec<_> = manifest.steps.iter().map(|step| (step.to_string(), step.vector.to_string())).collect();
    let expected = [("push in slow", "{ z: 0.5 }"), ("drift 2", "{ x: 0.4 }")];
    assert_eq!(steps, expected.map(|(step, vector)| (step.to_owned(), vector.to_owned())));
}

proptest! {
    /// Whatever a cell says, it is a shot with six finite numbers, or a mistake in that cell.
    #[test]
    fn any_motion_is_a_vector_or_a_mistake(
        words in prop::collection::vec(r"push|in|pan|left|roll|tilt|up|slow|fast|and|static|-|\+|,|;|[0-9.]{1,3}|-[0-9]|[a-zé]{1,5}", 0..8)
    ) {
        let text = words.join(" ");
        let source = Source::new("a.csv", format!("id,prompt,motion\na,b,\"{text}\"\n").into());
        match read(&source, None) {
            Ok(manifest) => prop_assert!(manifest.shots[0].request.motion.axes().iter().all(|number| number.is_finite())),
            Err(found) => prop_assert!(found.iter().all(|mistake| mistake.code == "motion" && mistake.place.line == 2), "{found:?}"),
        }
    }

    /// A vector that is shown can be pasted into a manifest, and is the same again.
    #[test]
    fn any_vector_is_read_as_it_is_shown(axes in prop::array::uniform6(prop_oneof![Just(0.0), prop::num::f64::NORMAL, -10.0..10.0f64])) {
        let shown = Motion::from(axes);
        let text = format!("- {{ id: a, prompt: b, motion: {shown} }}");
        prop_assert_eq!(shots("a.yaml", text.as_str())[0].request.motion, shown);
    }
}
