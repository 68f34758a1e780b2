"""Tables in and out: artists, releases, recordings and tracks as CSV or XLSX. A dry run names each wrong row."""
