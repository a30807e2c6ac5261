//! Expressions made by chance, always the same ones: few parentheses, so that it matters which
//! operator binds stronger.

/// `count` different expressions.
pub fn expressions(
    count: usize,
    leaves: &[&str],
    operators: &[&str],
    before: &[&str],
    after: &[&str],
) -> Vec<String> {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut found = std::collections::BTreeSet::new();
    while found.len() < count {
        found.insert(expression(&mut dice, 3, leaves, operators, before, after));
    }
    found.into_iter().collect()
}

fn expression(
    dice: &mut Dice,
    depth: usize,
    leaves: &[&str],
    operators: &[&str],
    before: &[&str],
    after: &[&str],
) -> String {
    let inner = |dice: &mut Dice| {
        let text = expression(dice, depth - 1, leaves, operators, before, after);
        match dice.below(4) {
            0 => format!("({text})"),
            _ => text,
        }
    };
    match dice.below(8) {
        _ if depth == 0 => dice.one_of(leaves).to_owned(),
        0 => dice.one_of(leaves).to_owned(),
        1 => format!("{}{}", dice.one_of(before), inner(dice)),
        2 => format!("{} {}", inner(dice), dice.one_of(after)),
        _ => {
            let left = inner(dice);
            match dice.one_of(operators) {
                "IN" => format!("{left} IN ({}, {})", inner(dice), inner(dice)),
                "BETWEEN" => {
                    let (low, high) = (dice.one_of(leaves), dice.one_of(leaves));
                    format!("{left} BETWEEN {low} AND {high}")
                }
                operator => format!("{left} {operator} {}", inner(dice)),
            }
        }
    }
}

/// Numbers that look as if made by chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}
