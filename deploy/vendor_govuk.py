"""Vendor GOV.UK Frontend from its npm tarball: ``python deploy/vendor_govuk.py govuk-frontend-6.6.0.tgz``.

The design system may be used outside gov.uk, its crown, crest and typeface may not. This takes the two
minified files, removes what is not ours to use, and refuses to write if any of it is left.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "static" / "vendor" / "govuk"
INSIDE = "package/dist/govuk/"
FORBIDDEN = re.compile(r"Transport|crest|crown|url\(|sourceMappingURL", re.IGNORECASE)
COPYRIGHT = "GOV.UK Frontend, MIT, Copyright (C) 2017 Crown Copyright (Government Digital Service)"

CHARSET = '@charset "UTF-8";'

_FONT_NOTICE = re.compile(r"/\*![^*]*Calvert.*?\*/", re.DOTALL)
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_RULE = re.compile(r"(?P<selectors>[^{}]+)\{(?P<body>[^{}]*)\}")
_EMPTY_BLOCK = re.compile(r"@(?:media|supports)[^{}]*\{\s*\}")
_SOURCE_MAP = re.compile(r"(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=.*?\*/)")
_EMBLEM = re.compile(r"crown|copyright-logo|logotype", re.IGNORECASE)


def _without_emblem(rule: re.Match[str]) -> str:
    """Drop the selectors of one rule that draw an emblem; drop the rule when none is left."""
    kept = [part for part in rule["selectors"].split(",") if not _EMBLEM.search(part)]
    if len(kept) == rule["selectors"].count(",") + 1:
        return rule.group()
    return f"{','.join(kept)}{{{rule['body']}}}" if kept else ""


def clean_css(css: str) -> str:
    """Return the stylesheet with our font variable and without font files and emblems."""
    css = _FONT_FACE.sub("", _FONT_NOTICE.sub("", _SOURCE_MAP.sub("", css.removeprefix(CHARSET))))
    css = css.replace("font-family:GDS Transport,arial,sans-serif", "font-family:var(--one-font,system-ui,sans-serif)")
    return _EMPTY_BLOCK.sub("", _RULE.sub(_without_emblem, css))


def clean_js(script: str) -> str:
    """Return the script without its source map, which we do not ship."""
    return _SOURCE_MAP.sub("", script)


def _member(archive: tarfile.TarFile, name: str) -> str:
    """Return one text file of the tarball; raise KeyError if it is missing."""
    stream = archive.extractfile(INSIDE + name)
    if stream is None:
        raise KeyError(name)
    return stream.read().decode("utf-8")


def vendor(tarball: Path, target: Path = TARGET) -> list[str]:
    """Write the cleaned files and ``SOURCE.txt``; return what was written. Raise ValueError if something is left."""
    with tarfile.open(tarball) as archive:
        css = clean_css(_member(archive, "govuk-frontend.min.css"))
        script = clean_js(_member(archive, "govuk-frontend.min.js"))
    for name, text in (("css", css), ("js", script)):
        if left := FORBIDDEN.search(text):
            raise ValueError(f"{name}: {left.group()!r} is left, extend the clean-up before shipping it")
    digest = hashlib.sha512(tarball.read_bytes()).hexdigest()
    files = {
        "govuk-frontend.min.css": f"{CHARSET}\n/* {COPYRIGHT}. Changed: fonts and emblems removed. */\n{css.strip()}\n",
        "govuk-frontend.min.js": f"/* {COPYRIGHT} */\n{script.strip()}\n",
        "SOURCE.txt": f"{tarball.name}\nsha512 {digest}\nmade by deploy/vendor_govuk.py\n",
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (target / name).write_text(text, encoding="utf-8")
    return sorted(files)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python deploy/vendor_govuk.py govuk-frontend-X.Y.Z.tgz")
    sys.stdout.write("\n".join(vendor(Path(sys.argv[1]))) + "\n")
