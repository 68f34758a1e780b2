"""State machines over one session: whatever happens in whatever order, the promises of design §7 hold."""

import base64
from datetime import timedelta

import pytest
import time_machine
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.sessions import services
from accounts.sessions.models import ABSOLUTE_LIMIT, IDLE_LIMIT, Session
from accounts.sessions.rules import ATTEMPT_GRACE, GRACE, parse_token
from accounts.users.models import User
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.factories import UserFactory

ATTEMPTS = st.sampled_from(["", "attempt-one", "attempt-two"])
PROFILE = settings(max_examples=150, stateful_step_count=30, deadline=None, derandomize=True)
DAY = 86_400


class Machine(RuleBasedStateMachine):
    """A session whose clock and whose database can be set back."""

    def __init__(self):
        super().__init__()
        self.travel = time_machine.travel(clock.now(), tick=False)
        self.clock = self.travel.start()
        self.user = UserFactory()
        self.started = services.start_session(user=self.user)
        self.copied = None

    def teardown(self):
        self.travel.stop()
        User.objects.filter(pk=self.user.pk).delete()

    def copy_rows(self):
        session = Session.objects.filter(pk=self.started.session.pk).values().get()
        return session, User.objects.filter(pk=self.user.pk).values("password", "is_active").get()

    def restore_rows(self, copied):
        session, user = copied
        Session.objects.filter(pk=self.started.session.pk).update(**session)
        User.objects.filter(pk=self.user.pk).update(**user)

    def is_live(self):
        return Session.objects.live().filter(pk=self.started.session.pk).exists()


class OwnerAndThief(Machine):
    """The model: the newest generation, when and by which attempt it was made, and whether the session has ended."""

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        self.started_at = clock.now()
        self.model = {"newest": 0, "rotated_at": None, "attempt": "", "used_at": clock.now(), "ended": False}

    @rule(target=tokens)
    def the_first_token(self):
        return self.started.refresh_token

    @rule(target=tokens, token=tokens, attempt=ATTEMPTS)
    def refresh(self, token, attempt):
        generation = parse_token(token).generation
        expected = self._expected(generation, attempt)
        if expected != "successor":
            with pytest.raises(DomainError) as refused:
                services.refresh_session(refresh_token=token, attempt_id=attempt)
            assert refused.value.code == expected
            self.model["ended"] |= expected == "REFRESH_REUSED"
            return token
        answer = services.refresh_session(refresh_token=token, attempt_id=attempt)
        if generation >= self.model["newest"]:
            now = clock.now()
            self.model |= {"newest": generation + 1, "rotated_at": now, "attempt": attempt, "used_at": now}
        assert parse_token(answer.refresh_token).generation == self.model["newest"]
        return answer.refresh_token

    def _has_ended(self):
        now = clock.now()
        is_old = self.model["used_at"] <= now - IDLE_LIMIT or self.started_at <= now - ABSOLUTE_LIMIT
        return self.model["ended"] or is_old

    def _expected(self, generation, attempt):
        newest, rotated_at = self.model["newest"], self.model["rotated_at"]
        if self._has_ended():
            return "SESSION_ENDED"
        if generation >= newest:
            return "successor"
        if generation == newest - 1 and rotated_at is not None:
            age = clock.now() - rotated_at
            if age <= GRACE or (attempt and attempt == self.model["attempt"] and age <= ATTEMPT_GRACE):
                return "successor"
        return "REFRESH_REUSED"

    @rule(token=tokens, place=st.integers(16, 51), bit=st.integers(0, 7))
    def present_a_forgery(self, token, place, bit):
        """A flipped bit of the generation or the MAC is no token of ours, and changes nothing."""
        raw = bytearray(base64.urlsafe_b64decode(token + "=="))
        raw[place] ^= 1 << bit
        forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
        before = self.copy_rows()
        with pytest.raises(DomainError) as refused:
            services.refresh_session(refresh_token=forged)
        assert refused.value.code == "REFRESH_INVALID"
        assert self.copy_rows() == before

    @rule(seconds=st.sampled_from([1, 30, 59, 61, 120, 299, 301, DAY, 29 * DAY, 31 * DAY]))
    def time_passes(self, seconds):
        self.clock.shift(seconds)

    @rule()
    def the_clock_is_set_back(self):
        self.clock.shift(-300)

    @rule()
    def sign_out(self):
        services.end_session(session_uid=self.started.session.uid, reason="signed_out")
        self.model["ended"] = True

    @rule()
    def change_the_password(self):
        services.end_sessions(user=self.user, reason="password_changed")
        self.model["ended"] = True

    @rule()
    def disable_the_user(self):
        self.user.is_active = False
        self.user.save(update_fields=["is_active"])
        self.model["ended"] = True

    @rule()
    def back_up(self):
        self.copied = self.copy_rows(), dict(self.model)

    @precondition(lambda self: self.copied)
    @rule()
    def restore(self):
        """The database is as it was: what ended since lives again, and clients hold generations above the row's."""
        rows, model = self.copied
        self.restore_rows(rows)
        self.model = dict(model)

    @invariant()
    def the_row_says_what_the_model_says(self):
        assert Session.objects.get(pk=self.started.session.pk).generation == self.model["newest"]
        assert self.is_live() is not self._has_ended()


class HonestClient(Machine):
    """Keeps one token and retries within the windows, whatever gets lost: its session never dies."""

    def __init__(self):
        super().__init__()
        self.token = self.started.refresh_token
        self.attempt = 0
        self.waited = None
        self.age = timedelta()

    def _refresh(self, attempt):
        return services.refresh_session(refresh_token=self.token, attempt_id=attempt).refresh_token

    @property
    def attempt_id(self):
        return f"attempt-{self.attempt}"

    @rule()
    def refresh(self):
        self.token = self._refresh(self.attempt_id)
        self.attempt, self.waited = self.attempt + 1, None

    @rule(arrives=st.booleans())
    def refresh_and_hear_nothing(self, arrives):
        """The request was lost, or its answer: the token stays, and so does the name of the attempt."""
        if arrives:
            self._refresh(self.attempt_id)
        self.waited = self.waited or 0

    @precondition(lambda self: self.waited is None)
    @rule(apart=st.integers(0, 60))
    def refresh_in_two_tabs(self, apart):
        """Neither knows of the other; both keep what they got in one place."""
        first = self._refresh("")
        self.clock.shift(apart)
        assert self._refresh("tab-number-two") == first
        self.token = first

    @precondition(lambda self: self.waited is not None)
    @rule(seconds=st.integers(1, 150))
    def wait_before_the_next_try(self, seconds):
        if self.waited + seconds <= ATTEMPT_GRACE.total_seconds():
            self.waited += seconds
            self.clock.shift(seconds)

    @precondition(lambda self: self.waited is None)
    @rule(days=st.floats(0, 29.9))
    def listen_to_music(self, days):
        if self.age + timedelta(days=days + 1) < ABSOLUTE_LIMIT:
            self.age += timedelta(days=days)
            self.copied = None
            self.clock.shift(timedelta(days=days))
            self.refresh()

    @rule()
    def the_clock_is_set_back(self):
        self.clock.shift(-300)

    @rule()
    def back_up(self):
        self.copied = self.copy_rows()

    @precondition(lambda self: self.copied)
    @rule()
    def restore(self):
        self.restore_rows(self.copied)

    @invariant()
    def it_lives(self):
        assert self.is_live()


@pytest.mark.parametrize("machine", [OwnerAndThief, HonestClient])
def test_in_any_order(db, machine):
    run_state_machine_as_test(machine, settings=PROFILE)
