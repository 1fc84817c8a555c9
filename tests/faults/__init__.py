"""What a person, a disk or another program may do to harness, and what it says then."""
