"""A trained network on a test set becomes rows, figures and arrays; and the words that a probe speaks."""
