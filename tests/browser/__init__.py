"""What people meet: a real browser against a real server."""
