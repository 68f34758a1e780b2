"""Small libraries, one file per idea, each used by two apps or more."""
