"""Items → verdicts and findings."""
