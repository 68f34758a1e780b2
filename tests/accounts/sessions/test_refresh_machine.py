"""A state machine over one session: whatever owner and thief do in whatever order, the promises of design §7 hold."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.sessions import services
from accounts.sessions.models import Session
from accounts.sessions.rules import ATTEMPT_GRACE, GRACE, parse_token
from accounts.users.models import User
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.factories import UserFactory

ATTEMPTS = st.sampled_from(["", "attempt-one", "attempt-two"])


class Refreshing(RuleBasedStateMachine):
    """The model: the newest generation, when and by which attempt it was made, and whether the session has ended."""

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        self.travel = time_machine.travel(clock.now(), tick=False)
        self.clock = self.travel.start()
        self.user = UserFactory()
        started = services.start_session(user=self.user)
        self.session = started.session
        self.first = started.refresh_token
        self.newest = 0
        self.rotated_at = None
        self.attempt = ""
        self.used_at = self.started_at = clock.now()
        self.has_ended = False

    def teardown(self):
        self.travel.stop()
        User.objects.filter(pk=self.user.pk).delete()

    @rule(target=tokens)
    def the_first_token(self):
        return self.first

    @rule(target=tokens, token=tokens, attempt=ATTEMPTS)
    def refresh(self, token, attempt):
        expected = self._expected(parse_token(token).generation, attempt)
        if expected != "successor":
            with pytest.raises(DomainError) as refused:
                services.refresh_session(refresh_token=token, attempt_id=attempt)
            assert refused.value.code == expected
            self.has_ended = True
            return token
        answer = services.refresh_session(refresh_token=token, attempt_id=attempt)
        if parse_token(token).generation >= self.newest:
            self.newest, self.rotated_at, self.attempt = self.newest + 1, clock.now(), attempt
            self.used_at = clock.now()
        assert parse_token(answer.refresh_token).generation == self.newest
        return answer.refresh_token

    def _expected(self, generation, attempt):
        now = clock.now()
        too_old = self.used_at <= now - timedelta(days=30) or self.started_at <= now - timedelta(days=180)
        if self.has_ended or too_old:
            return "SESSION_ENDED"
        if generation == self.newest:
            return "successor"
        if generation == self.newest - 1 and self.rotated_at is not None:
            age = now - self.rotated_at
            if age <= GRACE or (attempt and attempt == self.attempt and age <= ATTEMPT_GRACE):
                return "successor"
        return "REFRESH_REUSED"

    @rule(token=tokens, place=st.integers(20, 51), bit=st.integers(0, 7))
    def present_a_forgery(self, token, place, bit):
        """A flipped bit of the MAC is refused as no token of ours, and changes nothing."""
        import base64

        raw = bytearray(base64.urlsafe_b64decode(token + "=="))
        raw[place] ^= 1 << bit
        forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
        with pytest.raises(DomainError) as refused:
            services.refresh_session(refresh_token=forged)
        assert refused.value.code == "REFRESH_INVALID"

    @rule(seconds=st.sampled_from([1, 30, 59, 61, 120, 299, 301, 86_400, 29 * 86_400, 31 * 86_400]))
    def time_passes(self, seconds):
        self.clock.shift(seconds)

    @rule()
    def the_clock_is_set_back(self):
        self.clock.shift(-300)

    @precondition(lambda self: not self.has_ended)
    @rule()
    def sign_out(self):
        services.end_session(session_uid=self.session.uid, reason="signed_out")
        self.has_ended = True

    @invariant()
    def the_row_says_what_the_model_says(self):
        row = Session.objects.get(pk=self.session.pk)
        assert row.generation == self.newest
        if self.has_ended and row.ended_at is None:
            assert not Session.objects.live().filter(pk=row.pk).exists()


def test_owner_and_thief_in_any_order(db):
    run_state_machine_as_test(
        Refreshing, settings=settings(max_examples=60, stateful_step_count=25, deadline=None, derandomize=True)
    )
