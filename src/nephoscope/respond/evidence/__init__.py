"""A run's captures → files that prove what was captured, sealed, chained and signed.

`vault.py` opens the place that a configuration names; `box.py` is one run's; `verify.py` needs neither store nor cloud.
"""
