"""The citizen's forms that no bundle describes: sign in, consent to look-ups, declaration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from portal.rendering import word_required


class SignInForm(AuthenticationForm):
    """Django's own, with our words."""

    error_messages = {
        "invalid_login": _("The user name and password do not fit together. Check both and try again."),
        "inactive": _("This account is closed."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].widget.attrs.update({"spellcheck": "false", "autocapitalize": "none"})
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password"].label = _("Password")
        self.use_required_attribute = False
        word_required(self)


class StartForm(forms.Form):
    """May registers be asked, so that the citizen need not be?"""

    use_required_attribute = False
    lookup = forms.ChoiceField(
        label=_("May we look up what these registers already know?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes, look it up for me")), ("no", _("No, I will type and upload everything"))],
        error_messages={"required": _("Choose whether we may look up what registers know")},
    )


class DeclarationForm(forms.Form):
    """The declaration; ``root`` is the hash of the answers the citizen has before them."""

    use_required_attribute = False
    root = forms.CharField(widget=forms.HiddenInput)
    agree = forms.BooleanField(
        label=_("I have checked my answers. They are complete and true."),
        error_messages={"required": _("Tick the box to declare that your answers are complete and true")},
    )

    def __init__(self, data: Any = None, *, root: str) -> None:
        super().__init__(data, initial={"root": root})
        self.signed = root

    def clean_root(self) -> str:
        """Refuse a declaration about answers that have changed since the page was opened."""
        if self.cleaned_data["root"] != self.signed:
            changed = _("Your answers have changed since this page was opened. Check them again, then send.")
            raise forms.ValidationError(changed, code="changed")
        return self.signed
