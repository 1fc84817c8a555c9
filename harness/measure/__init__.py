"""A trained network on a test set becomes rows, figures and arrays; the words a probe speaks."""
