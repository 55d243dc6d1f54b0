"""Whatever starts work: a browser, a command, a clock."""
