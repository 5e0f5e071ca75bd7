//! Shot lists as spreadsheet programs write them: every dialect, and every mistake where it is.

use crate::manifest::{check_mistakes, shots};
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
    assert_eq!((request.seconds.get(), shots[0].takes.get()), (5, 2));
    check_mistakes("a.csv", "id;prompt;x;y;seconds\na;b;»1,000,5;»1,;»7,5\n", 3);
    check_mistakes("a.csv", "id,prompt,x\na,b,»\"0,4\"\n", 1);
}

#[test]
fn mistakes_are_where_they_are_behind_every_separator() {
    check_mistakes("a.csv", "sep=;\n\n;;;\nid;prompt;»promt;\na;b;;\nb;»\"c\"d;;\nc; »\"d\";;\nd;e;;»f\n»e;f\nf;g;;;;\n", 5);
    check_mistakes("a.tsv", "id\tprompt\tseconds\r\na\tb\t»7\r\n»\"a", 2);
    check_mistakes("a.csv", "»sep=|\nid|prompt\na|b\n", 1);
    check_mistakes("a.csv", "id,prompt,style\na,“fog, then sun”,»cinematic,noir\n", 1);
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
        let found = rushes::manifest::read(&rushes::manifest::Source::new("a.csv", text.into()), None).expect_err("ragged");
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
