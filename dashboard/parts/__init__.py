"""Parts that several pages of the dashboard share."""
