"""Instance sets that planners are compared on: a reader, the model and a judge of its own for each."""
