"""Who reads what: one small file for each family of outside products, all found through ``swath.readers``."""
