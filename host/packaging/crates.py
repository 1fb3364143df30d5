"""What a release is made of: the crates in the binary and in the plugins that it holds, with their licences and sources.

Apart from the two that need it: `third_party.py` writes their licences, `sbom.py` the bill of materials. Crates that only
build the hub or test it, macros included, are not in what is given away, and are not listed.
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A release is made for these; on another system `cargo install` builds from source.
HOSTS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
PLUGIN_TARGET = "wasm32-wasip2"


@dataclass
class Crate:
    """One version of one crate."""

    name: str
    version: str
    licence: str
    folder: Path
    # Nothing for crates of this repository.
    checksum: str | None
    needs: set = field(default_factory=set)

    @property
    def own(self):
        return self.checksum is None

    @property
    def key(self):
        return (self.name, self.version)


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def plugins():
    """The crates of the bundled plugins, as build.rs finds them."""
    found = (ROOT / "plugins").glob("*/Cargo.toml")
    return sorted(f"mcphub-plugin-{path.parent.name}" for path in found if path.parent.name != "sdk")


def edges(packages, target):
    """The crates that are linked into packages that are built together, each with the crate that needs it."""
    named = [word for package in packages for word in ("--package", package)]
    kinds = ["--edges", "normal,no-proc-macro", "--target", target]
    tree = cargo("tree", *named, *kinds, "--prefix", "depth", "--format", " {p}")
    above = []
    for line in tree.splitlines():
        if not line:
            continue
        depth, name, version = re.match(r"(\d+) (\S+) v(\S+)", line).groups()
        del above[int(depth):]
        yield (above[-1] if above else None), (name, version)
        above.append((name, version))


def described():
    """Every crate that cargo knows of here, by name and version."""
    platforms = [word for target in [*HOSTS, PLUGIN_TARGET] for word in ("--filter-platform", target)]
    metadata = json.loads(cargo("metadata", "--format-version", "1", *platforms))
    entry = r"name = \"(\S+)\"\nversion = \"(\S+)\"\nsource = .*\nchecksum = \"(\w+)\""
    checksums = {(name, version): checksum for name, version, checksum in re.findall(entry, (ROOT / "Cargo.lock").read_text())}
    crates = {}
    for package in metadata["packages"]:
        key = (package["name"], package["version"])
        folder = Path(package["manifest_path"]).parent
        crates[key] = Crate(*key, package["license"] or "", folder, checksums.get(key))
    return crates


def in_release():
    """The crates of a release by name and version: the hub, its plugins, and what is linked into them."""
    crates = described()
    used = set()
    builds = [(["mcphub"], target) for target in HOSTS] + [(plugins(), PLUGIN_TARGET)]
    for packages, target in builds:
        for needing, needed in edges(packages, target):
            used.add(needed)
            if needing:
                crates[needing].needs.add(needed)
    return {key: crates[key] for key in sorted(used)}
