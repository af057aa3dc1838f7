"""The parts of the model server. A package, so that none of its names is one that a user's script may have too."""
