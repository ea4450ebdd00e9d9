"""Pages of an expansion → Django forms, and back to facts' values. No database.

A field is named after its fact key (``child.1.given_name``), an upload after its slot (``evidence:household-book``).
Labels are in the language asked for, error sentences in the active one, in the words of the label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from lifeevents.answers import AnswerError, clean_answer
from lifeevents.countries import COUNTRIES
from lifeevents.definition import Element
from lifeevents.derived import EvidenceQuestion, Page, Question
from services.plan import Text, Value

RADIOS_AT_MOST = 12
"""More choices than this make a list to pick from."""

DateField = Callable[..., forms.Field]

SENTENCES = {
    "account": _("“%(label)s” must be a bank card number of 16 to 19 digits, or an IBAN"),
    "account_check": _("Check “%(label)s”: one of the digits is wrong"),
    "characters": _("“%(label)s” has characters that cannot be used; type it instead of copying it"),
    "choice": _("Choose one of the answers for “%(label)s”"),
    "date": _("“%(label)s” must be a real date"),
    "decimal": _("“%(label)s” must be an amount, for example 1200 or 1200.50"),
    "email": _("“%(label)s” must be an email address, for example name@example.com"),
    "integer": _("“%(label)s” must be a whole number"),
    "name": _("“%(label)s” must contain letters"),
    "national_id": _("“%(label)s” must have 18 characters: 17 digits and a last digit or X"),
    "national_id_check": _("Check “%(label)s”: one of the characters is wrong"),
    "phone": _("“%(label)s” must be a phone number, for example 139 0000 0000"),
    "time": _("“%(label)s” must be a time, for example 04:35"),
    "too_large": _("“%(label)s” must be %(limit)s or less"),
    "too_long": ngettext_lazy(
        "“%(label)s” must have %(limit)s character or fewer",
        "“%(label)s” must have %(limit)s characters or fewer",
        "limit",
    ),
    "too_small": _("“%(label)s” must be %(limit)s or more"),
}

AUTOCOMPLETE = {"phone": "tel", "email": "email"}
INPUT_MODES = {"integer": "numeric", "decimal": "decimal", "phone": "tel", "email": "email"}


def words(text: Text, language: str) -> str:
    """Return a text in a language code such as ``en`` or ``zh-hans``."""
    return text.zh if language.startswith("zh") else text.en


class AnswerField(forms.CharField):
    """One answer, cleaned by its element's type; what is wrong is said in the words of the label."""

    def __init__(self, element: Element, **kwargs: Any) -> None:
        self.element = element
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the fact's value, None for an empty answer; raise ValidationError with a sentence."""
        if value is None or not str(value).strip():
            return None
        try:
            return clean_answer(self.element, str(value))
        except AnswerError as error:
            params = {"label": self.label or "", "limit": error.limit}
            raise ValidationError(SENTENCES[error.code], code=error.code, params=params) from None

    def validate(self, value: Any) -> None:
        """Require an answer; a no is one."""
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Do nothing more: the cleaner has decided."""

    def prepare_value(self, value: Any) -> Any:
        """Show booleans as the values of their radios."""
        return str(value).lower() if isinstance(value, bool) else value


def page_form(
    page: Page,
    language: str,
    data: Mapping[str, Any] | None = None,
    files: MultiValueDict[str, UploadedFile[Any]] | None = None,
    *,
    date_field: DateField | None = None,
) -> forms.Form:
    """Return the form of a page, its answers so far as initial values; bound when ``data`` is given.

    ``date_field`` makes the field of a date from ``label``, ``help_text`` and ``required`` and cleans to a ``date``:
    the portal's three inputs. Without it a date is one input, ``2026-11-14``, for machines and tests.
    """
    form = forms.Form(data=data, files=files, initial=initial_values(page))
    form.use_required_attribute = False  # the server says what is missing, in sentences
    for question in page.questions:
        form.fields[question.key] = _field(question, language, date_field)
    for evidence in page.evidence:
        form.fields[evidence.key] = _upload(evidence, language)
    return form


def initial_values(page: Page) -> dict[str, Value]:
    """Return the page's answers so far, by fact key."""
    return {question.key: question.value for question in page.questions if question.value is not None}


def clean_page(form: forms.Form) -> dict[str, Value]:
    """Return the values of a valid form by fact key; what was left empty and every upload is left out."""
    values: dict[str, Value] = {}
    for key, value in form.cleaned_data.items():
        if isinstance(value, date):
            values[key] = value.isoformat()
        elif value is not None and not isinstance(form.fields[key], forms.FileField):
            values[key] = value
    return values


def page_uploads(form: forms.Form) -> dict[str, UploadedFile[Any]]:
    """Return the new files of a valid form by evidence slot."""
    found = form.cleaned_data.items()
    return {key.removeprefix("evidence:"): value for key, value in found if isinstance(value, UploadedFile)}


def _field(question: Question, language: str, date_field: DateField | None) -> forms.Field:
    element = question.element
    label = words(element.label, language)
    common = {
        "label": label,
        "help_text": words(element.hint, language) if element.hint else "",
        "required": not question.optional,
    }
    if element.type == "date" and date_field is not None:
        return date_field(**common)
    choices = _choices(element, language)
    asks = _("Choose an answer for “%(label)s”") if choices else _("Enter an answer for “%(label)s”")
    messages = {"required": asks % {"label": label}}
    return AnswerField(element, widget=_widget(element, choices), error_messages=messages, **common)


def _choices(element: Element, language: str) -> list[tuple[str, Any]]:
    if element.type == "boolean":
        return [("true", _("Yes")), ("false", _("No"))]
    if element.choices:
        return [(choice.value, words(choice.label, language)) for choice in element.choices]
    if element.type == "country":
        return sorted(((code, words(name, language)) for code, name in COUNTRIES.items()), key=lambda pair: pair[1])
    return []


def _widget(element: Element, choices: list[tuple[str, Any]]) -> forms.Widget:
    if choices and len(choices) <= RADIOS_AT_MOST:
        return forms.RadioSelect(choices=choices)
    if choices:
        return forms.Select(choices=[("", ""), *choices])
    if element.type == "address":
        return forms.Textarea({"rows": 3})
    attrs = {"spellcheck": "false"} if element.type not in ("text", "name") else {}
    if element.type in AUTOCOMPLETE:
        attrs["autocomplete"] = AUTOCOMPLETE[element.type]
    if element.type in INPUT_MODES:
        attrs["inputmode"] = INPUT_MODES[element.type]
    return forms.TextInput(attrs)


def _upload(question: EvidenceQuestion, language: str) -> forms.Field:
    label = words(question.evidence.label, language)
    return forms.FileField(
        label=label,
        required=not question.optional and question.document is None,
        error_messages={
            "required": _("Choose a file for “%(label)s”") % {"label": label},
            "empty": _("The file for “%(label)s” is empty") % {"label": label},
        },
    )
