"""User and its roles, nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffRole(models.TextChoices):
    CITIZEN = "", _("citizen")
    CLERK = "clerk", _("clerk")  # works the queue
    SUPERVISOR = "supervisor", _("supervisor")  # a clerk who may also reassign and decide second demands
    AUTHOR = "author", _("catalogue author")  # drafts bundles
    PUBLISHER = "publisher", _("publisher")  # publishes what another drafted
    OPERATOR = "operator", _("operator")  # runs the portal: the admin, departments, people


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create someone who can sign in; without a password the account cannot be used until one is set."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create an operator (the name is what Django's createsuperuser calls)."""
        return self.create_user(username, password, staff_role=StaffRole.OPERATOR, **fields)


class User(AbstractBaseUser):
    """Someone who can sign in. One role decides everything; citizens have none."""

    username = models.CharField(_("user name"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    staff_role = models.CharField(_("role"), max_length=12, choices=StaffRole, default=StaffRole.CITIZEN, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name or self.username

    @property
    def works_the_desk(self) -> bool:
        return self.staff_role in (StaffRole.CLERK, StaffRole.SUPERVISOR, StaffRole.OPERATOR)

    # The four names Django's admin asks for: operators may do everything there, nobody else anything.
    @property
    def is_staff(self) -> bool:
        return self.is_active and self.staff_role == StaffRole.OPERATOR

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff
