"""How any record works. Names no record type and no role."""
