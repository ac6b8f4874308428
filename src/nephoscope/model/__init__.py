"""The nouns: event, item, finding, verdict, condition, waiver, coverage, errors. No I/O; imports nothing of ours."""
