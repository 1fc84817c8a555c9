"""The dashboard: the same verdicts as the command line's, looked into. It only reads."""
