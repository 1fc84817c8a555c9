"""Procedural stand-ins for real data: every study runs offline on them."""
