"""Predicates of people for rules about objects (the `rules` library). What no rule allows is denied."""

from rules.predicates import is_group_member, is_superuser

from accounts.roles.groups import EDITORS, LABEL_STAFF, OPERATORS, SUPPORT

is_catalogue_editor = is_group_member(EDITORS)
is_label_staff = is_group_member(LABEL_STAFF)
is_support = is_group_member(SUPPORT)
is_operator = is_superuser | is_group_member(OPERATORS)
