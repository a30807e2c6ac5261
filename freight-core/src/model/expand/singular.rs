//! The singular of an English noun, as far as names of tables need it.

/// Words whose singular no rule gives.
const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("men", "man"),
    ("women", "woman"),
    ("children", "child"),
    ("mice", "mouse"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("geese", "goose"),
    ("series", "series"),
    ("species", "species"),
    ("news", "news"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("indices", "index"),
    ("vertices", "vertex"),
    ("matrices", "matrix"),
    ("leaves", "leaf"),
    ("lives", "life"),
    ("wolves", "wolf"),
    ("shoes", "shoe"),
    ("caches", "cache"),
];

/// The singular of a name; what follows the last `_` is the noun.
///
/// ```
/// assert_eq!(freight_core::model::singular("blog_categories"), "blog_category");
/// ```
#[must_use]
pub fn singular(name: &str) -> String {
    let (before, noun) = match name.rsplit_once('_') {
        Some((before, noun)) => (format!("{before}_"), noun),
        None => (String::new(), name),
    };
    let irregular = IRREGULAR.iter().find(|(plural, _)| *plural == noun);
    let word = match irregular {
        Some((_, singular)) => (*singular).to_owned(),
        None => regular(noun),
    };
    before + &word
}

fn regular(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes", "zes", "tuses"] {
        if let Some(stem) = noun.strip_suffix("es").filter(|_| noun.ends_with(ending)) {
            return stem.to_owned();
        }
    }
    match noun.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn nouns_of_tables_have_a_singular() {
        for (plural, expected) in [
            ("users", "user"),
            ("order_items", "order_item"),
            ("categories", "category"),
            ("boxes", "box"),
            ("addresses", "address"),
            ("statuses", "status"),
            ("status", "status"),
            ("news", "news"),
            ("people", "person"),
            ("houses", "house"),
            ("data", "data"),
            ("s", "s"),
            ("", ""),
        ] {
            assert_eq!(singular(plural), expected, "{plural}");
        }
    }
}
