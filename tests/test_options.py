"""Codes in the policies are told by words, in the lists and on their pages."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.db import db
from core.record import record_types
from models import ROLES, Setting
from rules.options import OPTIONS
from seeds import loader

pytestmark = pytest.mark.once
CODED = ("choice", "list")
