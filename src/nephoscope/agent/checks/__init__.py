"""One file, one area: `CHECKS` is a tuple of Check. Each says what is true when it passes; its test is data."""
