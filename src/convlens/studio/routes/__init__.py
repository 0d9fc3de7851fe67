"""What can be asked of the studio, by subject."""
