//! The words of a file as the compiler sees them: names, `::` and single signs. Comments are left out, a text is one empty
//! word, and an item behind `#[cfg(test)]` is left out.

/// A name, a number, `::`, or one sign.
pub(super) type Word = Box<str>;

/// The words of a file.
pub(super) fn words_of(text: &str) -> Vec<Word> {
    without_tests(&split(text))
}

fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
        } else if let Some(after) = after_text(rest) {
            words.push("".into());
            rest = after;
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            words.push(rest[..end].into());
            rest = &rest[end..];
        } else {
            let end = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            words.push(rest[..end].into());
            rest = &rest[end..];
        }
    }
    words
}

/// What follows a text, a byte text, a raw text or a character that stands at the beginning.
fn after_text(rest: &str) -> Option<&str> {
    let plain = rest.strip_prefix('b').unwrap_or(rest);
    if let Some(raw) = plain.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", &raw[..hashes]);
            return raw[hashes + 1..].split_once(&end).map(|(_, after)| after);
        }
    }
    if let Some(inside) = plain.strip_prefix('"') {
        return Some(&inside[end_of(inside, '"')..]);
    }
    let inside = plain.strip_prefix('\'')?;
    let mut signs = inside.chars();
    // A lifetime has no second quotation mark.
    match (signs.next()?, signs.next()?) {
        ('\\', _) => Some(&inside[end_of(inside, '\'')..]),
        (sign, '\'') => Some(&inside[sign.len_utf8() + 1..]),
        _ => None,
    }
}

/// Where a text ends, its mark included.
fn end_of(inside: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, sign) in inside.char_indices() {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            sign if sign == mark => return at + sign.len_utf8(),
            _ => {}
        }
    }
    inside.len()
}

fn without_tests(words: &[Word]) -> Vec<Word> {
    let mut kept = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        if is_test_mark(&words[at..]) {
            at = after_item(words, at + 7);
        } else {
            kept.push(words[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_test_mark(words: &[Word]) -> bool {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    words.len() >= mark.len() && words.iter().zip(mark).all(|(word, sign)| **word == *sign)
}

/// Behind the `;`, the block or the `,` that ends an item, a variant or an arm.
fn after_item(words: &[Word], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(from) {
        match &**word {
            "(" | "[" | "{" => depth += 1,
            // The end of what it stands in: a last variant without a comma.
            "}" if depth == 0 => return at,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" | "," if depth == 0 => return at + 1,
            _ => {}
        }
    }
    words.len()
}

#[test]
fn comments_texts_and_tests_are_no_words() {
    let arms = words_of("enum A { #[cfg(test)] B(C, D), E, #[cfg(test)] F }");
    assert_eq!(arms.iter().map(|word| &**word).collect::<Vec<_>>(), ["enum", "A", "{", "E", ",", "}"]);
    let text = "/// a\nfn f<'l>() { 'x'; '\\''; \"a::b\\\"\"; r#\"c\"d\"#; } // b\n#[cfg(test)] #[path = \"x\"] mod t { d } mod e;";

    let words = words_of(text);

    let expected =
        ["fn", "f", "<", "'", "l", ">", "(", ")", "{", "", ";", "", ";", "", ";", "", ";", "}", "mod", "e", ";"];
    assert_eq!(words.iter().map(|word| &**word).collect::<Vec<_>>(), expected);
}
