//! Regular expressions that every client compiles.
//!
//! Validators of JSON Schema use those of ECMAScript with the flag `u`. Syntax of other languages (`(?i)`, `(?P<a>)`,
//! `\A`, `a++`) does not compile there, and then the client loses the whole list. Only the common part of the syntax is
//! recognised: some patterns that would compile are rejected, but none that would not is accepted.

use std::iter::Peekable;
use std::str::Chars;

/// Characters with a meaning of their own, which may be escaped.
const SYNTAX: &str = "^$\\.*+?()[]{}|/";

/// Whether every client compiles this pattern.
pub(super) fn is_plain(pattern: &str) -> bool {
    PatternReader { rest: pattern.chars().peekable(), groups: Vec::new() }.read().is_some()
}

struct PatternReader<'a> {
    rest: Peekable<Chars<'a>>,
    /// For each open group, whether it may be repeated.
    groups: Vec<bool>,
}

/// One element of a character class.
enum Element {
    One(char),
    Many,
    /// The class ends here.
    End,
}

impl PatternReader<'_> {
    fn read(mut self) -> Option<()> {
        let mut may_repeat = false;
        while let Some(char) = self.rest.next() {
            may_repeat = match char {
                '\\' => self.escaped()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => self.groups.pop()?,
                '*' | '+' | '?' if may_repeat => self.lazily(),
                '{' if may_repeat => self.count()?,
                '*' | '+' | '?' | '{' | '}' | ']' => return None,
                '^' | '$' | '|' => false,
                _ => true,
            };
        }
        self.groups.is_empty().then_some(())
    }

    /// Skips the `?` of a lazy repetition. A repetition cannot be repeated itself.
    fn lazily(&mut self) -> bool {
        self.rest.next_if_eq(&'?');
        false
    }

    /// Reads a repetition count: `{2}`, `{2,}` or `{2,3}`.
    fn count(&mut self) -> Option<bool> {
        let least = self.number()?;
        if self.rest.next_if_eq(&',').is_some() && self.rest.peek().is_some_and(char::is_ascii_digit) {
            self.number().filter(|most| *most >= least)?;
        }
        self.rest.next_if_eq(&'}')?;
        Some(self.lazily())
    }

    fn number(&mut self) -> Option<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse().ok()
    }

    fn group(&mut self) -> Option<bool> {
        let may_repeat = if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => true,
                '=' | '!' => false,
                _ => return None,
            }
        } else {
            true
        };
        self.groups.push(may_repeat);
        Some(false)
    }

    /// Reads an escape outside of a character class.
    fn escaped(&mut self) -> Option<bool> {
        match self.rest.next()? {
            'b' | 'B' => Some(false),
            char => self.element(char).map(|_| true),
        }
    }

    fn element(&mut self, char: char) -> Option<Element> {
        match char {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => Some(Element::Many),
            't' => Some(Element::One('\t')),
            'n' => Some(Element::One('\n')),
            'r' => Some(Element::One('\r')),
            'f' => Some(Element::One('\u{c}')),
            'v' => Some(Element::One('\u{b}')),
            'x' => self.hexadecimal(2),
            'u' => self.hexadecimal(4),
            char => SYNTAX.contains(char).then_some(Element::One(char)),
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<Element> {
        let mut text = String::new();
        for _ in 0..digits {
            text.push(self.rest.next_if(char::is_ascii_hexdigit)?);
        }
        char::from_u32(u32::from_str_radix(&text, 16).ok()?).map(Element::One)
    }

    fn class(&mut self) -> Option<bool> {
        self.rest.next_if_eq(&'^');
        loop {
            let first = self.in_class()?;
            if matches!(first, Element::End) {
                return Some(true);
            }
            if self.rest.next_if_eq(&'-').is_none() {
                continue;
            }
            match (first, self.in_class()?) {
                (_, Element::End) => return Some(true),
                (Element::One(first), Element::One(last)) if first <= last => {}
                (_, Element::One(_) | Element::Many) => return None,
            }
        }
    }

    fn in_class(&mut self) -> Option<Element> {
        match self.rest.next()? {
            ']' => Some(Element::End),
            '\\' if self.rest.next_if_eq(&'-').is_some() => Some(Element::One('-')),
            '\\' => {
                let char = self.rest.next()?;
                self.element(char)
            }
            char => Some(Element::One(char)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_every_client_compiles_are_accepted() {
        for pattern in [
            "",
            "^[a-z0-9_-]+$",
            r"^[\w\-.]+@\w+(\.\w{2,})+$",
            r"^\d{4}-\d{2}-\d{2}(?:T.*)?$",
            "^(?!-)a|b*?$",
            r"^[^\x00-\x1f\u0080]*$",
            "ä|[가-힣]",
            r"^#?([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$",
            r"^https?:\/\/",
            "[-a]",
            "[a-]",
        ] {
            assert!(is_plain(pattern), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_ecmascript_lacks_or_refuses_are_rejected() {
        for pattern in [
            "(?i)abc",
            "(?P<a>b)",
            r"\Aabc\Z",
            "a++",
            "a*+",
            "(?>a)",
            "[",
            "(",
            ")",
            "a)",
            "*a",
            "a{2,1}",
            "a{",
            "}",
            "]",
            r"\-",
            r"\_",
            r"[\w-z]",
            "[z-a]",
            r"\h",
            r"\p{Foo}",
            r"\1",
            r"\",
            "^*",
            "(?=a)*",
            r"\x1",
            "[[:alpha:]]+]",
            "(?#c)",
        ] {
            assert!(!is_plain(pattern), "{pattern}");
        }
    }
}
