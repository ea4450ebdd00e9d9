"""Addresses of the citizen's pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.generic import RedirectView

from portal.citizen import cases, drafts, home, papers, sending
from portal.citizen.forms import SignInForm

sign_in = LoginView.as_view(
    template_name="citizen/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
draft = "applications/<uuid:application_id>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("events/<slug:code>/", home.event, name="event"),
    path("events/<slug:code>/start/", home.start, name="start"),
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-out/", LogoutView.as_view(http_method_names=["post"]), name="sign_out"),
    path("applications/", cases.my_cases, name="my_cases"),
    path(draft, drafts.tasks, name="tasks"),
    path(f"{draft}pages/<str:code>/", drafts.page, name="page"),
    path(f"{draft}check/", sending.check, name="check"),
    path(f"{draft}who/", sending.who, name="who"),
    path(f"{draft}declare/", sending.declare, name="declare"),
    path("cases/", RedirectView.as_view(pattern_name="my_cases"), name="cases"),
    path("cases/<uuid:case_id>/", cases.case, name="case"),
    path("cases/<uuid:case_id>/sent/", cases.sent, name="sent"),
    path("cases/<uuid:case_id>/progress/", cases.progress, name="progress"),
    path("documents/<uuid:document_id>/", papers.document, name="document"),
]
