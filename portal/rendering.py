"""Django forms in the GOV.UK patterns: the renderer, the bound field and the date of three inputs.

Set ``FORM_RENDERER = "portal.rendering.GovRenderer"``; every form then renders through templates/shared/forms.
A page shows ``{% include "shared/forms/error_summary.html" %}`` above its heading and ``{{ form }}`` below it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Input
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

CSS_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.Textarea, "govuk-textarea"),
    (forms.Select, "govuk-select"),
    (forms.FileInput, "govuk-file-upload"),
    (Input, "govuk-input"),
)
GROUPS = {
    "django/forms/widgets/radio.html": "shared/forms/radios.html",
    "django/forms/widgets/checkbox_select.html": "shared/forms/checkboxes.html",
}
PARTS = ("day", "month", "year")
PART_NAMES = {"day": _("day"), "month": _("month"), "year": _("year")}


class GovBoundField(forms.BoundField):
    """A bound field that knows its GOV.UK class, what describes it and where its error link lands."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add the GOV.UK class and its error variant to Django's own attributes."""
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        kind = _css_class(widget)
        if not kind:
            return attrs
        own = str(widget.attrs.get("class", ""))
        error = f"{kind}--error" if self.errors else ""
        return {**attrs, "class": " ".join(part for part in (kind, error, own) if part)}

    @cached_property
    def kind(self) -> str:
        """Name the shape of the field: ``checkbox`` (one box), ``date``, ``group`` (fieldset) or ``input``."""
        if isinstance(self.field.widget, DateInputs):
            return "date"
        if isinstance(self.field.widget, forms.CheckboxInput):
            return "checkbox"
        return "group" if self.use_fieldset else "input"

    @cached_property
    def target(self) -> str:
        """Return the id an error link jumps to: the first radio or box, the first wrong part of a date."""
        widget = self.field.widget
        if isinstance(widget, DateInputs):
            return f"{self.auto_id}_{PARTS.index(self.wrong_parts[0]) if self.wrong_parts else 0}"
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return f"{self.auto_id}_0"
        return self.id_for_label

    @cached_property
    def wrong_parts(self) -> tuple[str, ...]:
        """Name the parts of a date that are wrong; all three when the error is about the whole."""
        codes = {str(error.code or "") for error in self.errors.as_data()}
        named = tuple(part for part in PARTS if any(part in code.split("-") for code in codes))
        return named or (PARTS if codes else ())

    @cached_property
    def date_inputs(self) -> list[dict[str, Any]]:
        """Return the three inputs of a date: part, label, name, id, value, width and whether it is wrong."""
        widget = self.field.widget
        values = widget.decompress(self.value()) if isinstance(widget, DateInputs) else ["", "", ""]
        labels = (_("Day"), _("Month"), _("Year"))
        return [
            {
                "part": part,
                "label": label,
                "name": f"{self.html_name}_{at}",
                "id": f"{self.auto_id}_{at}",
                "value": value,
                "width": 4 if part == "year" else 2,
                "wrong": part in self.wrong_parts,
                "autocomplete": f"bday-{part}" if widget.attrs.get("autocomplete") == "bday" else "",
            }
            for at, (part, label, value) in enumerate(zip(PARTS, labels, values, strict=True))
        ]


class GovRenderer(TemplatesSetting):
    """Render forms, fields and choice groups through our templates."""

    form_template_name = "shared/forms/form.html"
    field_template_name = "shared/forms/field.html"
    bound_field_class = GovBoundField

    def get_template(self, template_name: str) -> Any:
        """Return a template, ours in place of Django's for radios and checkboxes."""
        return super().get_template(GROUPS.get(template_name, template_name))


def _css_class(widget: forms.Widget) -> str:
    plain = isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple)
    if plain or widget.is_hidden:
        return ""
    return next((css for kind, css in CSS_CLASSES if isinstance(widget, kind)), "")


class DateInputs(forms.MultiWidget):
    """Day, month and year as three text inputs; their value is the list of what was typed."""

    use_fieldset = True

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()], dict(attrs or {}))

    def decompress(self, value: Any) -> list[str]:
        """Return [day, month, year] of a date, an ISO text, a list, or nothing."""
        if isinstance(value, str) and (iso := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", value.strip())):
            value = [part.lstrip("0") for part in reversed(iso.groups())]
        if isinstance(value, date):
            return [str(value.day), str(value.month), str(value.year)]
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [str(part or "") for part in value]
        return ["", "", ""]

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | Mapping[str, Any], name: str
    ) -> list[str]:
        """Return what was typed; one ISO date under the bare name (an API, a test) is taken too."""
        if isinstance(whole := data.get(name), str | date):
            return self.decompress(whole)
        return [str(data.get(f"{name}_{at}") or "").strip() for at in range(3)]


class DateField(forms.Field):
    """A date typed in three parts, forgiving about leading zeros, full-width digits and month names.

    The code of an error names the parts to mend (``day-month``); the message uses the words of the label.
    """

    widget = DateInputs
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Enter a date for “%(label)s”"),
        "missing": _("“%(label)s” must include a %(parts)s"),
        "number": _("The %(parts)s in “%(label)s” must be a number"),
        "year": _("The year in “%(label)s” must have 4 digits"),
        "real": _("“%(label)s” must be a real date"),
    }

    def clean(self, value: Any) -> date | None:
        """Return the date; raise ValidationError that names the wrong parts; None when empty and not required."""
        if isinstance(value, date):
            return value
        typed = self.widget.decompress(value) if isinstance(self.widget, DateInputs) else list(value)
        if not any(typed):
            if self.required:
                raise self._error("required", [])
            return None
        missing = [part for part, text in zip(PARTS, typed, strict=True) if not text]
        if missing:
            raise self._error("missing", missing)
        numbers = [_day(typed[0]), _month(typed[1]), _number(typed[2], "年")]
        unread = [part for part, number in zip(PARTS, numbers, strict=True) if number is None]
        if unread:
            raise self._error("number", unread)
        found = self._real(*(number or 0 for number in numbers))
        self.run_validators(found)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the parts as they are shown."""
        widget = DateInputs()
        return not self.disabled and widget.decompress(initial) != widget.decompress(data)

    def _real(self, day: int, month: int, year: int) -> date:
        if not 1000 <= year <= 9999:
            raise self._error("year", ["year"])
        try:
            return date(year, month, day)
        except ValueError:
            wrong = [part for part, bad in (("day", not 1 <= day <= 31), ("month", not 1 <= month <= 12)) if bad]
            raise self._error("real", wrong) from None

    def _error(self, message: str, parts: Sequence[str]) -> ValidationError:
        names = [str(PART_NAMES[part]) for part in parts]
        params = {"label": self.label or "", "parts": str(_(" and ")).join(names)}
        return ValidationError(self.error_messages[message], code="-".join(parts) or message, params=params)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")


def _number(text: str, suffix: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix(suffix).strip().rstrip(".")
    return int(plain) if re.fullmatch(r"[0-9]{1,4}", plain) else None


def _day(text: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip()
    return _number(re.sub(r"(?i)(?<=\d)(st|nd|rd|th|号)$", "", plain), "日")


def _month(text: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip().lower().removesuffix("月")
    if plain in _CHINESE_MONTHS:
        return _CHINESE_MONTHS.index(plain) + 1
    if plain[:3] in _MONTHS and plain.isalpha():
        return _MONTHS.index(plain[:3]) + 1
    return _number(plain, "月")


def word_required(form: forms.BaseForm) -> None:
    """Give fields that have only Django's own "required" message one in the words of their label."""
    stock = forms.Field.default_error_messages["required"]
    for name, field in form.fields.items():
        if field.error_messages.get("required") != stock:
            continue
        field.error_messages["required"] = _required_text(field) % {"label": field.label or form[name].label}


def _required_text(field: forms.Field) -> str:
    if isinstance(field.widget, forms.CheckboxInput):
        return str(_("Tick “%(label)s” to go on"))
    if isinstance(field.widget, forms.Select | forms.CheckboxSelectMultiple | forms.RadioSelect):
        return str(_("Choose an answer for “%(label)s”"))
    return str(_("Enter an answer for “%(label)s”"))
