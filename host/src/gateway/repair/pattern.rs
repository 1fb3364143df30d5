//! Regular expressions that every client compiles: those of ECMAScript with its flag `u`, as validators of JSON Schema use
//! them. What other languages have beyond it (`(?i)`, `(?P<a>)`, `\A`, `a++`) fails there, and takes the whole list along.
//!
//! It knows the plain part of the syntax only: it says no to some patterns that would do, and yes to none that would not.

use std::iter::Peekable;
use std::str::Chars;

/// Characters that mean something and may be escaped.
const SYNTAX: &str = "^$\\.*+?()[]{}|/";

/// Whether every client compiles it.
pub(super) fn is_plain(pattern: &str) -> bool {
    PatternReader { rest: pattern.chars().peekable(), groups: Vec::new() }.read().is_some()
}

struct PatternReader<'a> {
    rest: Peekable<Chars<'a>>,
    /// The groups that are open: whether each may be repeated.
    groups: Vec<bool>,
}

/// One element of a class.
enum Element {
    One(char),
    Many,
    /// None: the class ends here.
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

    /// What stands after a repetition cannot be repeated.
    fn lazily(&mut self) -> bool {
        self.rest.next_if_eq(&'?');
        false
    }

    /// Reads how often something repeats (`{2}`, `{2,}`, `{2,3}`).
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

    /// Outside of a class.
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
    fn what_every_client_compiles_is_plain() {
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
    fn what_ecmascript_lacks_or_refuses_is_not() {
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
