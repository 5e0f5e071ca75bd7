//! Shot lists as spreadsheet programs write them: every dialect, and every mistake where it is.

use crate::manifest::{check_mistakes, shots};
use rushes::manifest::{ExtraColumns, Source, read, read_with};
use rushes::shot::Shot;

/// The shots of `text` as a file called so, and as one whose name tells nothing.
fn in_both(name: &str, text: &str) -> Vec<Shot> {
    let named = shots(name, text);
    assert_eq!(shots("<stdin>", text), named, "{text}");
    named
}

#[test]
fn commas_semicolons_and_tabs_are_told_apart() {
    let table = "id,prompt,motion.x,takes,tags\nSC010,\"fog, then\r\nsun; \"\"dawn\"\"\t\",-0.4,2,hero\nSC020,“a cat”,,,\n";
    let expected = shots("a.csv", table);
    assert_eq!(expected[0].request.prompt, "fog, then\nsun; \"dawn\"");
    assert_eq!(expected[1].request.prompt, "“a cat”");
    for separator in [";", "\t"] {
        let inside = "fog, then\r\nsun; \"\"dawn\"\"\t";
        let other = table.replace(inside, "PROMPT").replace(',', separator).replace("PROMPT", inside);
        for text in [
            other.clone(),
            format!("\u{feff}{other}"),
            other.replace("-0.4", "\"-0,4\""),
            format!("sep={separator}\r\n{other}"),
        ] {
            for name in ["a.csv", "a.tsv", "a.CSV"] {
                assert_eq!(in_both(name, &text), expected, "{text}");
            }
        }
    }
    let wide: Vec<u8> = format!("\u{feff}{}", table.replace(',', "\t").replace("fog\t", "fog,"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(shots("a.txt", wide), expected, "what Excel calls Unicode Text");
}

#[test]
fn decimals_may_begin_with_a_comma_where_columns_do_not() {
    let shots = in_both("a.csv", "id;prompt;motion.x;y;z;seconds;takes\na;b;0,4;-6,25;,5;5,0;2,0\n");
    let request = &shots[0].request;
    assert_eq!((request.motion.x, request.motion.y, request.motion.z), (0.4, -6.25, 0.5));
    assert_eq!((request.seconds.get(), shots[0].takes.count().get()), (5, 2));
    check_mistakes("a.csv", "id;prompt;x;y;seconds\na;b;»1,000,5;»1,;»7,5\n", 3);
    check_mistakes("a.csv", "id,prompt,x\na,b,»\"0,4\"\n", 1);
}

#[test]
fn mistakes_are_where_they_are_behind_every_separator() {
    check_mistakes("a.csv", "sep=;\n\n;;;\nid;prompt;»promt;\na;b;;\nb;»\"c\"d;;\nc; »\"d\";;\nd;e;;»f\n»e;f\nf;g;;;;\n", 5);
    check_mistakes("a.tsv", "id\tprompt\tseconds\r\na\tb\t»7\r\n»\"a", 2);
    check_mistakes("a.csv", "»sep=|\nid|prompt\na|b\n", 1);
    check_mistakes("a.csv", "id,prompt,style\na,»“fog, then sun”,cinematic,noir\n", 1);
}

#[test]
fn rows_that_excel_has_left_columns_out_of_are_whole() {
    let row = |number: usize, end: &str| format!("S{number},a cat {number}{end}\n");
    let rows = |numbers: std::ops::Range<usize>, end: &str| numbers.map(|n| row(n, end)).collect::<String>();
    let header = "id,prompt,tags,callback_url\n";
    let text = header.to_owned() + &rows(0..15, ",,") + &rows(15..31, "") + &rows(31..40, ",hero");
    assert_eq!(shots("a.csv", text.as_str()).len(), 40);
    for odd in [0, 20, 35] {
        let text = text
            .replace(&row(odd, ",,"), &row(odd, ","))
            .replace(&row(odd, ""), &row(odd, ","))
            .replace(&row(odd, ",hero"), &row(odd, ""));
        let found = read(&Source::new("a.csv", text.into()), None).expect_err("ragged");
        let lines: Vec<_> = found.iter().map(|d| (d.code, d.place.line)).collect();
        // One row of a block that is wider than the others makes all of these too short.
        assert!(lines.iter().all(|(code, _)| *code == "ragged-row") && !lines.is_empty(), "{lines:?}");
    }
}

#[test]
fn columns_and_values_are_understood_in_the_words_of_film_people() {
    let ours = "id,prompt,motion,seconds,ratio,style,model,takes,tags\n\
                a,A pier,\"push in slow, pan left\",5,16:9,cinematic,gen4_turbo,2,hero\nb,A gull,static,10,9:16,cinematic,gen4.5,1,\n";
    let theirs = "Shot ID;Description;Camera Movement;Duration (sec);Aspect Ratio;Style;Model;Take(s);Tags;;\r\n\
                  a;A pier;Push In slow, Pan Left;5 sec;16x9;Cinematic;Gen-4 Turbo;2;hero;;\r\n\
                  b;A gull;Locked off;0:10;09:16:00;;Gen 4.5;;;;\r\n;;;;;;;;;;\r\n";
    assert_eq!(in_both("a.csv", theirs), shots("a.csv", ours));
    let dashes =
        theirs.replace("Locked off", "–").replace("Shot ID", "id").replace("Description", "ACTION").replace("Style", "look");
    assert_eq!(in_both("a.csv", &dashes), shots("a.csv", ours));
}

#[test]
fn two_columns_that_say_the_same_are_a_mistake_of_the_second() {
    check_mistakes("a.csv", "id,Action,»Description,seconds,»Duration,Movement,»motion\na,b,c,5,10,,\n", 3);
    let text =
        "id;prompt;duration;aspect ratio;movement;»Lens\na;b;»7 sec;»2.39:1;»push, pan left;35\nb;c;»00:05:00;»1.85;»wobble;\n";
    check_mistakes("a.csv", text, 7);
}

#[test]
fn ids_are_made_from_scene_and_shot() {
    let text = "Scene;Shot;Description;Notes;X_Lens\n10;20;A pier;at dawn;35 mm\nSC010;sh30a;A gull;;\n10A;Shot 1;A boat;;\nINTRO;A;Fog;;\n";
    let made = in_both("a.csv", text);
    let ids: Vec<_> = made.iter().map(|shot| shot.id.as_str()).collect();
    assert_eq!(ids, ["SC010_SH020", "SC010_SH030A", "SC010A_SH001", "INTRO_A"]);
    let scenes: Vec<_> = made.iter().map(|shot| shot.about.scene.as_ref().unwrap().as_str()).collect();
    assert_eq!(scenes, ["SC010", "SC010", "SC010A", "INTRO"]);
    assert_eq!(made[0].about.notes.as_deref(), Some("at dawn"));
    assert_eq!(made[0].about.metadata, [("x_lens".to_owned(), "35 mm".to_owned())].into());
    assert_eq!((&made[1].about.notes, made[1].about.metadata.len()), (&None, 0));
    let yaml = "defaults: { x_lens: 35 mm }\nshots:\n  - { id: SC010_SH020, scene: 10, prompt: A pier, notes: at dawn }\n";
    assert_eq!(shots("a.yaml", yaml)[0], made[0]);
    let alone = shots("a.csv", "shot,prompt\n20,A pier\nSC010_SH020,A gull\n");
    assert_eq!(alone.iter().map(|shot| shot.id.as_str()).collect::<Vec<_>>(), ["SH020", "SC010_SH020"]);
    let named = shots(
        "a.csv",
        "scene,shot,prompt\nOpening Titles,1,A pier\nINT. KITCHEN - NIGHT,2,A gull\nINT. KITCHEN - NIGHT,3,Fog\n",
    );
    let ids = ["Opening-Titles_SH001", "INT-KITCHEN-NIGHT_SH002", "INT-KITCHEN-NIGHT_SH003"];
    assert_eq!(named.iter().map(|shot| shot.id.as_str()).collect::<Vec<_>>(), ids);
    let own = shots("a.csv", "id,scene,shot,prompt\npier,10,20,A pier\n,10,30,A gull\n");
    assert_eq!(own.iter().map(|shot| shot.id.as_str()).collect::<Vec<_>>(), ["pier", "SC010_SH030"]);
}

#[test]
fn what_is_wrong_with_scenes_and_shots_is_told_where_it_is() {
    let text = "scene,shot,prompt,notes,x_a,»X-A\n10,20,A pier,,,\nSC010,»SH020,A gull,,,\n,»30,A boat,,,\n»10/KITCHEN,40,Fog,,,\n\
                10,»4/5,Fog,»\u{7},»\u{1},\n10,sc010_sh050,Fog,,,\n10,»50,Fog,,,\n10,»sc010_SH020,Fog,,,\n";
    check_mistakes("a.csv", text, 9);
    check_mistakes("a.yaml", "- { id: a, prompt: b, scene: »[10], notes: »{}, »x_a: , x_b: 1, »x_b: 2, »shot: 10 }\n", 5);
}

#[test]
fn rows_that_number_their_takes_are_one_shot() {
    let text = "scene,shot,take,prompt,duration\n10,20,1,A pier,5\n10,20,T02,A pier,5s\n10,30,,A gull,5\n10,20,3,A pier,5\n10,40,1,Fog,5\n";
    let made = in_both("a.csv", text);
    let counted: Vec<_> = made.iter().map(|shot| (shot.id.as_str(), shot.takes.count().get())).collect();
    assert_eq!(counted, [("SC010_SH020", 3), ("SC010_SH030", 1), ("SC010_SH040", 1)]);
    let some = in_both("a.csv", "scene,shot,take,prompt\n10,20,3,A pier\n10,20,1,A pier\n10,30,7,A gull\n10,40,1,Fog\n");
    let listed: Vec<_> = some.iter().map(|shot| shot.takes.to_string()).collect();
    assert_eq!(listed, ["[1, 3]", "[7]", "1"]);
    let wrong = "scene,shot,take,prompt,notes\n10,20,1,A pier,\n10,20,»1,A pier,\n10,20,3,A pier,\n10,30,2,A gull,at night\n\
                 10,30,1,»A gull at night,at night\n10,40,1,Fog,\n10,40,2,Fog,»dense\n10,»30,,A gull,at night\n10,50,»0,Rain,\n";
    check_mistakes("a.csv", wrong, 5);
    check_mistakes("a.csv", "id,prompt,take,»takes\na,b,1,\n", 1);
}

#[test]
fn columns_that_nobody_knows_are_kept_if_they_or_the_command_say_so() {
    let text = "Shot,Description,Lens (mm),X_Crew,Prio\n20,A pier,35,Ada,1\n30,A gull,,,\n";
    check_mistakes("a.csv", &text.replace("Lens", "»Lens").replace("Prio", "»Prio"), 2);
    let source = Source::new("a.csv", text.into());
    let kept = read_with(&source, None, ExtraColumns::Keep).expect("no mistakes");
    let own = [("lens_mm", "35"), ("prio", "1"), ("x_crew", "Ada")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(kept.shots[0].about.metadata, own.into());
    assert_eq!(kept.shots[1].about.metadata, [].into());
}

#[test]
fn what_a_spreadsheet_program_exports_is_understood_as_it_is() {
    let exported = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sheets").join(name);
        std::fs::read(path).expect("a file of the checkout")
    };
    let comma = exported("comma.csv");
    let made = shots("comma.csv", comma.clone());
    let told: Vec<_> = made
        .iter()
        .map(|Shot { id, request, takes, .. }| {
            format!("{id} {takes} {} {} {}", request.ratio, request.seconds.get(), request.motion)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    SC010_SH010 2 16:9 5 { z: 0.5, bg_x_pan: -1 }
    SC010_SH020 1 16:9 5 static
    SC010A_SH010 1 9:16 10 static
    SC020_SH010 1 16:9 10 static
    SC020_SH020 1 16:9 5 { r: 0.4 }
    ");
    assert_eq!(made[1].request.prompt, "The keeper’s hand on the rail;\nrust, rope, rain");
    assert_eq!(made[3].request.prompt, "Neon café sign: \"OPEN\" — 24 h");
    assert_eq!(made[0].about.notes.as_deref(), Some("“magic hour” – only\nif the weather holds"));
    assert_eq!(shots("semicolon.csv", exported("semicolon.csv")), made);
    assert_eq!(shots("tab.tsv", exported("tab.tsv")), made);
    assert_eq!(shots("<stdin>", exported("tab.tsv")), made);
    let excel = format!("\u{feff}{}", String::from_utf8(comma).expect("UTF-8").replace('\n', "\r\n"));
    assert_eq!(shots("excel.csv", excel), made, "as Excel ends lines");
}
