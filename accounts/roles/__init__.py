"""Who may do what: groups, permissions per object, and the staff admin's second factor."""
