"""When does something hold? Signals, the windows in which they are positive, and who can see which place."""
