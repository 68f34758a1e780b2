"""What sign-up asks for beside address and password."""

from django import forms
from django.http import HttpRequest

from accounts.users.models import User
from accounts.users.rules import is_name


class SignUpForm(forms.Form):
    display_name = forms.CharField(max_length=80)

    def clean_display_name(self) -> str:
        name = str(self.cleaned_data["display_name"])
        if not is_name(name):
            raise forms.ValidationError("A name has something to see, and no control characters.", code="invalid")
        return name

    def signup(self, request: HttpRequest, user: User) -> None:
        user.display_name = self.cleaned_data["display_name"]
        user.save(update_fields=["display_name"])
