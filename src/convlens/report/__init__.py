"""The lens' report: what a network says of pictures and why, as one HTML file and as figures."""

from convlens.report.figurefiles import figure_files
from convlens.report.look import Look, look
from convlens.report.page import is_report, page

__all__ = ["Look", "figure_files", "is_report", "look", "page"]
