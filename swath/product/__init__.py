"""From pixels on a map grid to answers: vegetation of fields, floods. Arrays and a grid in, arrays and a product out."""
