"""Pages as forms: what people type, what is kept of it, and what they are told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from lifeevents.answers import CLEANERS, AnswerError, clean_answer, personal_number_check
from lifeevents.definition import ELEMENT_TYPES, Choice, Element, Evidence
from lifeevents.derived import EvidenceQuestion, Page, Question
from lifeevents.forms import SENTENCES, clean_page, page_form, page_uploads
from services.plan import Text, Value

LABEL = Text("Mobile number", "手机号码")
SEXES = (Choice("female", Text("Girl", "女")), Choice("male", Text("Boy", "男")))


def element(kind: str, **more: Any) -> Element:
    return Element("person.x", kind, LABEL, **more)


def page(kind: str, value: Value | None = None, *, optional: bool = False, **more: Any) -> Page:
    return Page("you", LABEL, "", (Question("child.1.x", element(kind, **more), value, optional, ()),))


def form_for(kind: str, typed: str, **more: Any) -> forms.Form:
    return page_form(page(kind, **more), "en", {"child.1.x": typed})


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "  Cafe\u0301  Road\t1 ", "Café Road 1"),
        ("name", "林 test:refuse:child-allowance", "林 test:refuse:child-allowance"),
        ("address", "3 Station Road\r\n\r\n Hillside ", "3 Station Road\nHillside"),
        ("date", "2026-11-14", "2026-11-14"),
        ("time", "4:35", "04:35"),
        ("time", "１６：０５", "16:05"),
        ("time", "4.35 pm", "16:35"),
        ("integer", " 3 010 ", 3010),
        ("integer", "０", 0),
        ("decimal", "¥1,200.50", "1200.50"),
        ("boolean", "false", False),
        ("phone", "+86 139-0000-0000", "+8613900000000"),
        ("email", " Lin@Example.COM ", "Lin@example.com"),
        ("national_id", "990101 19940312 0026", "990101199403120026"),
        ("account", "6222 0000 0000 0000 012", "6222000000000000012"),
        ("account", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("country", "CN", "CN"),
    ],
)
def test_people_may_write_as_they_do(kind: str, typed: str, value: Value) -> None:
    form = form_for(kind, typed)
    assert form.is_valid(), form.errors
    kept = clean_page(form)["child.1.x"]
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("text", "a\x00b", "characters"),
        ("text", "safe\u202etxt.exe", "characters"),
        ("text", "a\nb\x1b[2J", "characters"),
        ("name", "1234", "name"),
        ("date", "2026-02-30", "date"),
        ("date", "soon", "date"),
        ("time", "25:00", "time"),
        ("time", "13 pm", "time"),
        ("time", "7", "time"),
        ("integer", "3.5", "integer"),
        ("integer", "9" * 400, "integer"),
        ("decimal", "1e9", "decimal"),
        ("decimal", "NaN", "decimal"),
        ("boolean", "maybe", "choice"),
        ("country", "ZZ", "choice"),
        ("phone", "call me", "phone"),
        ("email", "lin@home", "email"),
        ("email", "lin lin@example.com", "email"),
        ("national_id", "99010119940312002", "national_id"),
        ("national_id", "990101199403120027", "national_id_check"),
        ("national_id", "990101199413120026", "national_id_check"),
        ("account", "6222000000000000013", "account_check"),
        ("account", "GB82WEST12345698765433", "account_check"),
        ("account", "12345", "account"),
    ],
)
def test_what_cannot_be_right_is_said_in_words_of_the_label(kind: str, typed: str, code: str) -> None:
    form = form_for(kind, typed)
    error = form.errors.as_data()["child.1.x"][0]
    assert error.code == code
    assert "Mobile number" in str(form.errors["child.1.x"][0])


def test_limits_of_an_element_are_named() -> None:
    too_long = form_for("text", "x" * 31, max_length=30).errors["child.1.x"][0]
    assert too_long == "“Mobile number” must have 30 characters or fewer"
    assert form_for("integer", "19", minimum=20).errors["child.1.x"][0] == "“Mobile number” must be 20 or more"
    assert form_for("integer", "46", maximum=45).errors["child.1.x"][0] == "“Mobile number” must be 45 or less"


def test_an_empty_required_answer_says_what_to_do_and_an_optional_one_is_left_out() -> None:
    assert form_for("text", "  ").errors["child.1.x"][0] == "Enter an answer for “Mobile number”"
    assert form_for("boolean", "").errors["child.1.x"][0] == "Choose an answer for “Mobile number”"
    form = page_form(page("text", optional=True), "en", {"child.1.x": ""})
    assert form.is_valid() and clean_page(form) == {}


def test_no_is_an_answer() -> None:
    form = form_for("boolean", "false")
    assert form.is_valid() and clean_page(form) == {"child.1.x": False}
    assert "checked" in str(page_form(page("boolean", False), "en")["child.1.x"])


def test_labels_hints_and_choices_are_in_the_language_of_the_page() -> None:
    made = page("choice", choices=SEXES, hint=Text("As on the record", "以记录为准"))
    field = page_form(made, "zh-hans").fields["child.1.x"]
    assert (field.label, field.help_text) == ("手机号码", "以记录为准")
    assert ("female", "女") in field.widget.choices
    assert ("female", "Girl") in page_form(made, "en").fields["child.1.x"].widget.choices


def test_a_choice_outside_the_list_is_refused() -> None:
    assert form_for("choice", "other", choices=SEXES).errors.as_data()["child.1.x"][0].code == "choice"


def test_few_choices_are_radios_many_a_list() -> None:
    assert isinstance(page_form(page("choice", choices=SEXES), "en").fields["child.1.x"].widget, forms.RadioSelect)
    assert isinstance(page_form(page("country"), "en").fields["child.1.x"].widget, forms.Select)


def test_answers_so_far_are_shown() -> None:
    assert 'value="Lin"' in str(page_form(page("name", "Lin"), "en")["child.1.x"])


def test_a_date_takes_the_field_it_is_given() -> None:
    form = page_form(page("date", "2026-11-14"), "en", {"child.1.x": "14/11/2026"}, date_field=european)
    assert form.is_valid() and clean_page(form) == {"child.1.x": "2026-11-14"}


def european(**kwargs: Any) -> forms.Field:
    return forms.DateField(input_formats=["%d/%m/%Y"], **kwargs)


def paper(document: str | None, *, optional: bool = False) -> Page:
    kind = Evidence("photo", Text("Photo", "照片"), ("upload",))
    return Page("documents", LABEL, "", (), (EvidenceQuestion("photo/child.2", kind, document, optional, ()),))


def test_a_required_upload_is_asked_until_it_is_there() -> None:
    assert page_form(paper(None), "en", {}).errors == {"evidence:photo/child.2": ["Choose a file for “Photo”"]}
    assert page_form(paper("doc-1"), "en", {}).is_valid()
    assert page_form(paper(None, optional=True), "en", {}).is_valid()


def test_uploads_are_given_apart_from_values() -> None:
    files = MultiValueDict({"evidence:photo/child.2": [SimpleUploadedFile("p.png", b"png")]})
    form = page_form(paper(None), "en", {}, files)
    assert form.is_valid() and clean_page(form) == {}
    assert page_uploads(form)["photo/child.2"].read() == b"png"


def test_every_element_type_has_a_cleaner() -> None:
    assert set(CLEANERS) == set(ELEMENT_TYPES)


@given(st.sampled_from(ELEMENT_TYPES), st.text(min_size=1, max_size=40))
def test_anything_typed_is_a_value_or_a_sentence(kind: str, typed: str) -> None:
    try:
        value = clean_answer(element(kind, choices=SEXES if kind == "choice" else ()), typed)
    except AnswerError as error:
        assert error.code in SENTENCES
    else:
        assert clean_answer(element(kind, choices=SEXES if kind == "choice" else ()), str(value).lower()
                            if isinstance(value, bool) else str(value)) == value  # fmt: skip


@given(st.dates(date(1900, 1, 1)), st.integers(0, 999))
def test_every_wrong_digit_of_a_personal_number_is_found(born: date, order: int) -> None:
    digits = f"990101{born:%Y%m%d}{order:03}"
    number = digits + personal_number_check(digits)
    assert clean_answer(element("national_id"), number) == number
    changed = str((int(number[16]) + 1) % 10)
    with pytest.raises(AnswerError):
        clean_answer(element("national_id"), f"{number[:16]}{changed}{number[17]}")
