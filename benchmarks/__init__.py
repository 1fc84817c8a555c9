"""What things cost: each file is run as `python -m benchmarks.NAME`."""
