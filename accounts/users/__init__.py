"""An account: who somebody is, their market, language and filters."""
