"""What every endpoint shares: errors, cursor pages, request ids, the schema, health."""
