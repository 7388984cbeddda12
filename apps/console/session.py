"""Sign in and out. Too many failed attempts are stopped by django-axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest


def attempted_address(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Whom an attempt to sign in names, for counting failures: one spelling, whatever its case."""
    given = (credentials or request.POST).get("username") or ""
    return str(given).strip().lower()


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This address and password do not go together. Capitals count in a password.",
        "inactive": "This account is closed.",
    }


class SignIn(LoginView):
    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ["post", "options"]
