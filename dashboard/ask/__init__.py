"""What the dashboard asks of the judge."""
