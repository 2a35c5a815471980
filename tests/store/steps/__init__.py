"""A schema that does not exist: the released steps and two more, to be killed at."""
