"""Arguments become one function call, and its result is printed."""
