"""Whether an address has an account is told by no answer, and by no difference in what an answer costs."""

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Mail
from tests.accounts.flows.conftest import NEW_PASSWORD, App

UNKNOWN = "nobody@example.com"
SIGN_UP_PASSWORD = "not that of the account"


def seen(answer):
    """All that a client can compare, without the flow's own name."""
    body = answer.json()
    body.get("meta", {}).pop("session_token", None)
    # The last two count by the network address, which all these requests share.
    own = {"X-Request-Id", "RateLimit-Remaining", "RateLimit-Reset"}
    return answer.status_code, body, {name: value for name, value in answer.headers.items() if name not in own}


def walk(email, steps):
    """What the steps are answered."""
    app = App()
    return [seen(step(app, email)) for step in steps]


def sign_up(app, email):
    return app.sign_up(email, SIGN_UP_PASSWORD)


def sign_up_weakly(app, email):
    return app.sign_up(email, password="short", display_name="")


def sign_in(app, email):
    return app.sign_in(email, "not the password")


def sign_in_with_the_same(app, email):
    """The password that sign_up took, in a flow of its own."""
    return App().sign_in(email, SIGN_UP_PASSWORD)


def look(app, email):
    return app.get("auth/session")


def enter(app, email):
    return app.enter("AAAA-AAAA")


def peek_at_code(app, email):
    return app.get("auth/email/verify", **{"X-Email-Verification-Key": "AAAA-AAAA"})


def resend(app, email):
    return app.post("auth/email/verify/resend")


def ask_reset(app, email):
    return app.post("auth/password/request", {"email": email})


def reset(app, email):
    return app.post("auth/password/reset", {"key": "AAAA-AAAA", "password": NEW_PASSWORD})


def reset_weakly(app, email):
    return app.post("auth/password/reset", {"key": "AAAA-AAAA", "password": "short"})


def peek_at_reset(app, email):
    return app.get("auth/password/reset", **{"X-Password-Reset-Key": "AAAA-AAAA"})


@pytest.mark.parametrize(
    "steps",
    [
        [sign_up, look, enter, resend, enter, enter, enter],
        [sign_up, peek_at_code, peek_at_code, peek_at_code, enter],
        [sign_up, sign_up],
        [sign_up, sign_in_with_the_same, sign_up, sign_in_with_the_same],
        [sign_up_weakly],
        [sign_in, sign_in, sign_in, sign_in, sign_in, sign_in],
        [ask_reset, look, reset, reset, reset, reset],
        [ask_reset, reset_weakly, reset_weakly, reset_weakly, reset_weakly],
        [ask_reset, peek_at_reset, peek_at_reset, peek_at_reset, peek_at_reset],
        [ask_reset] * 6,
    ],
    ids=lambda steps: " ".join(step.__name__ for step in steps),
)
def test_the_same_steps_get_the_same_answers(bob, steps):
    with time_machine.travel(timezone.now(), tick=False):
        known = walk(bob.email, steps)
        unknown = walk(UNKNOWN, steps)

    assert known == unknown


def test_a_code_that_is_sent_again_later_tells_nothing_either(bob):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        known, unknown = App(), App()
        known.sign_up(bob.email)
        unknown.sign_up(UNKNOWN)
        clock.shift(11)

        assert seen(resend(known, "")) == seen(resend(unknown, ""))
        assert seen(look(known, "")) == seen(look(unknown, ""))


def change(app, email):
    app.reauthenticate()
    return app.post("account/email", {"email": email})


def test_a_change_to_a_taken_address_goes_on_like_any_other(alice, bob):
    def steps(email):
        app = App()
        app.sign_in(bob.email)
        answers = [change(app, email), app.get("account/email"), app.call("put", "account/email", {"email": email})]
        answers += [app.enter("AAAA-AAAA") for _ in range(4)]
        return [(answer.status_code, answer.content.replace(email.encode(), b"it")) for answer in answers]

    assert steps(alice.email) == steps(UNKNOWN)


def test_signing_in_costs_one_hash_whoever_it_is(bob, charlie, hashed):
    type(charlie).objects.filter(pk=charlie.pk).update(is_active=False)
    nameless = type(bob).objects.create_user("social@example.com", None)
    costs = []
    for email in (bob.email, UNKNOWN, charlie.email, nameless.email):
        for password in ("not the password", "x" * 500_000):
            hashed.clear()
            App(f"198.51.100.{len(costs)}").sign_in(email, password)
            costs.append(len(hashed))
            assert max(hashed) <= 129

    assert costs == [1] * 8


def test_a_change_of_address_costs_no_hash_in_either_case(alice, bob, hashed):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    hashed.clear()

    app.post("account/email", {"email": alice.email})
    app.post("account/email", {"email": UNKNOWN})

    assert hashed == []


def test_both_are_mailed(bob):
    App().post("auth/password/request", {"email": bob.email})
    App().post("auth/password/request", {"email": UNKNOWN})

    assert list(Mail.objects.order_by("pk").values_list("to", flat=True)) == [bob.email, UNKNOWN]
