"""One file per outside source: it reads what others publish and returns the records of swath."""
