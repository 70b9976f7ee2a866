"""Unpacks named members of a zip archive, as `unpack.py ARCHIVE FOLDER MEMBER…`, and prints the bytes written so far.

Python's zipfile holds every member to its length and checksum.
"""
import sys
import zipfile
from pathlib import Path

archive, folder, *members = sys.argv[1:]
written = 0
with zipfile.ZipFile(archive) as wheel:
    for member in members:
        target = Path(folder, member)
        target.parent.mkdir(parents=True, exist_ok=True)
        with wheel.open(member) as source, target.open("wb") as file:
            while piece := source.read(1 << 24):
                written += file.write(piece)
                print(written, flush=True)
