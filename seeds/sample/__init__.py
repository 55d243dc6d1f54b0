"""A believable office: its estate, its people, and years of cases in natural Chinese."""
