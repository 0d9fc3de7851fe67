"""``python -m convlens``."""

from convlens.cli.main import main

main()
