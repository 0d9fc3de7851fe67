"""The studio: a network that learns before one's eyes, in the browser, every knob at hand."""
