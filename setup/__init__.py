"""What a bare machine lacks. Nothing in here is imported by the product."""
