"""Puts the server with everything from the Python SDK's source distribution into a folder.

Arguments: the folder, and the SDK's version. The version is written last, into the file VERSION."""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "mcp_everything_server"
folder, version = Path(sys.argv[1]), sys.argv[2]

with tempfile.TemporaryDirectory() as downloads:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-binary", "mcp", "--dest", downloads, f"mcp=={version}"], check=True)
    [archive] = Path(downloads).glob("mcp-*.tar.gz")
    with tarfile.open(archive) as source:
        for member in source.getmembers():
            if f"/{PACKAGE}/" in member.name and member.name.endswith(".py"):
                target = folder / PACKAGE / Path(member.name).name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.extractfile(member).read())
(folder / "VERSION").write_text(version)
