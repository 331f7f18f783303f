"""``python -m carbonacct``."""

from carbonacct.cli import main

main()
