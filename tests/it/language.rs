//! The language of YAML manifests beyond plain shots: matrices, variables, templates, groups. What they amount to, and where they
//! are wrong.

use proptest::prelude::*;
use rushes::manifest::{Source, read, render};
use rushes::shot::Shot;

use crate::manifest::{check_mistakes, shots};

/// Checks what the shots of `text` are: `id: prompt`, with whatever else `told` says of them.
fn check(text: &str, told: impl Fn(&Shot) -> String, expected: &[&str]) {
    let shots = shots("a.yaml", text);
    let got: Vec<String> = shots.iter().map(|shot| format!("{}: {}{}", shot.id, shot.request.prompt, told(shot))).collect();
    assert_eq!(got, expected, "{text}");
}

fn nothing_else(_: &Shot) -> String {
    String::new()
}

/// The codes and places of all warnings about `text`, without those about other YAML tools.
fn warnings(name: &str, text: &str) -> Vec<(&'static str, u32, u32)> {
    let source = Source::new(name, text.into());
    let manifest = read(&source, None).unwrap_or_else(|found| panic!("{}", render(&source, &found, false)));
    let own = manifest.warnings.iter().filter(|d| d.code != rushes::manifest::PORTABILITY);
    own.map(|d| (d.code, d.place.line, d.place.column)).collect()
}

#[test]
fn a_matrix_is_a_shot_for_every_combination() {
    let text = "
shots:
  - id: SC010
    prompt: A cat, {{ look }}, {{ n }} of them
    matrix: { look: [film noir, pastel], n: [1, 02] }
  - id: SC020
    prompt: A dog
  - id: '{{ look|slug|upper }}-{{ n }}'
    prompt: A fish, {{ look }}{% if n > 1 %}, {{ n }} of them{% endif %}
    matrix:
      look: [film noir, pastel]
      n: [1, 2]
      exclude: [{ look: pastel, n: 2 }]
      include: [{ look: neon, n: 9 }]
";
    check(
        text,
        nothing_else,
        &[
            "SC010_film-noir_1: A cat, film noir, 1 of them",
            "SC010_film-noir_02: A cat, film noir, 02 of them",
            "SC010_pastel_1: A cat, pastel, 1 of them",
            "SC010_pastel_02: A cat, pastel, 02 of them",
            "SC020: A dog",
            "FILM-NOIR-1: A fish, film noir",
            "FILM-NOIR-2: A fish, film noir, 2 of them",
            "PASTEL-1: A fish, pastel",
            "NEON-9: A fish, neon, 9 of them",
        ],
    );
}

#[test]
fn a_name_in_a_matrix_that_is_a_field_sets_it() {
    let text = "
shots:
  - id: SC010
    prompt: A cat in {{ seconds }} seconds
    matrix:
      seconds: [5, 10]
      ratio: [16:9, \"9:16\"]
  - id: SC020
    matrix:
      include:
        - { prompt: A dog, motion: { z: 2 }, seconds: 5 }
        - { prompt: 'A fish, {{ seconds }}', motion: [pan left, { z: 1 }], seconds: 10 }
";
    let told = |shot: &Shot| {
        let request = &shot.request;
        format!(" {} {} {} {}", request.seconds.get(), request.ratio, request.motion.z, request.motion.bg_x_pan)
    };
    check(
        text,
        told,
        &[
            "SC010_5_16-9: A cat in 5 seconds 5 16:9 0 0",
            "SC010_5_9-16: A cat in 5 seconds 5 9:16 0 0",
            "SC010_10_16-9: A cat in 10 seconds 10 16:9 0 0",
            "SC010_10_9-16: A cat in 10 seconds 10 9:16 0 0",
            "SC020_A-dog_1_5: A dog 5 16:9 2 0",
            "SC020_A-fish-seconds_2_10: A fish, 10 10 16:9 1 -1",
        ],
    );
}

#[test]
fn inner_variables_win_and_defaults_can_be_templates() {
    let text = "
vars: { place: harbour, light: dawn }
defaults: { prompt: 'A {{ place }} at {{ light }}' }
shots:
  - id: A
  - { id: B, vars: { light: dusk } }
  - { id: C, prompt: 'Only {{ light }}' }
  - { id: D, prompt: Plain }
groups:
  - name: SC020
    vars: { place: forest }
    shots:
      - { id: '{{ group }}_1' }
      - { id: '{{ group }}_2', vars: { place: clearing } }
  - name: SC030
    defaults: { prompt: Literal }
    shots: [{ id: E }]
";
    check(
        text,
        nothing_else,
        &[
            "A: A harbour at dawn",
            "B: A harbour at dusk",
            "C: Only dawn",
            "D: Plain",
            "SC020_1: A forest at dawn",
            "SC020_2: A clearing at dawn",
            "E: Literal",
        ],
    );
}

#[test]
fn a_group_has_defaults_tags_and_a_matrix_of_its_own() {
    let text = "
defaults: { seconds: 10, motion: push in, tags: [all] }
scenes:
  - name: harbour
    defaults: { motion: { bg_x_pan: 1 }, model: gen4 }
    tags: [night, all]
    matrix: { look: [noir, pastel] }
    shots:
      - { id: SC010, prompt: '{{ scene }}, {{ look }}' }
      - { id: SC020, prompt: '{{ look }} {{ n }}', matrix: { n: [1, 2] }, seconds: 5, tags: [hero] }
  - shots: [{ id: SC030, prompt: plain }]
";
    let told = |shot: &Shot| {
        let request = &shot.request;
        format!(" {} {} {} {} {:?}", request.seconds.get(), request.model, request.motion.z, request.motion.bg_x_pan, shot.tags)
    };
    check(
        text,
        told,
        &[
            r#"SC010_noir: harbour, noir 10 gen4 1 1 ["all", "night"]"#,
            r#"SC010_pastel: harbour, pastel 10 gen4 1 1 ["all", "night"]"#,
            r#"SC020_noir_1: noir 1 5 gen4 1 1 ["hero", "night", "all"]"#,
            r#"SC020_noir_2: noir 2 5 gen4 1 1 ["hero", "night", "all"]"#,
            r#"SC020_pastel_1: pastel 1 5 gen4 1 1 ["hero", "night", "all"]"#,
            r#"SC020_pastel_2: pastel 2 5 gen4 1 1 ["hero", "night", "all"]"#,
            r#"SC030: plain 10 gen4_turbo 1 0 ["all"]"#,
        ],
    );
}

#[test]
fn the_name_of_a_scene_is_the_scene_of_its_shots() {
    let text = "
defaults: { scene: 1 }
shots: [{ id: A, prompt: a }]
scenes:
  - { name: 10, shots: [{ id: '{{ scene }}_A', prompt: b }, { id: B, prompt: c, scene: 20 }] }
  - { name: harbour, defaults: { seconds: 10 }, matrix: { n: [1, 2] }, shots: [{ id: C, prompt: '{{ scene }} {{ n }}' }] }
  - { shots: [{ id: D, prompt: d }] }
groups:
  - { name: 10, shots: [{ id: E, prompt: '{{ group }}' }] }
  - { name: 11, defaults: { scene: 11 }, shots: [{ id: F, prompt: f }] }
";
    let told = |shot: &Shot| format!(" {}", shot.about.scene.as_ref().map_or("", |scene| scene.as_str()));
    let expected = [
        "A: a SC001",
        "SC010_A: b SC010",
        "B: c SC020",
        "C_1: harbour 1 harbour",
        "C_2: harbour 2 harbour",
        "D: d SC001",
        "E: 10 SC001",
        "F: f SC011",
    ];
    check(text, told, &expected);
    let text = "
scenes:
  - { name: »10/20, shots: [{ id: A, prompt: '{{ scene }}' }] }
  - { name: »[a], shots: [{ id: B, prompt: '{{ scene }}' }] }
  - { name: 10, defaults: { »scene: 20 }, shots: [{ id: C, prompt: c }] }
";
    check_mistakes("a.yaml", text, 3);
}

#[test]
fn anchors_and_merge_keys_work_everywhere() {
    let text = "
vars: &v { look: noir }
defaults: &d { seconds: 10 }
shots:
  - &one { id: A, prompt: 'a {{ look }} cat', vars: *v }
  - { <<: *one, id: B, vars: { <<: *v, look: pastel } }
  - <<: [*one, *d]
    id: C_{{ n }}
    matrix: &m { n: [1, 2] }
groups:
  - name: g
    defaults: { <<: *d, ratio: '1:1' }
    matrix: *m
    shots: [*one]
";
    check(
        text,
        |shot| format!(" {} {}", shot.request.seconds.get(), shot.request.ratio),
        &[
            "A: a noir cat 10 16:9",
            "B: a pastel cat 10 16:9",
            "C_1: a noir cat 10 16:9",
            "C_2: a noir cat 10 16:9",
            "A_1: a noir cat 10 1:1",
            "A_2: a noir cat 10 1:1",
        ],
    );
    let text = "
x_base: &base { seconds: 10, nobody: looks }
x-more: [{ deep: &deep { ratio: '1:1', prompt: a cat } }]
shots: [{ <<: *deep, id: A }, { <<: [*deep], id: B, seconds: 10 }]
";
    check(
        text,
        |shot| format!(" {} {}", shot.request.seconds.get(), shot.request.ratio),
        &["A: a cat 5 1:1", "B: a cat 10 1:1"],
    );
    check_mistakes("a.yaml", "x_a: 1\n»x_a: 2\n»x_: 3\n»xa: 4\nshots: [{ id: a, prompt: b }]\n", 3);
}

#[test]
fn every_mistake_is_where_it_is() {
    let text = r"
vars: { »1x: a, look: »[a], fog: »'{{ x }}', ok: noir, »ok: b }
shots:
  - id: SC010
    prompt: 'a cat, {{ »lok }}, {{ ok }}'
    seconds: »7
";
    check_mistakes("vars.yaml", text, 6);
    // Where a variable is wrong, nobody is told that it is not there.
    check_mistakes("vars.yaml", &text.replace("»lok", "look"), 5);
    let text = r#"
vars: { look: noir }
defaults:
  »matrix: { n: [1] }
  »vars: {}
shots:
  - id: SC010
    prompt: 'a cat, {{ »lok }}, {{ look }}, {{ »n }}'
    seconds: »7
  - id: SC0_{{ »nn }}
    prompt: >-
      a long {{ look }} prompt
      over {{ »loook }} lines
  - id: SC020
    prompt: "é\n {{ look|»shout }}"
  - id: SC030
    prompt: a {{ »look
  - id: »SC 040 {{ look }}
    prompt: a cat
  - { id: SC050, prompt: "x", matrix: »[1] }
  - { id: SC060, prompt: "x", matrix: { a: »[], »id: [1], n: »5, »"1x": [1], k: [1, »1] } }
  - { id: SC070, prompt: "x", »matrix: {} }
  - id: SC080
    prompt: x {{ n }} {{ k }}
    matrix: { n: [1, 2], k: [a, b], exclude: [{ »m: 1 }, { n: »3 }, »{}], include: [{ »n: 1, k: a }, { »n: 4 }, { n: »[1], k: a }] }
  - { id: SC090, prompt: "x {{ n }}", »matrix: { n: [1], exclude: [{ n: 1 }] } }
  - »{ prompt: "x {{ n }}", matrix: { n: [1, 2] } }
  - { id: »"S_{{ n }}", prompt: "x {{ n }} {{ k }}", matrix: { n: [1, 2], k: [1, 2] } }
  - { id: »S_1, prompt: "x", »prompt: y }
  - { id: SC100, prompt: "x {{ n }}", »seconds: 5, vars: { »n: 1 }, matrix: { n: [1], seconds: [5] } }
  - { id: SC110, prompt: a cat, »shoots: [], matrix: »~ }
groups:
  - name: »[a]
    »seconds: 5
    »shoots: []
  - { tags: [»[a]], defaults: { »id: a, seconds: »7 }, vars: »[1], matrix: { n: [1, 2] }, shots: »{} }
  - »{ tags: a }
  - »a
  - { shots: [{ id: A, prompt: "x {{ n }}", matrix: { »n: [1] } }], matrix: { n: [2] }, »shots: [] }
scenes: »{}
"#;
    check_mistakes("language.yaml", text, 45);
}

#[test]
fn a_prompt_without_marks_is_taken_to_the_letter() {
    for prompt in ["{ look }", "}} %} #}", "100 % {x}", "a { { b } }", "$HOME ${x} \\{"] {
        let text = format!("vars: {{ look: noir }}\nshots: [{{ id: a, prompt: '{prompt}' }}]");
        check(&text, nothing_else, &[&format!("a: {prompt}")]);
        assert_eq!(warnings("a.yaml", &text), []);
    }
}

#[test]
fn what_may_surprise_is_a_warning() {
    for (name, text, expected) in [
        ("a.yaml", "shots: [{ id: a, prompt: 'a {# dark #} cat' }]", &[("template", 1, 26)][..]),
        ("a.csv", "id,prompt\na,{{ '{{' }} cat\n", &[("template", 2, 3)]),
        ("a.yaml", "shots: [{ id: a, prompt: x, matrix: { n: [1, 2, 3] } }]", &[("same-request", 1, 15)]),
        ("a.yaml", "shots: [{ id: a, prompt: x, matrix: { seconds: [5, 10] } }]", &[]),
        ("a.yaml", "vars: { n: 1 }\nshots: [{ id: a, prompt: '{{ \"{{\" }}' }]", &[]),
    ] {
        assert_eq!(warnings(name, text), expected, "{text}");
    }
}

proptest! {
    /// As many shots as there are combinations, less those that are excluded, and those that are included; no two alike.
    #[test]
    fn a_matrix_makes_as_many_shots_as_it_says(
        lengths in prop::collection::vec(1_usize..5, 1..4),
        excluded in prop::collection::btree_set(0_usize..200, 0..6),
        included in 0_usize..4,
    ) {
        let product: usize = lengths.iter().product();
        let combination = |number: usize| {
            let digit = |(number, parts): (usize, Vec<String>), (axis, length): (usize, &usize)| {
                (number / length, [parts, vec![format!("n{axis}: {}", number % length)]].concat())
            };
            lengths.iter().enumerate().fold((number, Vec::new()), digit).1.join(", ")
        };
        let lists = lengths.iter().enumerate().map(|(axis, length)| format!("n{axis}: {:?}", (0..*length).collect::<Vec<_>>()));
        let excluded: Vec<_> = excluded.into_iter().filter(|number| *number < product).map(combination).collect();
        let more = |extra: usize| (0..lengths.len()).map(|axis| format!("n{axis}: {}", 100 + extra)).collect::<Vec<_>>().join(", ");
        let maps = |list: Vec<String>| list.iter().map(|map| format!("{{ {map} }}")).collect::<Vec<_>>().join(", ");
        let count = product - excluded.len() + included;
        let names = (0..lengths.len()).map(|axis| format!("{{{{ n{axis} }}}}")).collect::<Vec<_>>().join(" ");
        let text = format!(
            "shots:\n  - id: S\n    prompt: cat {names}\n    matrix: {{ {}, exclude: [{}], include: [{}] }}\n",
            lists.collect::<Vec<_>>().join(", "), maps(excluded), maps((0..included).map(more).collect()),
        );
        let source = Source::new("a.yaml", text.into());
        match read(&source, None) {
            Ok(manifest) => {
                prop_assert_eq!(manifest.shots.len(), count);
                let prompts: std::collections::BTreeSet<_> = manifest.shots.iter().map(|shot| &shot.request.prompt).collect();
                prop_assert_eq!(prompts.len(), count);
            }
            Err(found) => prop_assert!(count == 0, "{}", render(&source, &found, false)),
        }
    }
}
