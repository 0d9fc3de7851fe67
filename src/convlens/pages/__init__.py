"""Self-contained HTML pages: one shell, one style, light and dark, from a phone to a wide screen.

    render("convlens.audit", "report.html", title="photos", findings=…)

A template extends ``shell.html`` and fills its blocks ``lead`` and ``content``; one that runs a
script states the ``policy`` that allows it, has a ``bar`` under the header, and scripts at the
``end``. Every value is escaped: names of files and classes are text wherever they are shown.
"""

from convlens.pages.rendering import data_uri, embedded, hashed, render

__all__ = ["data_uri", "embedded", "hashed", "render"]
