"""Numbers of predictions against truth: arrays in, numbers out."""
