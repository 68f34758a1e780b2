"""Published rankings: made once of each closed period by a rule that nobody can play around, and never changed."""
