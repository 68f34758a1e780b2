"""What happened to accounts, append-only: rows hold uids and keyed hashes, never an address or a name."""
