//! Letters, five dots wide and seven high, drawn for this project.

/// How many dots a letter is wide.
pub(super) const WIDTH: usize = 5;
/// How many dots a letter is high.
pub(super) const HEIGHT: usize = 7;

/// Where the dots of `letter` are: column and row. A letter that the sheet does not have is an empty box.
pub(super) fn dots(letter: char) -> Vec<(usize, usize)> {
    if letter.is_whitespace() {
        return Vec::new();
    }
    let (rows, start) = place(letter).unwrap_or((&UNKNOWN, 0));
    let columns = |row: &'static str| row.bytes().skip(start).take(WIDTH).enumerate();
    let dots = rows.iter().enumerate().flat_map(|(y, row)| columns(row).map(move |(x, dot)| (x, y, dot)));
    dots.filter(|(_, _, dot)| *dot == b'#').map(|(x, y, _)| (x, y)).collect()
}

fn place(letter: char) -> Option<(&'static [&'static str; HEIGHT], usize)> {
    let index = |letters: &str| letters.chars().position(|l| l == letter);
    SHEET.iter().find_map(|(letters, rows)| Some((rows, index(letters)? * (WIDTH + 1))))
}

const UNKNOWN: [&str; HEIGHT] = ["#####", "#   #", "#   #", "#   #", "#   #", "#   #", "#####"];

#[rustfmt::skip]
const SHEET: [(&str, [&str; HEIGHT]); 7] = [
    ("0123456789", [
        " ###    #    ###  #####    #  #####   ##  #####  ###   ###",
        "#   #  ##   #   #    #    ##  #      #        # #   # #   #",
        "#  ##   #       #   #    # #  ####  #        #  #   # #   #",
        "# # #   #      #     #  #  #      # ####    #    ###   ####",
        "##  #   #     #       # #####     # #   #  #    #   #     #",
        "#   #   #    #    #   #    #  #   # #   #  #    #   #    #",
        " ###   ###  #####  ###     #   ###   ###   #     ###   ##",
    ]),
    ("ABCDEFGHIJKLM", [
        " ###  ####   ###  ###   ##### #####  ###  #   #  ###    ### #   # #     #   #",
        "#   # #   # #   # #  #  #     #     #   # #   #   #      #  #  #  #     ## ##",
        "#   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # #",
        "##### ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # #",
        "#   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   #",
        "#   # #   # #   # #  #  #     #     #   # #   #   #   #  #  #  #  #     #   #",
        "#   # ####   ###  ###   ##### #      #### #   #  ###   ##   #   # ##### #   #",
    ]),
    ("NOPQRSTUVWXYZ", [
        "#   #  ###  ####   ###  ####   #### ##### #   # #   # #   # #   # #   # #####",
        "#   # #   # #   # #   # #   # #       #   #   # #   # #   # #   # #   #     #",
        "##  # #   # #   # #   # #   # #       #   #   # #   # #   #  # #  #   #    #",
        "# # # #   # ####  #   # ####   ###    #   #   # #   # # # #   #    # #    #",
        "#  ## #   # #     # # # # #       #   #   #   # #   # # # #  # #    #    #",
        "#   # #   # #     #  #  #  #      #   #   #   #  # #  # # # #   #   #   #",
        "#   #  ###  #      ## # #   # ####    #    ###    #    # #  #   #   #   #####",
    ]),
    ("abcdefghijklm", [
        "      #               #         ##        #       #      #  #      ##",
        "      #               #        #  #  #### #                 #       #",
        " ###  # ##   ###   ## #  ###   #    #   # # ##   ##     ##  #  #    #   ## #",
        "    # ##  # #     #  ## #   # ###   #   # ##  #   #      #  # #     #   # # #",
        " #### #   # #     #   # #####  #     #### #   #   #      #  ##      #   # # #",
        "#   # #   # #   # #   # #      #        # #   #   #   #  #  # #     #   #   #",
        " #### ####   ###   ####  ###   #     ###  #   #  ###   ##   #  #   ###  #   #",
    ]),
    ("nopqrstuvwxyz", [
        "                                     #",
        "                                     #",
        "# ##   ###  ####   ## # # ##   ###  ###   #   # #   # #   # #   # #   # #####",
        "##  # #   # #   # #  ## ##  # #      #    #   # #   # #   #  # #  #   #    #",
        "#   # #   # ####   #### #      ###   #    #   # #   # # # #   #    ####   #",
        "#   # #   # #         # #         #  #  # #  ##  # #  # # #  # #      #  #",
        "#   #  ###  #         # #     ####    ##   ## #   #    # #  #   #  ###  #####",
    ]),
    ("._-,:;'\"!", [
        "                                      #    # #    #",
        "                         ##    ##     #    # #    #",
        "                         ##    ##    #     # #    #",
        "             ###                                  #",
        "                   ##    ##    ##                 #",
        " ##                 #    ##     #",
        " ##   #####        #           #                  #",
    ]),
    ("?/()&+%#=*", [
        " ###           #   #     ##         ##     # #",
        "#   #     #   #     #   #  #    #   ##  #  # #          #",
        "    #    #   #       #  # #     #      #  ##### ##### # # #",
        "   #    #    #       #   #    #####   #    # #         ###",
        "  #    #     #       #  # # #   #    #    ##### ##### # # #",
        "      #       #     #   #  #    #   #  ##  # #          #",
        "  #            #   #     ## #          ##  # #",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_letter_of_an_id_has_a_shape_of_its_own() {
        let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("._-".chars());
        let shapes: HashSet<_> = letters.clone().map(dots).collect();
        assert_eq!(shapes.len(), letters.count());
        assert!(!shapes.contains(&dots('漢')));
        assert!(dots(' ').is_empty());
    }
}
