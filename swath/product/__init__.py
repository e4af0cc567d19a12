"""From pixels on a map grid to answers: the vegetation of fields, floods. Pure functions of scenes."""
