"""Readers of image files, of one format or another, small or larger than memory."""
