"""Flask-Admin with one RecordView for every declared record type."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from core.record import record_types
from views.desk import DeskView
from views.record import RecordView


def init_app(app: Flask) -> None:
    """Generate the screens; parts have none of their own."""
    desk = DeskView(name="desk", url="/")
    # both, or Flask-Admin would serve its own scripts beside ours
    desk.static_folder, desk.static_url_path = None, "/"
    admin = Admin(app, name="qiantai", index_view=desk, theme=Bootstrap4Theme())
    for cls in record_types():
        if cls.kind != "part":
            admin.add_view(RecordView(cls))
