"""What the dashboard reads: records, files of runs, lineage."""
