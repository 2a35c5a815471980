"""Answer from the business's own files: find the passages that fit a question, name the source."""
