"""Every text of the interface stands in Chinese too, and the compiled file is the one that belongs to it."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.urls import reverse

LOCALE = Path(settings.BASE_DIR) / "portal" / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SOURCES = ("portal", "lifeevents", "services", "templates")

# The texts in templates and code, as one would read them; the real extraction needs gettext, which may be missing.
IN_TEMPLATE = re.compile(r"""{%\s*translate\s+(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
IN_CODE = re.compile(r"""\b(?:_|gettext|gettext_lazy)\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)""")


@pytest.fixture(scope="module")
def catalogue_file() -> polib.POFile:
    return polib.pofile(str(LOCALE / "django.po"))


def files(pattern: str) -> list[Path]:
    found = [path for source in SOURCES for path in (Path(settings.BASE_DIR) / source).rglob(pattern)]
    return [path for path in found if "simulator" not in path.parts and "migrations" not in path.parts]


def texts() -> dict[str, str]:
    """Return every plain text that is marked for translation, with the file it stands in."""
    found = {}
    for path in files("*.html"):
        for double, single in IN_TEMPLATE.findall(path.read_text()):
            found[double or single] = path.name
    for path in files("*.py"):
        for text in IN_CODE.findall(path.read_text()):
            found[text.replace('\\"', '"')] = path.name
    return found


def test_every_text_of_templates_and_code_is_translated(catalogue_file: polib.POFile) -> None:
    known = {entry.msgid for entry in catalogue_file if entry.translated()}
    missing = {text: place for text, place in texts().items() if text not in known}
    assert missing == {}


def test_no_entry_is_empty_or_a_guess(catalogue_file: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue_file.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue_file.fuzzy_entries()] == []


def test_translations_keep_the_places_for_values(catalogue_file: polib.POFile) -> None:
    for entry in catalogue_file:
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in (entry.msgstr_plural or {0: entry.msgstr}).values():
            assert set(PLACEHOLDER.findall(text)) <= wanted, entry.msgid
            assert wanted - set(PLACEHOLDER.findall(text)) <= {"n"}, entry.msgid


def test_the_compiled_file_says_what_the_source_says(catalogue_file: polib.POFile) -> None:
    with (LOCALE / "django.mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for entry in catalogue_file:
        if entry.msgid_plural:
            assert compiled.ngettext(entry.msgid, entry.msgid_plural, 2) == entry.msgstr_plural[0]
        elif entry.msgctxt:
            assert compiled.pgettext(entry.msgctxt, entry.msgid) == entry.msgstr
        else:
            assert compiled.gettext(entry.msgid) == entry.msgstr


def test_chinese_pages_say_nothing_in_english(client, catalogue, lin, filed_case, complete_draft) -> None:  # type: ignore[no-untyped-def]
    client.force_login(lin)
    own = (
        "EN",
        "English",
        "One Thing",
        "Lin Wei",
        "PDF",
        "JPEG",
        "PNG",
        "MB",
        "KB",
        "City Women",
        "Hospital",
        "Willow",
    )
    pages = [reverse(name, args=[complete_draft.pk]) for name in ("tasks", "check", "who", "declare")]
    pages += [reverse(name, args=[filed_case.pk]) for name in ("case", "sent")]
    pages += ["/", "/?q=zzz", reverse("event", args=["having-a-child"]), reverse("start", args=["having-a-child"])]
    pages += [reverse("my_cases"), reverse("page", args=[complete_draft.pk, "handover"])]
    for address in pages:
        page = client.get(address, headers={"accept-language": "zh-hans"}).content.decode()
        body = re.sub(r"(?s)<(script|style|svg|code)\b.*?</\1>", " ", page[page.index("<body") :])
        words = re.findall(r"\b[A-Za-z]{3,} [a-z]{2,}\b", re.sub(r"<[^>]+>", " ", body))
        assert [word for word in words if not any(name in word for name in own)] == [], address
