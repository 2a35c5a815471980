"""What the core decides, on a real store, with the clock in the test's hand."""
