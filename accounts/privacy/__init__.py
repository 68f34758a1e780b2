"""Export and erasure: each app adds its section and removes its personal data."""
