"""Our pages and saves beside stock Flask-Admin and a bare view, in one run."""
