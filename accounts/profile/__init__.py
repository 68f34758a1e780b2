"""What people change of their own account: name, language, market, and the explicit-content filter with its lock."""
