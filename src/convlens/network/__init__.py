"""Networks as torch modules, and what makes them fast."""
