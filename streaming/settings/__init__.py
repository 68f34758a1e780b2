"""Settings come from the environment only; see `env` for how a missing value is reported."""
