#!/usr/bin/env python3
"""Writes the bill of materials of a release as CycloneDX 1.5 JSON to standard output.

The same sources and `SOURCE_DATE_EPOCH` give the same bytes.
"""

import json
import os
import sys
import uuid
from datetime import datetime, timezone
from urllib.parse import quote

import crates


def reference(crate):
    if crate.own:
        return f"{crate.name}@{crate.version}"
    return f"pkg:cargo/{crate.name}@{quote(crate.version)}"


def component(crate):
    made = {
        "type": "application" if crate.name == "mcphub" else "library",
        "bom-ref": reference(crate),
        "name": crate.name,
        "version": crate.version,
    }
    if not crate.own:
        made["purl"] = reference(crate)
        made["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    if crate.licence:
        # Older crates write `/` for OR, which is no SPDX expression.
        made["licenses"] = [{"expression": " OR ".join(part.strip() for part in crate.licence.split("/"))}]
    return made


def bill(when):
    used = crates.in_release()
    hub = next(crate for crate in used.values() if crate.name == "mcphub")
    dependencies = []
    for crate in used.values():
        needs = {reference(used[key]) for key in crate.needs if key in used}
        if crate is hub:
            # Plugins are no dependency for cargo: the hub's build script builds them and puts them into the binary.
            needs |= {reference(other) for other in used.values() if other.name in crates.plugins()}
        dependencies.append({"ref": reference(crate), "dependsOn": sorted(needs)})
    parts = [component(crate) for crate in used.values() if crate is not hub]
    told = json.dumps([parts, dependencies])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, told).urn,
        "version": 1,
        "metadata": {
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": component(hub),
        },
        "components": parts,
        "dependencies": dependencies,
    }


if __name__ == "__main__":
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    json.dump(bill(datetime.fromtimestamp(epoch, timezone.utc)), sys.stdout, indent=1)
    print()
