"""What is missing of a study is planned, done by processes, and recorded."""
