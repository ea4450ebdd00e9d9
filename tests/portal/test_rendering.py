"""Forms as the GOV.UK patterns want them: labels, errors tied to inputs, error links that land, forgiving dates."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string

from portal.rendering import DateField, GovBoundField, GovRenderer, word_required


class ChildForm(forms.Form):
    default_renderer = GovRenderer

    name = forms.CharField(label="Child’s name", help_text="As on the certificate")
    born = DateField(label="Date of birth")
    sex = forms.ChoiceField(label="Sex", choices=[("f", "Girl"), ("m", "Boy")], widget=forms.RadioSelect)
    place = forms.ChoiceField(label="Place", choices=[("", "Choose"), ("h", "Hospital")])
    post = forms.MultipleChoiceField(
        label="By post", choices=[("a", "Card")], widget=forms.CheckboxSelectMultiple, required=False
    )
    true = forms.BooleanField(label="All of this is true")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word_required(self)


def typed(day: str, month: str, year: str) -> list[str]:
    return [day, month, year]


def bound(form: forms.Form, name: str) -> GovBoundField:
    field = form[name]
    assert isinstance(field, GovBoundField)
    return field


def test_every_error_link_lands_on_an_input() -> None:
    form = ChildForm({})
    page = render_to_string("shared/forms/error_summary.html", {"form": form}) + form.render()
    targets = re.findall(r'href="#([^"]+)"', page)
    assert targets == ["id_name", "id_born_0", "id_sex_0", "id_place", "id_true"]
    for target in targets:
        assert re.search(rf'<(input|select)[^>]*\bid="{target}"', page), target


def test_an_input_is_described_by_its_hint_and_its_error() -> None:
    page = ChildForm({}).render()
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page and 'id="id_name_error"' in page
    assert "govuk-input--error" in page and 'aria-invalid="true"' in page


def test_a_form_without_errors_has_no_summary_and_no_error_marks() -> None:
    form = ChildForm(initial={"born": date(2026, 11, 21)})
    assert render_to_string("shared/forms/error_summary.html", {"form": form}).strip() == ""
    page = form.render()
    assert "error" not in page
    assert 'value="21"' in page and 'value="11"' in page and 'value="2026"' in page


def test_groups_are_fieldsets_with_a_legend() -> None:
    page = ChildForm().render()
    assert page.count("<fieldset") == page.count("<legend") == 3
    assert "(optional)" in page


def test_what_people_type_is_escaped() -> None:
    page = ChildForm({"name": '"><b>', "born_0": '"><i>', "born_1": "1", "born_2": "2026"}).render()
    assert "<b>" not in page and "<i>" not in page


def test_required_errors_use_the_words_of_the_label() -> None:
    errors = ChildForm({}).errors
    assert errors["name"] == ["Enter an answer for “Child’s name”"]
    assert errors["sex"] == ["Choose an answer for “Sex”"]
    assert errors["true"] == ["Tick “All of this is true” to go on"]


@pytest.mark.parametrize(
    "parts",
    [
        typed("5", "3", "2026"),
        typed(" 05", "03 ", "2026"),
        typed("５", "３", "２０２６"),
        typed("5日", "3月", "2026年"),
        typed("5", "三月", "2026"),
        typed("5th", "March", "2026"),
        typed("5", "mar", "2026"),
    ],
)
def test_dates_are_read_forgivingly(parts: list[str]) -> None:
    assert DateField(label="Date of birth").clean(parts) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("parts", "message", "wrong"),
    [
        (typed("", "3", "2026"), "“Date of birth” must include a day", ("day",)),
        (typed("5", "", ""), "“Date of birth” must include a month and year", ("month", "year")),
        (typed("5", "13", "2026"), "“Date of birth” must be a real date", ("month",)),
        (typed("31", "2", "2026"), "“Date of birth” must be a real date", ("day", "month", "year")),
        (typed("5", "3", "26"), "The year in “Date of birth” must have 4 digits", ("year",)),
        (typed("five", "3", "2026"), "The day in “Date of birth” must be a number", ("day",)),
        (typed("", "", ""), "Enter a date for “Date of birth”", ("day", "month", "year")),
    ],
)
def test_a_wrong_date_says_what_to_mend_and_marks_those_parts(
    parts: list[str], message: str, wrong: tuple[str, ...]
) -> None:
    form = ChildForm({f"born_{at}": part for at, part in enumerate(parts)})
    assert form.errors["born"] == [message]
    field = bound(form, "born")
    assert field.wrong_parts == wrong
    assert field.target == f"id_born_{('day', 'month', 'year').index(wrong[0])}"


def test_one_iso_date_is_taken_in_place_of_three_parts() -> None:
    form = ChildForm({"born": "2026-03-05", "name": "Lin", "sex": "f", "place": "h", "true": "on"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["born"] == date(2026, 3, 5)


def test_an_optional_date_may_stay_empty() -> None:
    assert DateField(required=False).clean(["", "", ""]) is None


@pytest.mark.parametrize("text", ["2026-13-40", "tomorrow"])
def test_a_text_that_is_no_date_is_an_error_not_a_crash(text: str) -> None:
    form = ChildForm({"born": text})
    assert "born" in form.errors
