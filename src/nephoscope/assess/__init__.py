"""Items → verdicts and findings."""

from nephoscope.assess.check import Check, Fail, NotApplicable, Pass, Unknown, Verdict, check

__all__ = ["Check", "Fail", "NotApplicable", "Pass", "Unknown", "Verdict", "check"]
