"""A believable office: estate, people, and years of cases in natural Chinese."""
