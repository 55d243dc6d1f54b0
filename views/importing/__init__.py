"""Records from workbooks and CSV files: read, map, check, commit at one go."""
