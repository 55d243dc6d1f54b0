"""What the office has decided. Plain Python: no Flask, no session, no models."""
