import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.users.passwords import MAX_LENGTH, as_tried


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("s7venx_", "password_too_short"),
        ("x7" * 64 + "x", "password_too_long"),
        ("password1", "password_too_common"),
        ("Qwertyuiop", "password_too_common"),
    ],
)
def test_a_password_is_refused_for_a_reason(password, code):
    with pytest.raises(ValidationError) as caught:
        validate_password(password)

    assert [error.code for error in caught.value.error_list] == [code]


@pytest.mark.parametrize("password", ["eightchr", "x7" * 64, "all small letters", "8472 9184 2213", "пароль из слов"])
def test_length_and_rarity_are_enough(password):
    validate_password(password)


def test_what_is_hashed_of_a_long_try_is_still_wrong():
    user = User()
    user.set_password("x" * MAX_LENGTH)

    assert user.check_password("x" * MAX_LENGTH)
    assert not user.check_password("x" * (MAX_LENGTH + 1))
    assert not user.check_password("x" * 1_000_000)
    assert len(as_tried("x" * 1_000_000)) == MAX_LENGTH + 1
