"""The suite: one fixed cast, both databases, nothing mocked."""
