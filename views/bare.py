"""Flask-Admin's view without what it works out by itself: lists, filters, actions."""

from __future__ import annotations

from typing import Any

from flask_admin.contrib.sqla import ModelView
from wtforms import Form

from views.fields import RecordForm


class BareView(ModelView):
    """Routes and forms alone; nothing is scaffolded from the columns."""

    def scaffold_list_columns(self) -> list[str]:
        """Lists are drawn by views.rows."""
        return ["id"]

    def scaffold_sortable_columns(self) -> dict[str, Any]:
        """Orders are those of views.asked."""
        return {}

    def init_search(self) -> bool:
        """Search is the bigram index."""
        return False

    def get_filters(self) -> None:
        """Filters are those of views.asked."""

    def scaffold_list_form(
        self, widget: Any = None, validators: Any = None
    ) -> type[Form]:
        """There is no inline editing."""
        return RecordForm

    def get_delete_form(self) -> type[Form]:
        """Voiding has its own small form."""
        return RecordForm

    def get_action_form(self) -> type[Form]:
        """There are no Flask-Admin actions."""
        return RecordForm
