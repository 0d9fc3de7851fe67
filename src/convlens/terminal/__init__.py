"""What is written to the terminal: streams and consoles in which no foreign text steers it."""
