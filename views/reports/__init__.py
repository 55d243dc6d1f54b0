"""Periodic reports: counted, frozen, shown, drawn and handed out."""
