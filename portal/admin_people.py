"""Accounts in the admin: make them, change role and password, deactivate; never delete: the record names them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.models import StaffRole, User

LAST_OPERATOR = _(
    "This is the last active operator. Make someone else an operator first; "
    "otherwise nobody could open these pages any more."
)


def is_last_operator(user: User) -> bool:
    """True if no other active operator would be left. Locks them, so that two cannot remove each other at once."""
    operators = User.objects.filter(staff_role=StaffRole.OPERATOR, is_active=True).order_by("pk").select_for_update()
    return {operator.pk for operator in operators} == {user.pk}


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # the stubs' parameter does not exist at run time
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ("username", "name", "email", "staff_role")


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    """An account; the last active operator stays one."""

    class Meta:
        model = User
        fields = ("username", "password", "name", "email", "staff_role", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active") and cleaned.get("staff_role") == StaffRole.OPERATOR
        if not stays and is_last_operator(self.instance):
            raise ValidationError(LAST_OPERATOR, code="last_operator")
        return cleaned


class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts and roles."""

    form = UserForm
    add_form = NewUserForm
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email")}),
        (
            _("May do"),
            {
                "fields": ("staff_role", "is_active"),
                "description": _("Clear “active” instead of deleting: the record keeps naming who did what."),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "name", "email", "staff_role", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "name", "staff_role", "is_active", "last_login")
    list_filter = ("staff_role", "is_active")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal: ClassVar[tuple[str, ...]] = ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
