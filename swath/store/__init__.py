"""What lies on disk: mission files, order lists, output folders written whole or not at all, evidence."""
