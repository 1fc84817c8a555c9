"""The methods of a study as prose: from its resolved trials and from what its runs recorded."""
