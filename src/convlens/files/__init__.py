"""Where results go: seen to before the work begins, then written whole or not at all."""

from convlens.files.forms import Form
from convlens.files.output import Output, as_output, is_stdout, is_stream
from convlens.files.places import check_folder, fitting_name, free_path
from convlens.files.writing import (
    SCRATCH,
    cannot_write,
    existing_folder,
    make_folder,
    write_atomically,
)

__all__ = [
    "SCRATCH",
    "Form",
    "Output",
    "as_output",
    "cannot_write",
    "check_folder",
    "existing_folder",
    "fitting_name",
    "free_path",
    "is_stdout",
    "is_stream",
    "make_folder",
    "write_atomically",
]
