"""What an answer depends on, pinned together and named by its content."""
