#!/usr/bin/env python3
"""Writes THIRD-PARTY: the licences of what a release holds of others. `--check` fails where the file is not up to date.

A crate that offers a choice is used under the licence that stands first in `ACCEPTED`. A licence that is not in there is
refused: read it, and decide.
"""

import re
import sys
from pathlib import Path

import crates

PLACE = crates.ROOT / "THIRD-PARTY"
ACCEPTED = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
]
# What a crate holds of others beside its own files, below its folder.
INSIDE = {
    "aws-lc-sys": ["aws-lc/LICENSE", "aws-lc/third_party/fiat/LICENSE"],
    "zstd-sys": ["zstd/LICENSE"],
}
HEAD = """\
Third-party software in MCPHub

The binary `mcphub` and the plugins in it are made of MCPHub's own code (Apache License 2.0, see LICENSE) and of the
crates below. Where a crate offers a choice, the licence that is named is the one chosen. The file is written by
host/packaging/third_party.py.

Parts that are no crates: the Rust standard library (https://github.com/rust-lang/rust, Apache-2.0), and in the plugins
wasi-libc (https://github.com/WebAssembly/wasi-libc, Apache-2.0 WITH LLVM-exception), which holds parts of musl libc
(MIT, Copyright (c) 2005-2020 Rich Felker, et al.).
"""


def alternatives(expression):
    """The sets of licences of which one must be kept: AND and OR of an SPDX expression, with the older `/` for OR."""
    words = re.findall(r"\(|\)|[^\s()/]+|/", expression)

    def either():
        found = both()
        while words and words[0] in ("OR", "/"):
            words.pop(0)
            found = found + both()
        return found

    def both():
        found = one()
        while words and words[0] == "AND":
            words.pop(0)
            right = one()
            found = [left | more for left in found for more in right]
        return found

    def one():
        word = words.pop(0)
        if word == "(":
            inner = either()
            words.pop(0)
            return inner
        if words and words[0] == "WITH":
            word = f"{word} {words.pop(0)} {words.pop(0)}"
        return [frozenset([word])]

    return either()


def chosen(crate):
    """The licences that a crate is used under."""
    known = [found for found in alternatives(crate.licence) if all(name in ACCEPTED for name in found)]
    if not known:
        sys.exit(f"{crate.name} {crate.version}: {crate.licence or 'no licence'} is not accepted; see ACCEPTED in {__file__}")
    return min(known, key=lambda found: (len(found), sorted(ACCEPTED.index(name) for name in found)))


def texts(crate, licences):
    """What must be passed on with a crate: its notices, and its licences but the Apache License, which stands once."""
    names = ["NOTICE*"]
    if licences != {"Apache-2.0"}:
        names += ["LICEN[SC]E*", "COPYING*", "COPYRIGHT*"]
    paths = {path for name in names for path in crate.folder.glob(name) if path.is_file()}
    paths |= {crate.folder / inside for inside in INSIDE.get(crate.name, [])}
    return [plain(path) for path in sorted(paths) if not is_other(path, licences)]


def is_other(path, licences):
    """Whether a file holds a licence that was not chosen, by its name."""
    name = path.name.upper()
    return ("APACHE" in name and not any("Apache" in licence for licence in licences)) or (
        "MIT" in name and "MIT" not in licences
    )


def plain(path):
    lines = path.read_text(encoding="utf-8", errors="replace").replace("\f", "").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def report():
    used = [crate for crate in crates.in_release().values() if not crate.own]
    sections = {}
    rows = []
    for crate in used:
        licences = chosen(crate)
        rows.append(f"{crate.name} {crate.version}: {' AND '.join(sorted(licences))}")
        found = texts(crate, licences)
        if not found and licences != {"Apache-2.0"}:
            found = [standard(licences, used)]
        for text in found:
            sections.setdefault(text, {})[f"{crate.name} {crate.version}"] = None
    parts = [HEAD, "\n".join(rows)]
    for text, names in sections.items():
        parts.append("=" * 100 + "\n" + ", ".join(names) + "\n" + "-" * 100 + "\n\n" + text)
    apache = plain(crates.ROOT / "LICENSE")
    parts.append("=" * 100 + "\nApache License 2.0\n" + "-" * 100 + "\n\n" + apache)
    return "\n\n".join(parts) + "\n"


def standard(licences, used):
    """The text of a licence for a crate that comes without one: that of a crate beside it, from the same project."""
    if licences == {"Apache-2.0 WITH LLVM-exception"}:
        return texts(next(crate for crate in used if crate.name == "wasmtime"), licences)[0]
    sys.exit(f"a crate under {sorted(licences)} comes without a text; see {__file__}")


def main():
    text = report()
    if "--check" not in sys.argv[1:]:
        PLACE.write_text(text, encoding="utf-8")
    elif not PLACE.is_file() or PLACE.read_text(encoding="utf-8") != text:
        sys.exit(f"{PLACE.name} is not what Cargo.lock says; run host/packaging/third_party.py")


if __name__ == "__main__":
    main()
