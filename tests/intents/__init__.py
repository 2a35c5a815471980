"""How many questions examples answer, and how many of those answers are right."""
